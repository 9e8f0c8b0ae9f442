//! What an acknowledgment told, ready to be looked up from the original's side.

use super::codes::{CodeList, meaning};
use crate::ack::read::{
    AdviceAnswer, AdviceNote, ClaimAnswer, Fact, GroupAnswer, SegmentNote, SetAnswer, SetName, Trigger,
};
use crate::ack::x277ca::Status;
use std::collections::{BTreeMap, HashMap, VecDeque};

/// Notes that are kept at most; what comes after is only counted.
const NOTES_MAX: usize = 1_000_000;

/// The notes of one acknowledgment file. They quote its claim identifiers and other values only where
/// [`Told::showing_values`] asks for it.
#[derive(Default)]
pub struct Told {
    values: bool,
    interchanges: HashMap<String, Vec<Note>>,
    groups: HashMap<String, VecDeque<Note>>,
    /// What 999s and 997s say of sets, and what 824s say. Several interchanges may number their sets alike: they take what was told in turn.
    functional: HashMap<(String, String), VecDeque<SetNotes>>,
    advice: HashMap<(String, String), VecDeque<SetNotes>>,
    /// What was told of the original's set that is open.
    open: SetNotes,
    batches: HashMap<Vec<u8>, Vec<Note>>,
    /// Claims by the BHT03 of their set and an identifier: indexes of `claim_notes`, since two claims may share one and one claim
    /// may have two.
    claims: HashMap<(Vec<u8>, Vec<u8>), Vec<usize>>,
    claim_notes: Vec<Vec<Note>>,
    /// The set and the segment that a fact may add to.
    at: (String, String),
    advised: bool,
    segment: u32,
    count: usize,
    dropped: usize,
}

#[derive(Default)]
struct SetNotes {
    whole: Vec<Note>,
    segments: BTreeMap<u32, Vec<Note>>,
}

/// One thing that was said.
pub(super) struct Note {
    pub(super) words: String,
    /// Element, component, repetition; 0 where none is meant.
    pub(super) element: (u16, u16, u16),
}

impl Note {
    fn new(words: String) -> Self {
        Self { words, element: (0, 0, 0) }
    }
}

impl Told {
    /// With the acknowledgment's values in its words; they may be PHI.
    pub fn showing_values() -> Self {
        Self { values: true, ..Self::default() }
    }

    fn value(&self, value: &[u8]) -> String {
        if self.values { String::from_utf8_lossy(value).into_owned() } else { "…".to_owned() }
    }

    /// Takes a fact, in the order in which the reader tells them.
    pub fn add(&mut self, fact: Fact) {
        if self.count >= NOTES_MAX {
            self.dropped += 1;
            return;
        }
        match fact {
            Fact::Interchange(answer) => {
                let why = with_code("TA105", CodeList::Ta105, &answer.code);
                let words = format!("{}: {why}", with_code("TA104", CodeList::Ta104, &answer.verdict));
                self.note(|told| told.interchanges.entry(plain(&answer.control_number)).or_default(), Note::new(words));
            }
            Fact::Group(_) => {}
            Fact::Set(name) => self.another_set(key(&name), false),
            Fact::Segment(note) => self.segment_note(&note),
            Fact::Context(note) => {
                let words = note
                    .trigger
                    .as_ref()
                    .map_or_else(|| format!("within {} {}", note.name, self.value(note.reference.as_bytes())), because);
                self.note_here(Note::new(words));
            }
            Fact::Element(note) => {
                let element = (note.element, note.component, note.repetition);
                let words = with_code("IK403", CodeList::Ik403, &note.code);
                self.note_here(Note { words, element });
            }
            Fact::SetEnd(answer) => self.set_end(&answer),
            Fact::GroupEnd(answer) => self.group_end(&answer),
            Fact::Batch(answer) => {
                let outcome = if answer.rejected { "rejected as a whole" } else { "received" };
                for words in status_words(outcome, &answer.statuses) {
                    self.note(|told| told.batches.entry(answer.reference.clone()).or_default(), Note::new(words));
                }
            }
            Fact::Provider(_) => {}
            Fact::Claim(answer) => self.claim(&answer),
            Fact::Advice(answer) => self.advice_of(&answer),
            Fact::AdviceNote(note) => self.advice(&note),
        }
    }

    fn note(&mut self, list: impl FnOnce(&mut Self) -> &mut Vec<Note>, note: Note) {
        list(self).push(note);
        self.count += 1;
    }

    fn segment_note(&mut self, note: &SegmentNote) {
        self.segment = note.position;
        let place = if note.loop_id.is_empty() { String::new() } else { format!(" in loop {}", note.loop_id) };
        let words = format!("{}{place}: {}", note.id, with_code("IK304", CodeList::Ik304, &note.code));
        self.note_here(Note::new(words));
    }

    fn set_end(&mut self, answer: &SetAnswer) {
        let words = verdict("IK501", &answer.verdict, "IK502", CodeList::Ik502, &answer.codes);
        if self.at != key(&answer.set) || self.advised {
            self.another_set(key(&answer.set), false);
        }
        self.segment = 0;
        self.note_here(Note::new(words));
    }

    fn group_end(&mut self, answer: &GroupAnswer) {
        let words = verdict("AK901", &answer.verdict, "AK905", CodeList::Ak905, &answer.codes);
        let count = |n: Option<u32>| n.map_or_else(|| "?".to_owned(), |n| n.to_string());
        let counts = format!("{} of {} sets accepted", count(answer.accepted), count(answer.received));
        let note = Note::new(format!("{words}; {counts}"));
        self.groups.entry(plain(&answer.group.control_number)).or_default().push_back(note);
        self.count += 1;
    }

    fn advice_of(&mut self, answer: &AdviceAnswer) {
        let at = set_key(&answer.group, &answer.control_number);
        let item = answer.verdict.starts_with('I');
        if !item || self.at != at || !self.advised {
            self.another_set(at, true);
        }
        self.segment = 0;
        let of = if item { format!("item {}: ", self.value(&answer.reference)) } else { String::new() };
        let words = format!("{of}{}", with_code("OTI01", CodeList::Oti01, &answer.verdict));
        self.note_here(Note::new(words));
    }

    fn advice(&mut self, note: &AdviceNote) {
        // TED02 is free text of whoever wrote it: it may quote a value.
        let message = if note.message.is_empty() { String::new() } else { self.value(note.message.as_bytes()) };
        let message = if message.is_empty() { message } else { format!(" \"{message}\"") };
        let words = format!("{}{message}", with_code("TED01", CodeList::Ted01, &note.code));
        self.segment = note.position;
        let element = (note.element, note.component, note.repetition);
        self.note_here(Note { words, element });
    }

    /// What follows is told of this set.
    fn another_set(&mut self, at: (String, String), advised: bool) {
        (self.at, self.advised, self.segment) = (at, advised, 0);
        let at = self.at.clone();
        let told = if advised { &mut self.advice } else { &mut self.functional };
        told.entry(at).or_default().push_back(SetNotes::default());
    }

    /// The set that was named last.
    fn set_told(&mut self) -> &mut SetNotes {
        let told = if self.advised { &mut self.advice } else { &mut self.functional };
        let sets = told.entry(self.at.clone()).or_default();
        if sets.is_empty() {
            sets.push_back(SetNotes::default());
        }
        sets.back_mut().unwrap_or(&mut self.open)
    }

    /// Of the segment that was named last, or of the set where none was.
    fn note_here(&mut self, note: Note) {
        let segment = self.segment;
        self.note(
            |told| {
                let set = told.set_told();
                if segment == 0 { &mut set.whole } else { set.segments.entry(segment).or_default() }
            },
            note,
        );
    }

    fn claim(&mut self, answer: &ClaimAnswer) {
        let outcome = if answer.rejected { "claim rejected" } else { "claim accepted" };
        let mut words = status_words(outcome, &answer.statuses);
        for line in &answer.lines {
            let number = self.value(&line.control_number);
            words.extend(status_words(&format!("line {number} rejected"), &line.statuses));
        }
        if let Some(number) = answer.payer_control_number() {
            words.push(format!("the payer's number is {}", self.value(number)));
        }
        let ids = std::iter::once(answer.id.as_slice()).chain(answer.intermediary_id());
        for id in ids {
            self.claims.entry((answer.batch.clone(), id.to_vec())).or_default().push(self.claim_notes.len());
        }
        self.count += words.len();
        self.claim_notes.push(words.into_iter().map(Note::new).collect());
    }

    /// Facts that came after the limit.
    pub fn dropped(&self) -> usize {
        self.dropped
    }

    /// Whether nothing was told.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub(super) fn interchange(&mut self, control_number: &str) -> Vec<Note> {
        self.take(|told| told.interchanges.remove(&plain(control_number)))
    }

    pub(super) fn group(&mut self, control_number: &str) -> Vec<Note> {
        self.take(|told| told.groups.get_mut(&plain(control_number))?.pop_front().map(|note| vec![note]))
    }

    /// Another set of the original: what was told of it as a whole. Its segments' notes follow by [`Told::segment_notes`].
    pub(super) fn set(&mut self, key: &(String, String)) -> Vec<Note> {
        self.open = SetNotes::default();
        for told in [&mut self.functional, &mut self.advice] {
            let Some(found) = told.get_mut(key).and_then(VecDeque::pop_front) else { continue };
            self.open.whole.extend(found.whole);
            for (segment, notes) in found.segments {
                self.open.segments.entry(segment).or_default().extend(notes);
            }
        }
        self.take(|told| Some(std::mem::take(&mut told.open.whole)))
    }

    pub(super) fn segment_notes(&mut self, ordinal: u32) -> Vec<Note> {
        self.take(|told| told.open.segments.remove(&ordinal))
    }

    pub(super) fn batch(&mut self, reference: &[u8]) -> Vec<Note> {
        self.take(|told| told.batches.remove(reference))
    }

    pub(super) fn claim_notes(&mut self, batch: &[u8], id: &[u8]) -> Vec<Note> {
        self.take(|told| {
            let indexes = told.claims.get(&(batch.to_vec(), id.to_vec()))?;
            let open = indexes.iter().find(|at| told.claim_notes.get(**at).is_some_and(|notes| !notes.is_empty()))?;
            told.claim_notes.get_mut(*open).map(std::mem::take)
        })
    }

    fn take(&mut self, notes: impl FnOnce(&mut Self) -> Option<Vec<Note>>) -> Vec<Note> {
        let notes = notes(self).unwrap_or_default();
        self.count = self.count.saturating_sub(notes.len());
        notes
    }

    /// Notes that were not taken.
    pub(super) fn left(&self) -> usize {
        self.count
    }
}

/// A situation's trigger: `because of CLM05-3 in segment 43`.
fn because(trigger: &Trigger) -> String {
    let element = match (trigger.element, trigger.component) {
        (0, _) => String::new(),
        (element, 0) => format!("{element:02}"),
        (element, component) => format!("{element:02}-{component}"),
    };
    format!("because of {}{element} in segment {}", trigger.id, trigger.position)
}

/// A set by the control numbers of its group and its own.
pub(super) fn set_key(group: &str, set: &str) -> (String, String) {
    (plain(group), plain(set))
}

fn key(name: &SetName) -> (String, String) {
    set_key(&name.group, &name.control_number)
}

/// Control numbers agree whatever zeros stand before them.
fn plain(number: &str) -> String {
    number.trim().trim_start_matches('0').to_owned()
}

fn with_code(name: &str, list: CodeList, code: &str) -> String {
    let words = meaning(list, code).unwrap_or("a code that is not on its list");
    format!("{words} ({name} {code})")
}

fn verdict(name: &str, outcome: &str, codes_name: &str, list: CodeList, codes: &[String]) -> String {
    let mut words = with_code(name, CodeList::Outcome, outcome);
    for code in codes {
        words.push_str("; ");
        words.push_str(&with_code(codes_name, list, code));
    }
    words
}

fn status_words(outcome: &str, statuses: &[Status]) -> Vec<String> {
    let words = |status: &Status| {
        let (category, code) = (status.category.as_str(), status.code.as_str());
        let first = meaning(CodeList::StatusCategory, category).unwrap_or("a category that is not on its list");
        let second = meaning(CodeList::Status, code).map_or_else(|| format!("status {code}"), str::to_owned);
        let entity = if status.entity.is_none() { String::new() } else { format!(":{}", status.entity) };
        format!("{outcome}: {first}: {second} (STC01 {category}:{code}{entity})")
    };
    if statuses.is_empty() { vec![outcome.to_owned()] } else { statuses.iter().map(words).collect() }
}
