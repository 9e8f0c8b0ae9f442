//! JSON of a file or of an item, whatever it is: no panic; what it makes is the same in any pieces, and goes round.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tradewind_edi::engine::{Engine, Options};
use tradewind_edi::json::{FileReader, FileWriter, item_to_x12};
use tradewind_edi::{ControlNumber, Delimiters, Finding, Guides, Visitor};

fn to_x12(json: &[u8], piece: usize) -> Option<Vec<u8>> {
    let (mut reader, mut file) = (FileReader::new(Guides::built_in()), Vec::new());
    let fed = json.chunks(piece).try_for_each(|piece| reader.feed(piece, &mut file));
    fed.and_then(|()| reader.finish()).is_ok().then_some(file)
}

fn to_json(file: &[u8]) -> Vec<u8> {
    let (mut engine, mut writer, mut json) = (Engine::new(Options::default()), FileWriter::new(), Vec::new());
    let _ended = engine.feed(file, &mut writer).and_then(|()| engine.finish(&mut writer));
    writer.finish(&mut json);
    json
}

#[derive(Default)]
struct Count(usize);

impl Visitor for Count {
    fn finding(&mut self, _: &Finding) {
        self.0 += 1;
    }
}

fuzz_target!(|data: &[u8]| {
    let Some((piece, json)) = data.split_first() else { return };
    let file = to_x12(json, usize::MAX);
    assert_eq!(file, to_x12(json, usize::from(*piece) + 1));
    let mut out = Vec::new();
    let item = item_to_x12(json, &Guides::built_in(), Delimiters::default(), ControlNumber::FIRST, &mut out);
    assert_eq!(item.is_err(), out.is_empty());
    let Some(file) = file else { return };
    let mut findings = Count::default();
    let refused = tradewind_edi::engine::run(&file, Options::default(), &mut findings).is_err();
    if !refused && findings.0 == 0 {
        // A valid file's JSON turns back into the same bytes.
        assert_eq!(to_x12(&to_json(&file), usize::MAX), Some(file));
    }
});
