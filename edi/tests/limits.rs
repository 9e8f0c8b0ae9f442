//! Every limit at its value and one past it; memory that does not grow with the input.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::sync::Mutex;
use tradewind_edi::engine::{self, Engine, InterchangeEnd, Limits, Refusal, RefusalReason};
use tradewind_edi::{Finding, Options, Visitor};

/// The process's memory is one for all tests: one at a time.
static ALONE: Mutex<()> = Mutex::new(());

const ISA: &str =
    "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *260101*1200*^*00501*000000001*0*T*:~";

#[derive(Default)]
struct Seen {
    findings: Vec<(&'static str, String)>,
    codes: Vec<&'static str>,
}

impl Visitor for Seen {
    fn finding(&mut self, finding: &Finding) {
        self.findings.push((finding.rule.0, finding.message.clone()));
    }
    fn interchange_end(&mut self, event: &InterchangeEnd<'_>) {
        self.codes.push(event.code.code());
    }
}

fn run(file: &[u8], limits: Limits) -> (Seen, Result<(), Refusal>) {
    let mut seen = Seen::default();
    let result = engine::run(file, Options { limits, ..Options::default() }, &mut seen);
    (seen, result)
}

#[test]
fn a_segment_may_be_as_long_as_the_limit_and_no_longer() {
    let _alone = ALONE.lock().unwrap();
    let limits = Limits { segment_bytes_max: 200, ..Limits::default() };
    let file = |length: usize| format!("{ISA}GS*{}~IEA*1*000000001~", "A".repeat(length - 4));
    let (seen, result) = run(file(200).as_bytes(), limits);
    assert!(result.is_ok() && !seen.findings.iter().any(|(rule, _)| *rule == "segment-length"));
    let (seen, result) = run(file(201).as_bytes(), limits);
    let refusal = result.unwrap_err();
    assert_eq!(refusal.reason, RefusalReason::SegmentTooLong { limit: 200 });
    assert_eq!(refusal.offset, 106 + 200);
    assert_eq!(seen.codes, ["024"]);
}

#[test]
fn binary_data_may_be_as_long_as_the_limit_and_no_longer() {
    let _alone = ALONE.lock().unwrap();
    let limits = Limits { binary_bytes_max: 5000, segment_bytes_max: 300, ..Limits::default() };
    let file = |length: usize| {
        format!("{ISA}GS*X*S*R*20260101*1200*1*X*X~ST*275*0001~BIN*{length}*{}~SE*3*0001~", "~".repeat(length))
    };
    let (_, result) = run(file(5000).as_bytes(), limits);
    assert!(result.is_ok(), "{result:?}");
    let (seen, result) = run(file(5001).as_bytes(), limits);
    assert_eq!(result.unwrap_err().reason, RefusalReason::BinaryTooLong { limit: 5000 });
    assert_eq!(seen.codes, ["024"]);
}

#[test]
fn findings_past_the_limit_are_not_told_but_count() {
    let _alone = ALONE.lock().unwrap();
    let told = |strays: usize, max: u32| {
        let limits = Limits { findings_per_set_max: max, ..Limits::default() };
        let file = format!("{ISA}{}IEA*0*000000001~", "TA1*A~REF*A~".repeat(strays));
        let (seen, _) = run(file.as_bytes(), limits);
        let limit = seen.findings.iter().filter(|(rule, _)| *rule == "findings-limit").count();
        assert_eq!(seen.codes, ["022"]);
        (seen.findings.len() - limit, limit)
    };
    assert_eq!(told(10, 10), (10, 0));
    assert_eq!(told(11, 10), (10, 1));
    assert_eq!(told(50, 10), (10, 1));
    assert_eq!(told(5, 0), (0, 1));
}

#[test]
fn control_numbers_are_compared_up_to_the_limit_of_runs() {
    let _alone = ALONE.lock().unwrap();
    let twice = |numbers: &[u32], max: usize| {
        let limits = Limits { control_number_runs_max: max, ..Limits::default() };
        let groups: String =
            numbers.iter().map(|n| format!("GS*HC*S*R*20260101*1200*{n}*X*005010X222A1~GE*0*{n}~")).collect();
        let (seen, _) = run(format!("{ISA}{groups}IEA*{}*000000001~", numbers.len()).as_bytes(), limits);
        seen.findings.iter().filter(|(rule, _)| *rule == "group-number-twice").count()
    };
    assert_eq!(twice(&[1, 3, 3], 2), 1);
    assert_eq!(twice(&[1, 3, 5, 5], 2), 0);
}

/// The most memory that the process ever held, in bytes.
fn peak() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 1024
}

/// Feeds `bytes` over and over, `total` bytes in all; gives by how much the peak of memory rose.
fn peak_of(start: &[u8], bytes: &[u8], total: usize) -> (usize, Result<(), Refusal>) {
    let mut engine = Engine::new(Options::default());
    let mut seen = Seen::default();
    let before = peak();
    let mut result = engine.feed(start, &mut seen);
    let mut fed = 0;
    while fed < total && result.is_ok() {
        result = engine.feed(bytes, &mut seen);
        fed += bytes.len();
    }
    (peak() - before, result)
}

#[test]
fn a_segment_of_two_gigabytes_without_a_terminator_is_refused_in_flat_memory() {
    let _alone = ALONE.lock().unwrap();
    let (peak, result) = peak_of(format!("{ISA}NM1").as_bytes(), &[b'A'; 65536], 2 << 30);
    assert!(matches!(result.unwrap_err().reason, RefusalReason::SegmentTooLong { .. }));
    assert!(peak < 8 << 20, "{peak} bytes");
    let (peak, result) = peak_of(format!("{ISA}NM1").as_bytes(), &[b'*'; 65536], 2 << 30);
    assert!(matches!(result.unwrap_err().reason, RefusalReason::SegmentTooLong { .. }));
    assert!(peak < 16 << 20, "{peak} bytes");
}

#[test]
fn text_that_is_no_interchange_is_passed_over_in_flat_memory() {
    let _alone = ALONE.lock().unwrap();
    let (peak, result) = peak_of(format!("{ISA}IEA*0*000000001~").as_bytes(), &[b'x'; 65536], 64 << 20);
    assert!(result.is_ok());
    assert!(peak < 1 << 20, "{peak} bytes");
}

#[test]
fn claims_without_end_are_read_in_flat_memory() {
    let _alone = ALONE.lock().unwrap();
    let start = format!(
        "{ISA}GS*HC*S*R*20260101*1200*1*X*005010X222A1~ST*837*0001*005010X222A1~BHT*0019*00*1*20260101*1200*CH~\
         NM1*41*2*A*****46*B~PER*IC*C*TE*5555550100~NM1*40*2*D*****46*E~HL*1**20*1~NM1*85*2*F*****XX*1234567893~\
         N3*G~N4*H*IL*627010001~REF*EI*123456789~HL*2*1*22*0~SBR*P*18*******CI~NM1*IL*1*I*J****MI*K~N3*L~\
         N4*M*IL*62701~DMG*D8*19800101*F~NM1*PR*2*N*****PI*O~"
    );
    let claim = "CLM*P*40***11:B:1*Y*A*Y*Y~HI*ABK:J0190~LX*1~SV1*HC:99213*40*UN*1***1~DTP*472*D8*20260215~";
    // More than a hundred claims of one patient are findings; the visitor keeps them, up to the limit.
    let (_, result) = peak_of(start.as_bytes(), claim.repeat(50).as_bytes(), 1 << 20);
    assert!(result.is_ok());
    let (risen, _) = peak_of(start.as_bytes(), claim.repeat(50).as_bytes(), 16 << 20);
    assert!(risen < 2 << 20, "{risen} bytes");
}
