//! Synthetic files, and small changes to them.

use tradewind_edi::Guides;
use tradewind_edi::ack::Address;
use tradewind_edi::generate::{GenerateOptions, Generator};

/// Claims from the clinic, of which every `bad_every`-th is bad. The seed decides names, numbers and ISA13.
pub(crate) fn claims_with(seed: u64, count: u64, bad_every: Option<u64>) -> String {
    generate("005010X222A1", "837", seed, count, bad_every)
}

/// Good claims from the clinic.
pub(crate) fn claims(seed: u64, count: u64) -> String {
    claims_with(seed, count, None)
}

/// Eligibility inquiries of the clinic.
pub(crate) fn inquiries(seed: u64, count: u64) -> String {
    generate("005010X279A1", "270", seed, count, None)
}

fn generate(revision: &str, set: &str, seed: u64, count: u64, bad_every: Option<u64>) -> String {
    let guide = Guides::built_in().find(revision, set, None).cloned().unwrap();
    let mut generator = Generator::new(GenerateOptions {
        count,
        seed,
        bad_every,
        payer_ids: vec!["PAYER01".to_owned()],
        sender: Address::new("ZZ", "CLINIC"),
        receiver: Address::new("ZZ", "TRADEWIND"),
        ..GenerateOptions::new(guide)
    });
    let mut file = Vec::new();
    while generator.fill(&mut file) {}
    String::from_utf8(file).unwrap()
}

/// One hospital claim from the clinic with as many lines as there may be, each with a note: larger than a message.
#[cfg(all(feature = "aws", feature = "postgres", feature = "rabbitmq"))]
pub(crate) fn large_claim(seed: u64) -> String {
    let file = generate("005010X223A2", "837", seed, 1, None);
    let (head, tail) = file.split_at(file.find("\nSE*").expect("SE") + 1);
    let (lines, note) = (all(head, "LX", 1).len(), "SYNTHETIC NOTE ".repeat(5));
    let mut whole = head.to_owned();
    for line in lines + 1..1_000 {
        let number = format!("REF*6R*SYNTHETICLINECONTROLNUMBER{line:03}");
        whole += &format!("LX*{line}~\nSV2*0270**0*UN*2~\n{number}~\nNTE*TPO*{note}~\n");
    }
    let segments = whole[whole.find("\nST*").expect("ST")..].matches('~').count() + 1;
    with_element(&format!("{whole}{tail}"), "SE", 1, &segments.to_string())
}

/// With an ISA element changed; the value is padded to the element's width.
pub(crate) fn with_isa(file: &str, element: usize, value: &str) -> String {
    let mut isa: Vec<&str> = file[..105].split('*').collect();
    let padded = format!("{value:<width$}", width = isa[element].len());
    isa[element] = &padded;
    format!("{}{}", isa.join("*"), &file[105..])
}

/// Under another interchange control number.
pub(crate) fn numbered(file: &str, number: u32) -> String {
    file.replace(&isa13(file), &format!("{number:09}"))
}

pub(crate) fn isa13(file: &str) -> String {
    element(file, "ISA", 13)
}

/// An element of the first segment with this id.
pub(crate) fn element(file: &str, id: &str, number: usize) -> String {
    all(file, id, number).into_iter().next().unwrap_or_default()
}

/// An element of every segment with this id.
pub(crate) fn all(file: &str, id: &str, number: usize) -> Vec<String> {
    let segments = file.split('~').map(str::trim).filter_map(|segment| segment.strip_prefix(id)?.strip_prefix('*'));
    segments.map(|rest| rest.split('*').nth(number - 1).unwrap_or_default().to_owned()).collect()
}

/// With an element of the first segment with this id changed.
pub(crate) fn with_element(file: &str, id: &str, number: usize, value: &str) -> String {
    let start = format!("{id}*");
    let line = file.lines().find(|line| line.starts_with(&start)).expect("a segment with this id");
    let mut elements: Vec<&str> = line.trim_end_matches('~').split('*').collect();
    elements[number] = value;
    file.replacen(line, &format!("{}~", elements.join("*")), 1)
}
