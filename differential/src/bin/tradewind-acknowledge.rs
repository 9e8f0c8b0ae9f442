//! Validates a file by the rules of SNIP types 1 to N and writes the 999 to standard output: the engine alone, for the benchmark.
//! `tradewind-acknowledge FILE N`

use anyhow::{Context, Result};
use std::fs::File;
use std::io::{Read, Write};
use tradewind_edi::Snip;
use tradewind_edi::ack::x999;
use tradewind_edi::engine::{Engine, Options};

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().context("a file")?;
    let snip_max = arguments.next().and_then(|number| number.parse().ok()).and_then(Snip::from_number);
    let options = Options { snip_max: snip_max.context("a SNIP type, 1 to 7")?, ..Options::default() };
    let mut file = File::open(&path).with_context(|| path.clone())?;
    let (mut engine, mut writer) = (Engine::new(options), x999::Writer::new(x999::Options::default()));
    let mut out = std::io::stdout().lock();
    let mut buffer = vec![0; 256 << 10];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        engine.feed(buffer.get(..read).unwrap_or_default(), &mut writer).ok().context("the file cannot be framed")?;
        out.write_all(writer.output())?;
        writer.output().clear();
    }
    engine.finish(&mut writer).ok().context("the file cannot be framed")?;
    out.write_all(writer.output())?;
    Ok(())
}
