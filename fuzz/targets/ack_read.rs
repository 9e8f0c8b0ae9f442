//! Any TA1, 999, 997 or 277CA is read into facts without a panic, alike in any pieces.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tradewind_edi::ack::read::Reader;
use tradewind_edi::{Engine, Options};

fn facts(file: &[u8], piece: usize) -> String {
    let mut told = String::new();
    let mut reader = Reader::new(|fact| told.push_str(&format!("{fact:?}\n")));
    let mut engine = Engine::new(Options::default());
    let fed = file.chunks(piece).try_for_each(|piece| engine.feed(piece, &mut reader));
    let _ended = fed.and_then(|()| engine.finish(&mut reader));
    drop(reader);
    told
}

fuzz_target!(|data: &[u8]| {
    let Some((piece, rest)) = data.split_first() else { return };
    let file = if rest.starts_with(b"ISA") { Some(rest.to_vec()) } else { tradewind_fuzz::file(&["999", "277"], rest) };
    let Some(file) = file else { return };
    assert_eq!(facts(&file, usize::MAX), facts(&file, usize::from(*piece) + 1));
});
