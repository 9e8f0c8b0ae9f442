//! Any file without what it tells of people is as long, is framed alike, and comes out alike in any pieces.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::hash::{DefaultHasher, Hasher};
use tradewind_edi::deidentify::Deidentifier;
use tradewind_edi::engine::{Limits, Options};
use tradewind_edi::read::{Note, Reader, Refusal, Sink};
use tradewind_edi::{Finding, Segment, Visitor};

fn keyed(message: &[u8]) -> [u8; 32] {
    let mut digest = [0; 32];
    for (at, word) in (0u64..).zip(digest.chunks_mut(8)) {
        let mut hasher = DefaultHasher::new();
        hasher.write_u64(at);
        hasher.write(message);
        word.copy_from_slice(&hasher.finish().to_be_bytes());
    }
    digest
}

fn deidentified(file: &[u8], piece: usize) -> Result<Vec<u8>, Refusal> {
    let (mut out, mut deidentifier) = (Vec::new(), Deidentifier::new(keyed));
    for piece in file.chunks(piece) {
        deidentifier.feed(piece, &mut out)?;
    }
    deidentifier.finish(&mut out)?;
    Ok(out)
}

/// Where segments and their elements stand, and what is odd about them.
#[derive(Default, PartialEq, Debug)]
struct Frames(Vec<(u64, Vec<usize>, Vec<u8>)>, Vec<Note>);

impl Frames {
    fn of(file: &[u8]) -> Self {
        let mut frames = Self::default();
        let mut reader = Reader::new(Limits::default());
        let _ = reader.feed(file, &mut frames).and_then(|()| reader.finish(&mut frames));
        frames
    }

    fn told(&mut self, segment: &Segment<'_>) {
        let elements = segment.elements().map(|element| element.offset()).collect();
        self.0.push((segment.offset(), elements, segment.line_end().to_vec()));
    }
}

impl Sink for Frames {
    fn isa(&mut self, segment: &Segment<'_>, _leading: &[u8]) {
        self.told(segment);
    }
    fn segment(&mut self, segment: &mut Segment<'_>) {
        self.told(segment);
    }
    fn note(&mut self, note: &Note) {
        self.1.push(note.clone());
    }
}

/// What the tables find: rules that are data may compare values in ways that no replacement keeps.
#[derive(Default)]
struct Told(Vec<String>);

impl Visitor for Told {
    fn finding(&mut self, finding: &Finding) {
        if finding.snip.number() <= 2 {
            self.0.push(format!("{finding:?}"));
        }
    }
}

fn told(file: &[u8]) -> Vec<String> {
    let mut told = Told::default();
    let _ = tradewind_edi::engine::run(file, Options::default(), &mut told);
    told.0
}

fuzz_target!(|data: &[u8]| {
    let [kind, piece, data @ ..] = data else { return };
    // As a file, or as what stands between ST and SE of a guide that the next byte names.
    let all: Vec<&str> = ["837", "835", "834", "820", "270", "271", "276", "277", "278", "824", "999"].to_vec();
    let file = if *kind == b'*' { Some(data.to_vec()) } else { tradewind_fuzz::file(&all, data) };
    let Some(file) = file else { return };
    let Ok(out) = deidentified(&file, usize::MAX) else { return };
    assert_eq!(deidentified(&file, usize::from(*piece) + 1).as_deref(), Ok(out.as_slice()));
    assert_eq!(out.len(), file.len());
    assert_eq!(Frames::of(&out), Frames::of(&file));
    assert_eq!(told(&out), told(&file));
});
