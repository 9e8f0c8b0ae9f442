//! Watches a message's outer framing as it is read: where it ends, and whether something follows.
//!
//! The OpenPGP library does not say whether a broken message was cut or changed, and it stops reading at the end of the first armor.

use std::io::{self, Read};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A source that counts and watches what is read from it.
pub(super) struct Watched<R> {
    inner: R,
    seen: Arc<Mutex<Seen>>,
}

/// What was seen of a source so far.
#[derive(Default)]
pub(super) struct Seen {
    /// Bytes read.
    pub(super) bytes: u64,
    /// The source's own failure.
    pub(super) failure: Option<io::ErrorKind>,
    at_end: bool,
    framing: Framing,
}

#[derive(Default)]
enum Framing {
    #[default]
    Unknown,
    Armor(Armor),
    Packets(Packets),
}

/// Lines of an armored file, as far as they matter.
#[derive(Default)]
struct Armor {
    line: Vec<u8>,
    ended: bool,
    trailing: bool,
}

/// Packets of a binary message: only where each ends.
#[derive(Default)]
struct Packets {
    header: Vec<u8>,
    /// The last packet announces another: a session key, a signature to come, a marker.
    announces: bool,
    left: u64,
    partial: bool,
    to_the_end: bool,
}

impl<R: Read> Watched<R> {
    pub(super) fn new(inner: R) -> (Self, Arc<Mutex<Seen>>) {
        let seen = Arc::new(Mutex::new(Seen::default()));
        (Self { inner, seen: Arc::clone(&seen) }, seen)
    }
}

pub(super) fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(into);
        let mut seen = lock(&self.seen);
        match &read {
            Ok(n) => seen.see(into.get(..*n).unwrap_or_default(), into.is_empty()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => seen.failure = Some(error.kind()),
        }
        read
    }
}

impl Seen {
    fn see(&mut self, bytes: &[u8], nothing_asked: bool) {
        self.bytes += bytes.len() as u64;
        let Some(&first) = bytes.first() else {
            self.at_end |= !nothing_asked;
            return;
        };
        if matches!(self.framing, Framing::Unknown) {
            self.framing = if first & 0x80 == 0 || first == 0xef {
                Framing::Armor(Armor::default())
            } else {
                Framing::Packets(Packets::default())
            };
        }
        match &mut self.framing {
            Framing::Armor(armor) => armor.see(bytes),
            Framing::Packets(packets) => packets.see(bytes),
            Framing::Unknown => {}
        }
    }

    /// The source ended in the middle of the message.
    pub(super) fn cut(&self) -> bool {
        self.at_end
            && match &self.framing {
                Framing::Unknown => true,
                Framing::Armor(armor) => !armor.ended,
                Framing::Packets(packets) => packets.inside(),
            }
    }

    /// Something stands behind the armored message.
    pub(super) fn trailing(&self) -> bool {
        matches!(&self.framing, Framing::Armor(armor) if armor.trailing)
    }
}

impl Armor {
    const END: &'static [u8] = b"-----END PGP ";

    fn see(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            if byte == b'\n' || byte == b'\r' {
                self.line_ends();
            } else if self.line.len() < Self::END.len() + 64 {
                self.line.push(byte);
            }
            // The last line may come without line end.
            if !self.ended
                && self.line.starts_with(Self::END)
                && self.line.ends_with(b"-----")
                && self.line.len() > Self::END.len() + 5
            {
                self.ended = true;
                self.line.clear();
            } else if self.ended && !self.line.trim_ascii().is_empty() {
                self.trailing = true;
            }
        }
    }

    fn line_ends(&mut self) {
        self.line.clear();
    }
}

impl Packets {
    fn see(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() && !self.to_the_end {
            if self.left > 0 {
                let skip = usize::try_from(self.left).unwrap_or(usize::MAX).min(bytes.len());
                self.left -= skip as u64;
                bytes = bytes.get(skip..).unwrap_or_default();
                continue;
            }
            if let Some((&byte, rest)) = bytes.split_first() {
                self.header.push(byte);
                bytes = rest;
                self.header_grew();
            }
        }
    }

    /// A header is a tag byte and a length; between the parts of a partial body, only a length.
    fn header_grew(&mut self) {
        let (tag, length) = if self.partial {
            (0xc0, self.header.as_slice())
        } else {
            match self.header.split_first() {
                Some((&tag, length)) => (tag, length),
                None => return,
            }
        };
        let old_format = tag & 0x40 == 0;
        if !self.partial {
            let tag = if old_format { tag >> 2 & 0x0f } else { tag & 0x3f };
            self.announces = matches!(tag, 1 | 3 | 4 | 10);
        }
        let parsed = if old_format { old_length(tag, length) } else { new_length(length) };
        match parsed {
            Length::Incomplete => {}
            Length::Full(left) => self.body(left, false),
            Length::Partial(left) => self.body(left, true),
            Length::ToTheEnd => self.to_the_end = true,
        }
    }

    fn body(&mut self, left: u64, partial: bool) {
        self.header.clear();
        self.left = left;
        self.partial = partial;
    }

    fn inside(&self) -> bool {
        self.left > 0 || self.partial || self.announces || !self.header.is_empty()
    }
}

enum Length {
    Incomplete,
    Full(u64),
    Partial(u64),
    ToTheEnd,
}

fn old_length(tag: u8, length: &[u8]) -> Length {
    let wanted = match tag & 3 {
        0 => 1,
        1 => 2,
        2 => 4,
        _ => return Length::ToTheEnd,
    };
    length.get(..wanted).map_or(Length::Incomplete, |bytes| Length::Full(big_endian(bytes)))
}

fn new_length(length: &[u8]) -> Length {
    match *length {
        [first, ..] if first < 192 => Length::Full(u64::from(first)),
        [first, second, ..] if first < 224 => Length::Full((u64::from(first) - 192) * 256 + u64::from(second) + 192),
        [255, a, b, c, d, ..] => Length::Full(big_endian(&[a, b, c, d])),
        [first, ..] if (224..255).contains(&first) => Length::Partial(1 << (first & 0x1f)),
        _ => Length::Incomplete,
    }
}

fn big_endian(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |sum, &byte| sum << 8 | u64::from(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watch(bytes: &[u8], chunk: usize) -> (bool, bool) {
        let (mut source, seen) = Watched::new(bytes);
        let mut buffer = vec![0; chunk];
        while source.read(&mut buffer).unwrap() > 0 {}
        let seen = lock(&seen);
        (seen.cut(), seen.trailing())
    }

    #[test]
    fn knows_where_packets_end_at_any_chunking() {
        let mut message = vec![0x84, 3, 1, 2, 3]; // old format, one length byte
        message.extend([0xd2, 0xe1, 9, 9, 192, 8]); // partial of 2, then a last part of 200
        message.extend([7; 200]);
        for chunk in [1, 2, 7, 1000] {
            assert_eq!(watch(&message, chunk), (false, false));
            for end in 1..message.len() {
                assert!(watch(&message[..end], chunk).0, "cut at {end}");
            }
        }
    }

    #[test]
    fn knows_where_armor_ends_and_what_follows() {
        let armor = b"-----BEGIN PGP MESSAGE-----\n\nabc=\n-----END PGP MESSAGE-----";
        for chunk in [1, 5, 1000] {
            assert_eq!(watch(armor, chunk), (false, false));
            assert_eq!(watch(&[armor.as_slice(), b"\r\n \n"].concat(), chunk), (false, false));
            assert_eq!(watch(&[armor.as_slice(), b"\n-"].concat(), chunk), (false, true));
            for end in 0..armor.len() {
                assert!(watch(&armor[..end], chunk).0, "cut at {end}");
            }
        }
    }
}
