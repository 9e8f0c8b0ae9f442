//! `edi/tables/*.txt`: which rows and columns there are. docs/csv.md tells the notation at its end.

/// A table: what a row is, and its columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// `claims`; the file's name without its ending.
    pub name: String,
    /// What a row is, for people.
    pub about: String,
    /// The sets it is made from, by ST01.
    pub sets: Vec<String>,
    /// Its columns, in order.
    pub columns: Vec<Column>,
    pub(super) rows: Rows,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its heading.
    pub name: String,
    /// What stands in it.
    pub kind: Kind,
    /// What it means, for people.
    pub about: String,
    /// Where its value stands, as the data says it.
    pub from: String,
    pub(super) places: Vec<Place>,
}

/// What stands in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text, ids among it.
    Text,
    /// A decimal number.
    Number,
    /// A day.
    Date,
}

/// What makes a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Rows {
    /// Each set.
    Set,
    /// Each instance of these loops.
    Loops(Vec<String>),
    /// Each segment of that id, once for each of the elements that stands; `[0]` for once.
    Segments(String, Vec<u8>),
}

/// Where a value stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// The row's own key.
    Own,
    /// The set's key.
    Set,
    /// The key of the enclosing loop.
    Loop(String),
    /// An element so far behind the one that makes the row, and a component of it.
    Behind(u8, u8),
    /// An element of a segment in the row's loop or in a loop near it.
    At { in_loop: Option<String>, spot: Spot, only: Option<(Spot, Vec<String>)>, last: bool },
}

/// A segment's element; component 0 is the whole of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Spot {
    pub(super) segment: String,
    pub(super) element: u8,
    pub(super) component: u8,
}

/// Reads the tables of one file; the number of the first line that does not read otherwise.
pub(super) fn read(text: &str) -> Result<Vec<Table>, usize> {
    let mut tables: Vec<Table> = Vec::new();
    let mut about = String::new();
    for (line, number) in text.lines().zip(1usize..) {
        if let Some(comment) = line.strip_prefix("# ") {
            about = comment.to_owned();
        } else if let Some(name) = line.strip_prefix("table ") {
            let (sets, columns, about) = (Vec::new(), Vec::new(), std::mem::take(&mut about));
            tables.push(Table { name: name.to_owned(), about, sets, columns, rows: Rows::Set });
        } else if !line.trim().is_empty() {
            let table = tables.last_mut().ok_or(number)?;
            directive(table, line.trim()).ok_or(number)?;
        }
    }
    Ok(tables)
}

fn directive(table: &mut Table, line: &str) -> Option<()> {
    if let Some(sets) = line.strip_prefix("sets ") {
        table.sets = sets.split(' ').map(str::to_owned).collect();
    } else if let Some(row) = line.strip_prefix("row ") {
        table.rows = rows(row)?;
    } else {
        table.columns.push(column(line)?);
    }
    Some(())
}

fn rows(text: &str) -> Option<Rows> {
    let words: Vec<&str> = text.split(' ').collect();
    Some(match words.as_slice() {
        ["set"] => Rows::Set,
        [segment, "at", elements @ ..] => {
            let elements = elements.iter().map(|element| element.parse().ok()).collect::<Option<Vec<u8>>>()?;
            Rows::Segments((*segment).to_owned(), elements)
        }
        [segment, "each"] => Rows::Segments((*segment).to_owned(), vec![0]),
        loops => Rows::Loops(loops.iter().map(|id| (*id).to_owned()).collect()),
    })
}

/// `charge number CLM02 "what was charged"`.
fn column(line: &str) -> Option<Column> {
    let (head, about) = line.strip_suffix('"')?.split_once(" \"")?;
    let mut words = head.split_whitespace();
    let (name, kind) = (words.next()?.to_owned(), words.next()?);
    let kind = match kind {
        "text" => Kind::Text,
        "number" => Kind::Number,
        "date" => Kind::Date,
        _ => return None,
    };
    // A bracket may hold blanks.
    let from = head.split_once(&format!(" {} ", kind.word())).map_or("", |(_, from)| from.trim()).to_owned();
    let places = from.split('|').map(|place| self::place(place.trim())).collect::<Option<Vec<_>>>()?;
    Some(Column { name, kind, about: about.to_owned(), from, places })
}

impl Kind {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Number => "number",
            Self::Date => "date",
        }
    }
}

fn place(text: &str) -> Option<Place> {
    if let Some(behind) = text.strip_prefix('+') {
        let (element, component) = behind.split_once('-').unwrap_or((behind, "0"));
        return Some(Place::Behind(element.parse().ok()?, component.parse().ok()?));
    }
    match text {
        "@" => return Some(Place::Own),
        "@set" => return Some(Place::Set),
        _ => {}
    }
    if let Some(id) = text.strip_prefix('@') {
        return Some(Place::Loop(id.to_owned()));
    }
    let (text, last) = text.strip_suffix(".to").map_or((text, false), |text| (text, true));
    let (text, only) = match text.strip_suffix(']') {
        Some(text) => {
            let (text, condition) = text.split_once('[')?;
            let (at, codes) = condition.split_once('=')?;
            (text, Some((spot(at)?, codes.split(' ').map(str::to_owned).collect())))
        }
        None => (text, None),
    };
    let (in_loop, text) = match text.split_once('/') {
        Some((id, text)) => (Some(id.to_owned()), text),
        None => (None, text),
    };
    Some(Place::At { in_loop, spot: spot(text)?, only, last })
}

/// `CLM05-1`: two digits behind the segment's id.
fn spot(text: &str) -> Option<Spot> {
    let (text, component) =
        text.split_once('-').map_or((text, Some(0)), |(text, component)| (text, component.parse().ok()));
    let (segment, element) = text.split_at_checked(text.len().checked_sub(2)?)?;
    Some(Spot { segment: segment.to_owned(), element: element.parse().ok()?, component: component? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_table() {
        let text = "# A claim.\ntable claims\n  sets 837\n  row 2300\n  id text @ \"key\"\n  \
                    from date 2400/DTP03[DTP01=472 150] | HI01-2.to \"day\"\n";
        let tables = read(text).unwrap();
        assert_eq!((tables[0].name.as_str(), tables[0].about.as_str()), ("claims", "A claim."));
        assert_eq!(tables[0].rows, Rows::Loops(vec!["2300".to_owned()]));
        let [id, from] = tables[0].columns.as_slice() else { panic!() };
        assert_eq!((&id.places, id.about.as_str()), (&vec![Place::Own], "key"));
        let spot = |segment: &str, element, component| Spot { segment: segment.to_owned(), element, component };
        let only = Some((spot("DTP", 1, 0), vec!["472".to_owned(), "150".to_owned()]));
        let first = Place::At { in_loop: Some("2400".to_owned()), spot: spot("DTP", 3, 0), only, last: false };
        let second = Place::At { in_loop: None, spot: spot("HI", 1, 2), only: None, last: true };
        assert_eq!(from.places, [first, second]);
        assert_eq!(from.kind, Kind::Date);
    }

    #[test]
    fn says_which_line_does_not_read() {
        assert_eq!(read("table a\n  sets 837\n  x text @ \"key\n"), Err(3));
        assert_eq!(read("sets 837\n"), Err(1));
        assert_eq!(read("table a\n  x words @ \"key\"\n"), Err(2));
    }
}
