//! The segments that were read last, for findings that speak of them only when their loop ends.

use std::ops::Range;

use tradewind_edi::Segment;

/// From so many bytes on, the older half is forgotten.
const BYTES_MAX: usize = 128 << 10;

/// Segments back to back.
#[derive(Default)]
pub(super) struct Window {
    bytes: Vec<u8>,
    /// Where each segment starts: in the file, and in `bytes`.
    starts: Vec<(u64, usize)>,
}

/// A segment as it is shown.
#[derive(Clone, Copy)]
pub(super) struct Shown<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) offset: u64,
}

impl Window {
    pub(super) fn push(&mut self, segment: &Segment<'_>) {
        if self.bytes.len() > BYTES_MAX {
            self.forget();
        }
        self.starts.push((segment.offset(), self.bytes.len()));
        self.bytes.extend_from_slice(segment.bytes());
    }

    /// Where the last segment ends in the file.
    pub(super) fn end(&self) -> u64 {
        self.starts.last().map_or(0, |(offset, start)| offset + (self.bytes.len() - start) as u64)
    }

    /// The segment that holds these bytes of the file, its terminator counted in.
    pub(super) fn find(&self, place: &Range<u64>) -> Option<Shown<'_>> {
        let at = self.starts.partition_point(|(offset, _)| *offset <= place.start).checked_sub(1)?;
        let (offset, start) = *self.starts.get(at)?;
        let end = self.starts.get(at + 1).map_or(self.bytes.len(), |(_, next)| *next);
        let bytes = self.bytes.get(start..end)?;
        (place.end <= offset + bytes.len() as u64 + 1).then_some(Shown { bytes, offset })
    }

    fn forget(&mut self) {
        let half = self.starts.partition_point(|(_, start)| *start < self.bytes.len() / 2);
        let cut = self.starts.get(half).map_or(self.bytes.len(), |(_, start)| *start);
        self.bytes.drain(..cut);
        self.starts.drain(..half);
        for (_, start) in &mut self.starts {
            *start -= cut;
        }
    }
}

#[cfg(test)]
mod tests {
    use tradewind_edi::engine::InterchangeStart;
    use tradewind_edi::{Engine, Options, Visitor};

    use super::*;

    struct Filling<'a>(&'a mut Window);

    impl Visitor for Filling<'_> {
        fn interchange_start(&mut self, event: &InterchangeStart<'_>) {
            event.segment.iter().for_each(|isa| self.0.push(isa));
        }

        fn segment(&mut self, segment: &Segment<'_>, _node: Option<tradewind_edi::guide::NodeIx>) {
            self.0.push(segment);
        }
    }

    #[test]
    fn finds_segments_by_their_bytes_until_they_are_forgotten() {
        let isa = "ISA*00*          *00*          *ZZ*A              *ZZ*B              *260101*1200*^*00501*000000001*0*T*:~";
        let mut file = format!("{isa}GS*HC*A*B*20260101*1200*1*X*005010X222A1~ST*837*0001~");
        let first = file.len();
        let nte = format!("NTE*ADD*{}~\n", "X".repeat(1000));
        file.push_str(&nte.repeat(200));
        let mut window = Window::default();
        let mut engine = Engine::new(Options::default());
        engine.feed(file.as_bytes(), &mut Filling(&mut window)).unwrap();
        assert!(window.bytes.len() <= BYTES_MAX + nte.len());
        assert!(window.find(&(first as u64..first as u64 + 3)).is_none());
        let last = (first + 150 * nte.len()) as u64;
        let shown = window.find(&(last + 4..last + 7)).unwrap();
        assert_eq!((shown.offset, &shown.bytes[..8]), (last, &b"NTE*ADD*"[..]));
        assert!(window.find(&(last + 4..last + 2000)).is_none());
        assert!(window.find(&(window.end() + 2..window.end() + 3)).is_none());
    }
}
