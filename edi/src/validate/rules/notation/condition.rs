//! Conditions: what `when` and `expect` say.

use super::At;
use super::place::{Place, place};
use super::words::{Word, words};
use crate::guide::NotationError;

/// A condition over places.
#[derive(Clone, Debug)]
pub(crate) enum Formula {
    All(Vec<Formula>),
    Any(Vec<Formula>),
    Not(Box<Formula>),
    Atom(Box<Atom>),
}

/// One place and what is asked of it.
#[derive(Clone, Debug)]
pub(crate) struct Atom {
    pub(crate) place: Place,
    pub(crate) test: Test,
}

/// What is asked of a place.
#[derive(Clone, Debug)]
pub(crate) enum Test {
    /// Something stands there.
    Stands,
    /// `=`: it holds one of these.
    Codes(Vec<Pattern>),
    /// `!=`: something else stands there.
    OtherThan(Vec<Pattern>),
    /// `is`: a format by name.
    Is(String),
    /// `in`: a code list, perhaps by the day.
    List(String, Dates),
    /// `<` and the like.
    Compare(Op, Operand),
    /// `count PLACE <= 10`.
    Count(Op, u32),
}

/// The places that may give the day for a list, the first that stands.
pub(crate) type Dates = Vec<Place>;

/// The other side of a comparison.
#[derive(Clone, Debug)]
pub(crate) enum Operand {
    Place(Place),
    /// A number, or a day as CCYYMMDD.
    Value(String),
}

/// How two values compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Op {
    Less,
    LessOrEqual,
    More,
    MoreOrEqual,
    Equal,
    Differs,
}

/// A value that a place may hold.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Pattern {
    /// `HC`.
    Exact(String),
    /// `045*`.
    Prefix(String),
    /// `99201..99215`: values of that length between, both included.
    Range(String, String),
}

/// A value of a list; quotes make it exact.
pub(super) fn pattern(word: Word<'_>) -> Pattern {
    let text = word.text;
    if let Some(prefix) = text.strip_suffix('*').filter(|prefix| !word.quoted && !prefix.is_empty()) {
        return Pattern::Prefix(prefix.to_owned());
    }
    match text.split_once("..") {
        Some((from, to)) if !word.quoted && from.len() == to.len() && !from.is_empty() => {
            Pattern::Range(from.to_owned(), to.to_owned())
        }
        _ => Pattern::Exact(text.to_owned()),
    }
}

impl Op {
    fn read(word: Word<'_>) -> Option<Self> {
        Some(match word.plain()? {
            "<" => Self::Less,
            "<=" => Self::LessOrEqual,
            ">" => Self::More,
            ">=" => Self::MoreOrEqual,
            "==" => Self::Equal,
            "<>" => Self::Differs,
            _ => return None,
        })
    }

    /// What holds where this does not.
    pub(crate) fn opposite(self) -> Self {
        match self {
            Self::Less => Self::MoreOrEqual,
            Self::LessOrEqual => Self::More,
            Self::More => Self::LessOrEqual,
            Self::MoreOrEqual => Self::Less,
            Self::Equal => Self::Differs,
            Self::Differs => Self::Equal,
        }
    }

    /// Whether it holds of two values that compare so.
    pub(crate) fn holds(self, ordering: std::cmp::Ordering) -> bool {
        match self {
            Self::Less => ordering.is_lt(),
            Self::LessOrEqual => ordering.is_le(),
            Self::More => ordering.is_gt(),
            Self::MoreOrEqual => ordering.is_ge(),
            Self::Equal => ordering.is_eq(),
            Self::Differs => ordering.is_ne(),
        }
    }
}

/// Reads a condition.
pub(super) fn formula(at: At<'_>, text: &str) -> Result<Formula, NotationError> {
    let words = words(at, text)?;
    let mut reader = Reader { at, words: &words };
    let formula = reader.any()?;
    match reader.words.first() {
        None => Ok(formula),
        Some(word) => at.fail(format!("expected `or`, `and` or the line's end, found `{}`", word.text)),
    }
}

struct Reader<'w, 't> {
    at: At<'w>,
    words: &'w [Word<'t>],
}

const KEYWORDS: [&str; 4] = ["or", "and", ")", "on"];

impl<'t> Reader<'_, 't> {
    fn next(&mut self, what: &str) -> Result<Word<'t>, NotationError> {
        let (first, rest) =
            self.words.split_first().ok_or_else(|| self.at.error(format!("expected {what}, found the line's end")))?;
        self.words = rest;
        Ok(*first)
    }

    /// Takes this word if it comes.
    fn takes(&mut self, keyword: &str) -> bool {
        let comes = self.words.first().and_then(|word| word.plain()) == Some(keyword);
        if comes {
            self.words = self.words.get(1..).unwrap_or_default();
        }
        comes
    }

    fn any(&mut self) -> Result<Formula, NotationError> {
        let mut parts = vec![self.all()?];
        while self.takes("or") {
            parts.push(self.all()?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Formula::Any(parts) })
    }

    fn all(&mut self) -> Result<Formula, NotationError> {
        let mut parts = vec![self.one()?];
        while self.takes("and") {
            parts.push(self.one()?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Formula::All(parts) })
    }

    fn one(&mut self) -> Result<Formula, NotationError> {
        if self.takes("not") {
            return Ok(Formula::Not(Box::new(self.one()?)));
        }
        if self.takes("(") {
            let inner = self.any()?;
            return if self.takes(")") { Ok(inner) } else { self.at.fail("expected `)`") };
        }
        self.atom().map(|atom| Formula::Atom(Box::new(atom)))
    }

    fn place(&mut self) -> Result<Place, NotationError> {
        let word = self.next("a place")?;
        match word.plain() {
            Some(text) => place(self.at, text),
            None => self.at.fail(format!("expected a place, found \"{}\"", word.text)),
        }
    }

    fn atom(&mut self) -> Result<Atom, NotationError> {
        if self.takes("count") {
            let place = self.place()?;
            let word = self.next("a comparison")?;
            let op = Op::read(word).ok_or_else(|| self.at.error("expected < <= > >= == or <> behind the place"))?;
            let number = self.next("a number")?;
            let count = number
                .text
                .parse()
                .map_err(|_| self.at.error(format!("expected a number, found `{}`", number.text)))?;
            return Ok(Atom { place, test: Test::Count(op, count) });
        }
        let place = self.place()?;
        let test = match self.words.first().copied() {
            Some(word) if word.plain().is_some_and(|word| !KEYWORDS.contains(&word)) => {
                self.next("a test")?;
                self.test(word)?
            }
            _ => Test::Stands,
        };
        if place.element.is_none() && !matches!(test, Test::Stands) {
            return self.at.fail("expected an element before a comparison, found a loop or segment");
        }
        Ok(Atom { place, test })
    }

    fn test(&mut self, word: Word<'t>) -> Result<Test, NotationError> {
        if let Some(op) = Op::read(word) {
            let operand = self.next("a place or a value")?;
            let is_place = operand.plain().is_some_and(|text| {
                text.starts_with('/') || place(self.at, text).is_ok_and(|place| place.element.is_some())
            });
            return Ok(Test::Compare(
                op,
                match is_place {
                    true => Operand::Place(place(self.at, operand.text)?),
                    false => Operand::Value(operand.text.to_owned()),
                },
            ));
        }
        match word.text {
            "=" => self.values().map(Test::Codes),
            "!=" => self.values().map(Test::OtherThan),
            "is" => Ok(Test::Is(self.next("a format")?.text.to_owned())),
            "in" => {
                let word = self.next("a code list")?;
                let name =
                    word.text.strip_prefix('@').ok_or_else(|| self.at.error("expected a code list like @states"))?;
                let mut dates = Vec::new();
                if self.takes("on") {
                    dates.push(self.place()?);
                    while self.takes("else") {
                        dates.push(self.place()?);
                    }
                }
                Ok(Test::List(name.to_owned(), dates))
            }
            other => self.at.fail(format!("expected = != is in < <= > >= == <> or the line's end, found `{other}`")),
        }
    }

    fn values(&mut self) -> Result<Vec<Pattern>, NotationError> {
        let mut values = Vec::new();
        while let Some(word) = self.words.first().copied() {
            if word.plain().is_some_and(|word| KEYWORDS.contains(&word)) {
                break;
            }
            values.push(pattern(word));
            self.words = self.words.get(1..).unwrap_or_default();
        }
        if values.is_empty() { self.at.fail("expected values behind = or !=, found none") } else { Ok(values) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Formula, NotationError> {
        formula(At { file: "f", line: 3 }, text)
    }

    #[test]
    fn reads_what_binds_tighter() {
        let Formula::Any(parts) = read("CLM05-3 = 7 8 and not REF[REF01=F8] or 2310B").unwrap() else { panic!() };
        assert_eq!(parts.len(), 2);
        let Formula::All(both) = &parts[0] else { panic!() };
        assert!(
            matches!(&both[0], Formula::Atom(atom) if matches!(&atom.test, Test::Codes(codes) if codes.len() == 2))
        );
        assert!(matches!(&both[1], Formula::Not(_)));
    }

    #[test]
    fn reads_every_test() {
        for good in [
            "CLM05-3 != 7",
            "NM109 is npi",
            "HI*-2 in @icd10cm on 2400/DTP[DTP01=472]/DTP03 else 2300/DTP[DTP01=434]/DTP03",
            "DTP03 <= DTP03.to",
            "CLM02 > 0",
            "count 2320 <= 10",
            "( SBR01 = P or SBR01 = S ) and SBR02",
            "SV101-2 = 99201..99215 045* \"A B\"",
        ] {
            read(good).unwrap();
        }
        for bad in [
            "CLM05-3 =",
            "CLM05-3 ~ 7",
            "2310B = 1",
            "not",
            "CLM05-3 or",
            "( CLM01",
            "in @x",
            "CLM01 in x",
            "count 2320 many",
        ] {
            assert_eq!(read(bad).unwrap_err().line, 3, "{bad}");
        }
    }
}
