//! Reads a file into segments and elements and counts them: what our reader costs without a guide. `tradewind-tokens FILE`

use anyhow::{Context, Result};
use std::fs::File;
use std::io::Read;
use tradewind_edi::Segment;
use tradewind_edi::engine::Limits;
use tradewind_edi::read::{BrokenIsa, Note, Reader, Sink};

#[derive(Default)]
struct Count {
    segments: u64,
    elements: u64,
    bytes: u64,
}

impl Count {
    fn count(&mut self, segment: &Segment<'_>) {
        self.segments += 1;
        for element in segment.elements() {
            self.elements += 1;
            self.bytes += element.bytes().len() as u64;
        }
    }
}

impl Sink for Count {
    fn isa(&mut self, segment: &Segment<'_>, _leading: &[u8]) {
        self.count(segment);
    }
    fn segment(&mut self, segment: &mut Segment<'_>) {
        self.count(segment);
    }
    fn broken_isa(&mut self, _: &BrokenIsa) {}
    fn note(&mut self, _: &Note) {}
}

fn main() -> Result<()> {
    let path = std::env::args().nth(1).context("a file")?;
    let mut file = File::open(&path).with_context(|| path.clone())?;
    let (mut reader, mut count) = (Reader::new(Limits::default()), Count::default());
    let mut buffer = vec![0; 256 << 10];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        reader.feed(buffer.get(..read).unwrap_or_default(), &mut count).ok().context("the file cannot be framed")?;
    }
    reader.finish(&mut count).ok().context("the file cannot be framed")?;
    println!("{} segments, {} elements, {} bytes of values", count.segments, count.elements, count.bytes);
    Ok(())
}
