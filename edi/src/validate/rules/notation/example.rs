//! A rule's examples: a fixture and edits to it.

/// A fixture by its path below `fixtures/x12`, edited: a file that the rule fails, or one that it passes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// Whether the rule fails it.
    pub fails: bool,
    /// `005010X222A1/ok/0001_one_claim.edi`.
    pub fixture: String,
    /// What is changed, in order.
    pub(crate) edits: Vec<Edit>,
    /// The line of the rule's file.
    pub line: usize,
}

/// One change. A segment is the n-th of its id in the file, from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Edit {
    segment: String,
    nth: usize,
    change: Change,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Change {
    /// An element, or a component of it.
    Value { element: usize, component: usize, times: usize, value: String },
    /// The whole segment.
    Whole(String),
    /// Segments behind it, so often.
    After(usize, Vec<String>),
    /// Away with it, up to another one.
    Delete(Option<(String, usize)>),
}

impl Edit {
    /// `CLM[1] 05-3 = 7`, `NTE[1] 02 =1000 A` (a thousand times), `CLM[1] = CLM*…`, `CLM[1] +99 NTE*ADD*A` (so often), `CLM[1] + REF*F8*1~REF*…`, `REF[2] -`, `LX[2] - REF[4]`.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "expected `CLM[1] 05-3 = 7`, `CLM[1] = CLM*…`, `CLM[1] + REF*…`, `REF[2] -` or `LX[2] - REF[4]`, found `{text}`"
            )
        };
        let (name, rest) = text.split_once(' ').unwrap_or((text, ""));
        let (segment, nth) = nth(name).ok_or_else(wrong)?;
        let rest = rest.trim();
        let change = if let Some(whole) = rest.strip_prefix("= ") {
            Change::Whole(whole.trim().trim_end_matches('~').to_owned())
        } else if let Some(after) = rest.strip_prefix('+') {
            let (times, after) = after.split_once(' ').ok_or_else(wrong)?;
            let times = if times.is_empty() { 1 } else { times.parse().map_err(|_| wrong())? };
            Change::After(times, after.trim().trim_end_matches('~').split('~').map(str::to_owned).collect())
        } else if let Some(to) = rest.strip_prefix('-') {
            Change::Delete(if to.trim().is_empty() { None } else { Some(self::nth(to.trim()).ok_or_else(wrong)?) })
        } else {
            let (place, value) = rest.split_once('=').ok_or_else(wrong)?;
            let (element, component) = match place.trim().split_once('-') {
                Some((element, component)) => (element.parse().ok(), component.parse().ok()),
                None => (place.trim().parse().ok(), Some(0)),
            };
            let element = element.filter(|element| *element > 0).ok_or_else(wrong)?;
            let (times, value) = match value.split_once(' ') {
                Some((times, value)) if !times.is_empty() => (times.parse().map_err(|_| wrong())?, value),
                _ => (1, value),
            };
            let component = component.ok_or_else(wrong)?;
            Change::Value { element, component, times, value: value.trim().to_owned() }
        };
        Ok(Self { segment, nth, change })
    }
}

/// `CLM[1]`.
fn nth(text: &str) -> Option<(String, usize)> {
    let (segment, number) = text.strip_suffix(']')?.split_once('[')?;
    Some((segment.to_owned(), number.parse().ok().filter(|nth| *nth > 0)?))
}

impl Example {
    /// The fixture's text with the edits; SE01 counts anew. Edits are written with `*`, `:` and `~`, and so must the fixture be.
    pub fn apply(&self, fixture: &str) -> Result<String, String> {
        if self.edits.is_empty() {
            return Ok(fixture.to_owned());
        }
        let line_end = if fixture.contains("~\n") { "~\n" } else { "~" };
        let mut segments: Vec<String> = fixture
            .split('~')
            .map(|segment| segment.trim_start().to_owned())
            .filter(|segment| !segment.is_empty())
            .collect();
        for edit in &self.edits {
            apply(&mut segments, edit)?;
        }
        count(&mut segments);
        Ok(segments.into_iter().fold(String::new(), |text, segment| text + &segment + line_end))
    }

    /// The examples of a rule's page: `Fails: \`FIXTURE\`` or `Passes: \`FIXTURE\``, its edits four spaces deep below.
    pub(crate) fn of_page(page: &str) -> Result<Vec<Self>, String> {
        let mut examples: Vec<Self> = Vec::new();
        let mut open = false;
        for (index, line) in page.lines().enumerate() {
            let fixture =
                |start: &str| line.strip_prefix(start)?.strip_prefix('`')?.split_once(".edi`").map(|(name, _)| name);
            let named = fixture("Fails: ").map(|name| (true, name)).or(fixture("Passes: ").map(|name| (false, name)));
            if let Some((fails, name)) = named {
                open = true;
                examples.push(Self { fails, fixture: format!("{name}.edi"), edits: Vec::new(), line: index + 1 });
            } else if let (Some(edit), true, Some(example)) = (line.strip_prefix("    "), open, examples.last_mut()) {
                example.edits.push(Edit::read(edit.trim())?);
            } else if !line.is_empty() {
                open = false;
            }
        }
        Ok(examples)
    }

    /// The fixture as it is.
    pub fn is_plain(&self) -> bool {
        self.edits.is_empty()
    }

    /// The edits as they were written.
    pub fn edits(&self) -> impl Iterator<Item = String> + '_ {
        self.edits.iter().map(Edit::to_string)
    }
}

impl std::fmt::Display for Edit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}[{}] ", self.segment, self.nth)?;
        match &self.change {
            Change::Value { element, component, times, value } => {
                let component = if *component == 0 { String::new() } else { format!("-{component}") };
                let times = if *times == 1 { String::new() } else { times.to_string() };
                write!(f, "{element:02}{component} ={times} {value}")
            }
            Change::Whole(whole) => write!(f, "= {whole}"),
            Change::After(1, segments) => write!(f, "+ {}", segments.join("~")),
            Change::After(times, segments) => write!(f, "+{times} {}", segments.join("~")),
            Change::Delete(None) => f.write_str("-"),
            Change::Delete(Some((segment, nth))) => write!(f, "- {segment}[{nth}]"),
        }
    }
}

fn find(segments: &[String], id: &str, nth: usize) -> Result<usize, String> {
    let is = |segment: &&String| segment.split('*').next() == Some(id);
    let found = segments.iter().enumerate().filter(|(_, segment)| is(segment)).nth(nth - 1);
    found.map(|(at, _)| at).ok_or_else(|| format!("expected {id}[{nth}] in the fixture, found fewer"))
}

fn apply(segments: &mut Vec<String>, edit: &Edit) -> Result<(), String> {
    let at = find(segments, &edit.segment, edit.nth)?;
    match &edit.change {
        Change::Whole(whole) => {
            if let Some(segment) = segments.get_mut(at) {
                segment.clone_from(whole);
            }
        }
        Change::After(times, new) => {
            let new = std::iter::repeat_n(new, *times).flatten().cloned();
            segments.splice(at + 1..at + 1, new);
        }
        Change::Delete(to) => {
            let end = match to {
                None => at,
                Some((id, nth)) => find(segments, id, *nth)?,
            };
            if end < at {
                return Err("expected the last segment behind the first".to_owned());
            }
            segments.drain(at..=end);
        }
        Change::Value { element, component, times, value } => {
            let value = value.repeat(*times);
            if let Some(segment) = segments.get_mut(at) {
                *segment = changed(segment, '*', *element, |old| match component {
                    0 => value.clone(),
                    _ => changed(old, ':', *component - 1, |_| value.clone()),
                });
            }
        }
    }
    Ok(())
}

/// A text whose part `at` (from 0) between separators is changed; separators that nothing follows go.
fn changed(text: &str, separator: char, at: usize, change: impl Fn(&str) -> String) -> String {
    let mut parts: Vec<String> = text.split(separator).map(str::to_owned).collect();
    while parts.len() <= at {
        parts.push(String::new());
    }
    if let Some(part) = parts.get_mut(at) {
        *part = change(part);
    }
    while parts.last().is_some_and(String::is_empty) {
        parts.pop();
    }
    parts.join(&separator.to_string())
}

/// Each SE01 counts from its ST on.
fn count(segments: &mut [String]) {
    let mut count = 0;
    for segment in segments {
        count = if segment.starts_with("ST*") { 1 } else { count + 1 };
        if segment.starts_with("SE*") {
            *segment = changed(segment, '*', 1, |_| count.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edited(edits: &[&str]) -> Result<String, String> {
        let edits = edits.iter().map(|edit| Edit::read(edit)).collect::<Result<_, _>>()?;
        let example = Example { fails: true, fixture: String::new(), edits, line: 0 };
        example.apply("ST*837*0001~CLM*A*1***11:B:1*Y~REF*D9*1~REF*EA*2~SE*5*0001~")
    }

    #[test]
    fn changes_inserts_deletes_and_counts() {
        assert_eq!(
            edited(&["CLM[1] 05-3 = 7"]).unwrap(),
            "ST*837*0001~CLM*A*1***11:B:7*Y~REF*D9*1~REF*EA*2~SE*5*0001~"
        );
        assert_eq!(edited(&["CLM[1] 06 ="]).unwrap(), "ST*837*0001~CLM*A*1***11:B:1~REF*D9*1~REF*EA*2~SE*5*0001~");
        assert_eq!(edited(&["CLM[1] - REF[2]"]).unwrap(), "ST*837*0001~SE*2*0001~");
        assert_eq!(edited(&["REF[2] -", "REF[1] + NTE*ADD*A = B~K3*C"]).unwrap().matches('~').count(), 6);
        assert_eq!(
            edited(&["CLM[1] 11-2 = OA", "REF[1] = REF*F8*9"]).unwrap(),
            "ST*837*0001~CLM*A*1***11:B:1*Y*****:OA~REF*F8*9~REF*EA*2~SE*5*0001~"
        );
    }

    #[test]
    fn says_what_is_not_there() {
        assert!(edited(&["REF[3] -"]).unwrap_err().contains("REF[3]"));
        for bad in ["CLM 05 = 1", "CLM[1]", "CLM[0] 05 = 1", "CLM[1] 05", "CLM[1] 00 = 1"] {
            assert!(Edit::read(bad).is_err(), "{bad}");
        }
        for good in [
            "CLM[1] 05-3 = 7",
            "REF[2] -",
            "LX[2] - REF[4]",
            "CLM[1] + REF*F8*1~REF*G1*2",
            "CLM[1] +3 NTE*1",
            "NTE[1] 02 =9 A B",
            "CLM[1] = CLM*1",
        ] {
            assert_eq!(Edit::read(good).unwrap().to_string(), good);
        }
    }
}
