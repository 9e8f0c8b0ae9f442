//! Lists of codes: `guides/codes/*.txt`, `codes/*.txt`, and those that an operator loads.

use super::line::{At, NotationError, lines};
use super::{CodeList, Source};
use crate::guide::tables::{Code, Period};

/// Codes that a list holds at most.
const CODES_MAX: usize = 1_000_000;

/// Reads a list: a code a line, perhaps with the days on which it is valid. Characters in brackets stand for one of them each.
pub(crate) fn code_list((file, text): Source<'_>) -> Result<CodeList, NotationError> {
    let mut list = CodeList::new();
    for line in lines(file, text)? {
        let at = At { file, line: line.number };
        let (word, period) = match line.words.as_slice() {
            [code] => (*code, Period { from: 0, to: u32::MAX }),
            [code, period] => (*code, self::period(at, period)?),
            _ => return at.fail("expected `CODE [from..to]`"),
        };
        for text in spelt_out(at, word)? {
            let code = Code::new(&text).ok_or_else(|| at.error("expected a code of at most 24 bytes"))?;
            if list.insert(code, period).is_some() {
                return at.fail(format!("expected each code once, found `{text}` again"));
            }
        }
        if list.len() > CODES_MAX {
            return at.fail(format!("expected at most {CODES_MAX} codes, found more"));
        }
    }
    Ok(list)
}

/// The codes of a word: `A0[0-2]` is A00, A01 and A02.
fn spelt_out(at: At<'_>, word: &str) -> Result<Vec<String>, NotationError> {
    let mut codes = vec![String::new()];
    let mut rest = word;
    while let Some(first) = rest.chars().next() {
        let (choice, after) = match rest.strip_prefix('[') {
            Some(inside) => {
                let (set, after) = inside.split_once(']').ok_or_else(|| at.error("expected a closing bracket"))?;
                (characters(at, set)?, after)
            }
            None => (vec![first], rest.get(first.len_utf8()..).unwrap_or_default()),
        };
        if codes.len() * choice.len() > CODES_MAX {
            return at.fail(format!("expected at most {CODES_MAX} codes, found more"));
        }
        codes = codes.iter().flat_map(|code| choice.iter().map(move |next| format!("{code}{next}"))).collect();
        rest = after;
    }
    Ok(codes)
}

/// `AC-F` is A, C, D, E and F.
fn characters(at: At<'_>, set: &str) -> Result<Vec<char>, NotationError> {
    let mut found = Vec::new();
    let mut rest = set.chars();
    while let Some(first) = rest.next() {
        let mut ahead = rest.clone();
        let last = if ahead.next() == Some('-') { ahead.next() } else { None };
        if last.is_some() {
            rest = ahead;
        }
        found.extend(first..=last.unwrap_or(first));
    }
    let fit = !found.is_empty() && found.iter().all(char::is_ascii_alphanumeric);
    if fit { Ok(found) } else { at.fail(format!("expected letters and digits in brackets, found `{set}`")) }
}

fn period(at: At<'_>, word: &str) -> Result<Period, NotationError> {
    let wrong = || at.error(format!("expected dates as CCYYMMDD..CCYYMMDD, either side may be open, found `{word}`"));
    let (from, to) = word.split_once("..").ok_or_else(wrong)?;
    let date = |text: &str, open: u32| match text {
        "" => Ok(open),
        _ if text.len() == 8 => text.parse().ok().filter(|day| is_day(*day)).ok_or_else(wrong),
        _ => Err(wrong()),
    };
    let period = Period { from: date(from, 0)?, to: date(to, u32::MAX)? };
    if period.from > period.to { Err(wrong()) } else { Ok(period) }
}

fn is_day(day: u32) -> bool {
    (1..=12).contains(&(day / 100 % 100)) && (1..=31).contains(&(day % 100))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<CodeList, NotationError> {
        code_list(("codes/a.txt", text))
    }

    #[test]
    fn codes_have_their_days() {
        let list = read("01\n02 20170101..\n03 20170101..20191231 # gone\n").unwrap();
        assert_eq!(list[&Code::lit("01")], Period { from: 0, to: u32::MAX });
        assert_eq!(list[&Code::lit("02")], Period { from: 20_170_101, to: u32::MAX });
        assert_eq!(list[&Code::lit("03")], Period { from: 20_170_101, to: 20_191_231 });
    }

    #[test]
    fn brackets_stand_for_one_of_their_characters() {
        let list = read("A[01][XZ]\nB[0-2C]9 20200101..\n").unwrap();
        let codes: Vec<&str> = list.keys().map(Code::as_str).collect();
        assert_eq!(codes, ["A0X", "A0Z", "A1X", "A1Z", "B09", "B19", "B29", "BC9"]);
        assert_eq!(list[&Code::lit("BC9")].from, 20_200_101);
    }

    #[test]
    fn what_does_not_read_is_told_with_its_line() {
        for bad in [
            "01 2017..",
            "01 20171301..",
            "01 20180101..20170101",
            "01 20180101",
            "01 ..20180101 X",
            "01\n01",
            "0[12]\n02",
            "0[1",
            "0[]",
            "0[2-1]",
            "0[.]",
            "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
            "[0-9][0-9][0-9][0-9][0-9][0-9][0-9]",
        ] {
            let error = read(&format!("# A list.\n{bad}")).unwrap_err();
            assert!(error.to_string().starts_with("codes/a.txt:"), "{bad}");
            assert_eq!(error.line, 1 + bad.lines().count(), "{bad}");
        }
    }
}
