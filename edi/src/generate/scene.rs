//! The people, places and amounts of the item under way, and how they are written.

use super::GenerateOptions;
use super::kind::Kind;
use super::random::Random;
use super::story::{Fact, Pen, SET_SORTS, SORTS, Stage, Story, TURNS, Turns};
use super::words;

/// What values are drawn from.
pub(super) struct Scene {
    pub(super) random: Random,
    pub(super) payer_ids: Vec<String>,
    pub(super) sender_id: String,
    pub(super) receiver_id: String,
    pub(super) now: String,
    stage: Stage,
    story: Story,
    /// How often what is being repeated was written before.
    turns: [usize; TURNS],
    component: u8,
    element: u8,
    /// Ordinal of the item, from 1.
    pub(super) item: u64,
    /// Ordinal of the set, from 1.
    pub(super) set: u64,
    pub(super) hl: u64,
    pub(super) hl_parent: Option<u64>,
    pub(super) hl_child: bool,
    place: usize,
    payer: usize,
    charges: Vec<u64>,
    /// One day of service for the whole item.
    day: u64,
    /// What sort of item and set it is.
    dice: u64,
    set_dice: u64,
    pub(super) bad: Option<Bad>,
    /// The set ends with its first level.
    pub(super) nothing_below: bool,
}

/// What is wrong with a bad claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bad {
    Total,
    Npi,
}

impl Scene {
    pub(super) fn new(options: &GenerateOptions) -> Self {
        let mut random = Random::new(options.seed);
        let run = format!("SYN{}", base36(random.next(), 6));
        let today = options.at.date8();
        Self {
            random,
            payer_ids: options.payer_ids.clone(),
            sender_id: options.sender.id.clone(),
            receiver_id: options.receiver.id.clone(),
            stage: Stage {
                year: today.get(..4).and_then(|year| year.parse().ok()).unwrap_or(2026),
                today,
                run,
                item: 0,
                wrong: 0,
            },
            story: Story::of(&options.guide.set, &options.guide.revision),
            turns: [0; TURNS],
            now: options.at.time4(),
            component: options.format.delimiters.component,
            element: options.format.delimiters.element,
            item: 0,
            set: 0,
            hl: 0,
            hl_parent: None,
            hl_child: false,
            place: 0,
            payer: 0,
            charges: Vec::new(),
            day: 0,
            dice: 0,
            set_dice: 0,
            bad: None,
            nothing_below: false,
        }
    }

    /// Begins a set of at most `items_max` items; gives how many it has.
    pub(super) fn begin_set(&mut self, items_max: u64) -> u64 {
        self.set += 1;
        self.set_dice = self.random.next();
        self.draw_day();
        self.story.begin_set(&mut self.random, &self.stage, items_max)
    }

    /// The item stands under so many of the levels that were open.
    pub(super) fn under(&mut self, kept: usize) {
        self.story.under(kept, &self.stage);
    }

    /// Which of the ways to an item the next one takes, where the story knows.
    pub(super) fn way(&self) -> Option<usize> {
        self.story.way()
    }

    /// Under how many of the open levels the item stands, where the story knows.
    pub(super) fn kept(&self) -> Option<usize> {
        self.story.kept()
    }

    pub(super) fn holds(&self, fact: Fact) -> bool {
        match fact {
            Fact::Sort(sorts) => sorts.contains(&((self.dice % u64::from(SORTS)) as u8)),
            Fact::Set(sorts) => sorts.contains(&((self.set_dice % u64::from(SET_SORTS)) as u8)),
            Fact::NothingBelow => self.nothing_below,
            fact => self.story.holds(fact, &self.turns),
        }
    }

    /// How often a step comes.
    pub(super) fn times(&self, what: Turns) -> usize {
        let lines = if what == Turns::Lines { self.charges.len() } else { 1 };
        self.story.times(what, &self.turns).unwrap_or(lines)
    }

    /// The next of a step's repetitions is written.
    pub(super) fn turn(&mut self, what: Turns, number: usize) {
        if let Some(turn) = self.turns.get_mut(what as usize) {
            *turn = number;
        }
    }

    /// Ordinal of the service line, from 1.
    fn line(&self) -> usize {
        self.turns.get(Turns::Lines as usize).map_or(1, |line| line + 1)
    }

    /// Draws what the parts of the next item share.
    pub(super) fn begin_item(&mut self, bad_every: Option<u64>) {
        self.item += 1;
        self.stage.item = self.item;
        self.turns = [0; TURNS];
        self.story.begin_item(&self.stage);
        let turn = bad_every.filter(|every| *every > 0 && self.item.is_multiple_of(*every));
        self.bad = turn.map(|every| if (self.item / every) % 2 == 1 { Bad::Total } else { Bad::Npi });
        self.stage.wrong = if self.bad == Some(Bad::Total) { 100 } else { 0 };
        self.dice = self.random.next();
        self.draw_day();
        self.charges.clear();
        let lines = self.random.pick(&[1, 1, 1, 2, 2, 3, 4, 6]);
        for _ in 0..lines {
            let charge = self.random.between(100, 1800) * 25;
            self.charges.push(charge);
        }
    }

    /// Writes a value.
    pub(super) fn push(&mut self, out: &mut Vec<u8>, kind: Kind) {
        match kind {
            Kind::OneOf(list) => out.extend_from_slice(self.random.pick(list).as_bytes()),
            Kind::HlNumber => push_number(out, self.hl),
            Kind::HlParent => {
                if let Some(parent) = self.hl_parent {
                    push_number(out, parent);
                }
            }
            Kind::HlChild => out.push(if self.hl_child { b'1' } else { b'0' }),
            Kind::Relation if self.hl_child => {}
            Kind::Relation => out.extend_from_slice(b"18"),
            Kind::BatchReference => self.push_id(out, self.set),
            Kind::ItemId => self.push_id(out, self.item),
            Kind::SenderId => out.extend_from_slice(self.sender_id.as_bytes()),
            Kind::ReceiverId => out.extend_from_slice(self.receiver_id.as_bytes()),
            Kind::Npi => self.push_npi(out, false),
            Kind::ItemNpi => self.push_npi(out, self.bad == Some(Bad::Npi)),
            Kind::MemberId => {
                out.push(b'W');
                self.push_digits(out, 9);
            }
            Kind::Ssn => {
                // The Social Security Administration gives out no number that starts with 9.
                out.extend_from_slice(b"900");
                self.push_digits(out, 6);
            }
            Kind::Of(part) => {
                let mut pen = Pen::new(out, self.element, self.component);
                self.story.write(part, &self.turns, &self.stage, &mut pen);
                pen.finish();
            }
            Kind::Digits(count) => self.push_digits(out, count),
            Kind::Text(min, max) => push_text(out, min, max),
            Kind::LineCharge => push_amount(out, self.charges.get(self.line() - 1).copied().unwrap_or(0)),
            Kind::LineNumber => push_number(out, self.line() as u64),
            Kind::Units => push_number(out, 1),
            Kind::Amount => {
                let cents = self.random.between(1, 400) * 25;
                push_amount(out, cents);
            }
            Kind::Diagnoses => self.push_diagnoses(out),
            Kind::Today => out.extend_from_slice(self.stage.today.as_bytes()),
            Kind::Now => out.extend_from_slice(self.now.as_bytes()),
            Kind::BirthDate => {
                let year = self.random.between(self.stage.year - 90, self.stage.year - 2);
                self.push_day(out, year);
            }
            Kind::ServiceDate => push_number(out, self.days().0),
            Kind::ServicePeriod => {
                let (from, to) = self.days();
                push_number(out, from);
                out.push(b'-');
                push_number(out, to);
            }
            Kind::BySet(_) | Kind::BySort(_) | Kind::IfSort(..) => self.push_by_sort(out, kind),
            Kind::Row(_) | Kind::Components(_) => self.push_row(out, kind),
            _ => self.push_word(out, kind),
        }
    }

    fn push_by_sort(&mut self, out: &mut Vec<u8>, kind: Kind) {
        let (list, dice) = match kind {
            Kind::BySet(list) => (list, self.set_dice % u64::from(SET_SORTS)),
            Kind::BySort(list) => (list, self.dice % u64::from(SORTS)),
            Kind::IfSort(sorts, kind) if self.holds(Fact::Sort(sorts)) => return self.push(out, *kind),
            _ => return,
        };
        out.extend_from_slice(list.get(dice as usize % list.len().max(1)).copied().unwrap_or_default().as_bytes());
    }

    fn push_row(&mut self, out: &mut Vec<u8>, kind: Kind) {
        let mut pen = Pen::new(out, self.element, self.component);
        match kind {
            Kind::Row(rows) => self.random.pick(rows).iter().for_each(|text| pen.text(text)),
            Kind::Components(rows) => pen.components(self.random.pick(rows)),
            _ => {}
        }
        pen.finish();
    }

    fn push_word(&mut self, out: &mut Vec<u8>, kind: Kind) {
        let text = match kind {
            Kind::LastName => self.random.pick(words::LAST_NAMES),
            Kind::FirstName => self.random.pick(words::FIRST_NAMES),
            Kind::Organization => self.random.pick(words::ORGANIZATIONS),
            Kind::Diagnosis => self.random.pick(words::DIAGNOSES),
            Kind::Procedure => self.random.pick(words::PROCEDURES),
            Kind::Taxonomy => self.random.pick(words::TAXONOMIES),
            Kind::PayerName => {
                self.payer = self.random.between(0, 1 << 20) as usize % self.payer_ids.len().max(1);
                words::PAYER_NAMES.get(self.payer % words::PAYER_NAMES.len()).copied().unwrap_or_default()
            }
            Kind::PayerId => self.payer_ids.get(self.payer).map(String::as_str).unwrap_or("SYNTHPAYER"),
            Kind::City => {
                self.place = self.random.between(0, words::PLACES.len() as u64 - 1) as usize;
                self.place().0
            }
            Kind::State => self.place().1,
            Kind::Street => {
                let number = self.random.between(1, 9999);
                push_number(out, number);
                out.push(b' ');
                self.random.pick(words::STREETS)
            }
            Kind::Zip => {
                out.extend_from_slice(self.place().2.as_bytes());
                return self.push_digits(out, 4);
            }
            Kind::Phone => {
                // 555-0100 to 555-0199 belong to nobody.
                let line = self.random.between(100, 199);
                out.extend_from_slice(b"6145550");
                return push_number(out, line);
            }
            _ => "",
        };
        out.extend_from_slice(text.as_bytes());
    }

    fn place(&self) -> (&'static str, &'static str, &'static str) {
        words::PLACES.get(self.place).copied().unwrap_or_default()
    }

    fn push_id(&self, out: &mut Vec<u8>, number: u64) {
        out.extend_from_slice(self.stage.run.as_bytes());
        push_number(out, number);
    }

    fn push_digits(&mut self, out: &mut Vec<u8>, count: u32) {
        let mut digits = self.random.next();
        out.push(b'1' + (digits % 9) as u8);
        for _ in 1..count {
            digits = digits.rotate_right(5) ^ 0x5bd1_e995;
            out.push(b'0' + (digits % 10) as u8);
        }
    }

    /// Ten digits, the last of them a Luhn check over the prefix 80840 and the nine before.
    fn push_npi(&mut self, out: &mut Vec<u8>, wrong: bool) {
        let number = 100_000_000 + self.random.between(0, 99_999_999);
        let check = npi_check(number);
        push_number(out, number);
        out.push(b'0' + (check + u8::from(wrong)) % 10);
    }

    fn push_day(&mut self, out: &mut Vec<u8>, year: u64) {
        let day = year * 10_000 + self.random.between(1, 12) * 100 + self.random.between(1, 28);
        push_number(out, day);
    }

    fn draw_day(&mut self) {
        self.day = (self.stage.year - 1) * 10_000 + self.random.between(1, 12) * 100 + self.random.between(1, 28);
    }

    /// The days of the item's services.
    fn days(&self) -> (u64, u64) {
        self.story.days().unwrap_or((self.day, self.day))
    }

    /// A principal diagnosis and up to three more, none twice.
    fn push_diagnoses(&mut self, out: &mut Vec<u8>) {
        let count = self.random.pick(&[1, 1, 2, 3, 4]);
        let first = self.random.between(0, 1 << 20) as usize;
        for at in 0..count {
            out.extend_from_slice(if at == 0 { b"ABK" } else { b"ABF" });
            out.push(self.component);
            let code = words::DIAGNOSES.get((first + at) % words::DIAGNOSES.len()).copied().unwrap_or_default();
            out.extend_from_slice(code.as_bytes());
            if at + 1 < count {
                out.push(self.element);
            }
        }
    }
}

/// The check digit of an NPI's first nine digits: 24 stands for the prefix 80840.
pub(super) fn npi_check(nine: u64) -> u8 {
    let mut rest = nine;
    let mut sum = 24;
    for at in 0..9 {
        let digit = (rest % 10) as u8;
        let doubled = digit * 2;
        sum += match at % 2 {
            0 => doubled / 10 + doubled % 10,
            _ => digit,
        };
        rest /= 10;
    }
    (10 - sum % 10) % 10
}

/// Writes a number in decimal.
pub(super) fn push_number(out: &mut Vec<u8>, mut number: u64) {
    let start = out.len();
    loop {
        out.push(b'0' + (number % 10) as u8);
        number /= 10;
        if number == 0 {
            break;
        }
    }
    if let Some(digits) = out.get_mut(start..) {
        digits.reverse();
    }
}

/// Writes cents as X12 wants amounts: no trailing zeros behind the point, no point behind a whole number.
pub(super) fn push_amount(out: &mut Vec<u8>, cents: u64) {
    push_number(out, cents / 100);
    let fraction = (cents % 100) as u8;
    if fraction > 0 {
        out.extend_from_slice(&[b'.', b'0' + fraction / 10]);
    }
    if !fraction.is_multiple_of(10) {
        out.push(b'0' + fraction % 10);
    }
}

fn push_text(out: &mut Vec<u8>, min: u32, max: u32) {
    let text = b"SAMPLE";
    let length = text.len().clamp(min as usize, max as usize);
    out.extend(text.iter().cycle().take(length));
}

fn base36(mut number: u64, digits: usize) -> String {
    let mut text = String::with_capacity(digits);
    for _ in 0..digits {
        text.push(char::from_digit((number % 36) as u32, 36).unwrap_or('0').to_ascii_uppercase());
        number /= 36;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn computes_the_check_digit_of_an_npi() {
        assert_eq!(npi_check(123_456_789), 3);
    }

    #[test]
    fn writes_amounts_without_trailing_zeros() {
        for (cents, text) in [(0, "0"), (100, "1"), (150, "1.5"), (175, "1.75"), (105, "1.05"), (123_456, "1234.56")] {
            let mut out = Vec::new();
            push_amount(&mut out, cents);
            assert_eq!(String::from_utf8(out).unwrap(), text);
        }
    }
}
