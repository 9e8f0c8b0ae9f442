//! `tradewind ack`: what a receiver would send back.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use tradewind_compliance::{Clock, WallClock};
use tradewind_edi::ack::x277ca::Role;
use tradewind_edi::ack::{Stamp, x999};
use tradewind_edi::{ControlNumber, Engine, Options};

use super::output::Output;
use super::{Outcome, codes, companion, input, say};
use crate::acknowledge::{Acknowledged, Acknowledger, Answering, Spilling, counting};

/// What `ack` takes.
#[derive(Args)]
pub(super) struct Arguments {
    /// The file to acknowledge; - is standard input
    file: PathBuf,
    /// Only this acknowledgment; without it all that are due
    #[arg(long = "type", value_name = "TYPE")]
    only: Option<Type>,
    /// Where to write them; - or nothing is standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Who acknowledges claims: a clearinghouse says A1 of a claim that it takes, a payer A2
    #[arg(long = "as", value_name = "WHO", value_enum, default_value_t = As::Clearinghouse)]
    role: As,
    /// A folder of code lists, one text file each, as docs/code-lists.md says
    #[arg(long, value_name = "FOLDER")]
    codes: Option<PathBuf>,
    /// A partner's companion guide that the file must keep, too; may stand several times
    #[arg(long, value_name = "FILE")]
    companion: Vec<PathBuf>,
    /// Date and time to write, CCYYMMDDHHMM; now (UTC) when left out
    #[arg(long, value_parser = stamp, value_name = "TIME")]
    at: Option<Stamp>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Type {
    /// TA1: whether the interchange was taken
    #[value(name = "ta1")]
    Ta1,
    /// 999: whether its groups and sets fit their guides
    #[value(name = "999")]
    X999,
    /// 277CA: whether each claim was taken
    #[value(name = "277ca")]
    X277ca,
    /// 824: whether the application takes each set that has no 277CA; written only where it is asked for
    #[value(name = "824")]
    X824,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum As {
    Clearinghouse,
    Payer,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let at = arguments.at.unwrap_or_else(now);
    let advice = arguments.only == Some(Type::X824);
    let role = match arguments.role {
        As::Clearinghouse => Role::Clearinghouse,
        As::Payer => Role::Payer,
    };
    let answering = Answering {
        role,
        name: "TRADEWIND".to_owned(),
        id: None,
        at,
        reference: format!("{}{}", at.date8(), at.time4()),
        claim_numbers: None,
        x999: x999::Options::default(),
        claims: matches!(arguments.only, None | Some(Type::X277ca)),
        application_advice: advice,
    };
    let mut acknowledger = Acknowledger::<Spilling>::new(answering, counting(ControlNumber::FIRST));
    let rules = codes::rules(arguments.codes.as_deref())?;
    let companions = companion::read_all(&arguments.companion)?;
    let mut engine = Engine::new(Options { application_advice: advice, rules, companions, ..Options::default() });
    let mut refusal = None;
    input::chunks(&arguments.file, |bytes| {
        if refusal.is_none() {
            refusal = engine.feed(bytes, &mut acknowledger).err();
        }
        Ok(())
    })?;
    if refusal.is_none() {
        refusal = engine.finish(&mut acknowledger).err();
    }
    let all = acknowledger.take();
    if let Some(refusal) = refusal {
        anyhow::ensure!(!all.is_empty(), "{}: {refusal}", input::label(&arguments.file));
        say(&format!("{}: {refusal}", input::label(&arguments.file)));
    }
    let rejected = all.iter().any(|acknowledged| acknowledged.rejected);
    write(arguments, all)?;
    Ok(Outcome::of(refusal.is_none() && !rejected))
}

fn write(arguments: &Arguments, all: Vec<Acknowledged<Spilling>>) -> anyhow::Result<()> {
    let wanted = |of| arguments.only.is_none_or(|only| only == of);
    let mut output = Output::open(arguments.output.as_deref())?;
    let mut written = 0;
    for Acknowledged { ta1, x999, x277ca, x824, .. } in all {
        for (of, text) in [(Type::Ta1, ta1), (Type::X999, x999), (Type::X277ca, x277ca), (Type::X824, x824)] {
            if let Some(mut text) = text.filter(|_| wanted(of)) {
                text.write_to(&mut output)?;
                written += 1;
            }
        }
    }
    if written == 0 {
        say("nothing of this is due");
    }
    output.finish()
}

/// Now, in UTC.
pub(super) fn now() -> Stamp {
    Stamp::from_unix(i64::try_from(WallClock.now_unix_ms() / 1000).unwrap_or(i64::MAX))
}

/// Reads CCYYMMDDHHMM.
pub(super) fn stamp(text: &str) -> Result<Stamp, &'static str> {
    let digits = text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    let part = |from: usize, to: usize| text.get(from..to).filter(|_| digits)?.parse::<u16>().ok();
    let two = |from: usize| part(from, from + 2).and_then(|number| u8::try_from(number).ok());
    let parts = part(0, 4).zip(two(4)).zip(two(6)).zip(two(8).zip(two(10)));
    parts
        .and_then(|(((year, month), day), (hour, minute))| Stamp::new(year, month, day, hour, minute))
        .ok_or("expected a date and time as CCYYMMDDHHMM")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_date_and_time_and_nothing_else() {
        let read = stamp("202601150830").unwrap();
        assert_eq!((read.date8().as_str(), read.time4().as_str()), ("20260115", "0830"));
        for text in ["", "20260115", "202613150830", "2026011508300", "20260115083x", "２０２６"] {
            assert!(stamp(text).is_err(), "{text}");
        }
    }
}
