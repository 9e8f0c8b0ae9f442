//! A keyed permutation of the values of one form: letters stay letters, digits digits, everything else stays.
//!
//! A Feistel network whose halves are the value's letters and digits, added to in turn by a keyed hash of the other half and of the form.
//! So no two values become the same one. It is no standard mode (FF1, FF3), and makes no promise of theirs.

/// How often a half is added to.
const ROUNDS: u8 = 8;

/// Buffers that are used again.
#[derive(Default)]
pub(super) struct Permutation {
    symbols: Vec<u8>,
    message: Vec<u8>,
}

impl Permutation {
    /// Replaces the letters and digits from `keep` on.
    pub(super) fn apply(&mut self, value: &mut [u8], keep: usize, keyed: &mut impl FnMut(&[u8]) -> [u8; 32]) {
        let Self { symbols, message } = self;
        symbols.clear();
        message.clear();
        for (at, byte) in value.iter().enumerate() {
            match kind(*byte).filter(|_| at >= keep) {
                Some((first, radix)) => {
                    symbols.push(*byte - first);
                    message.push(first);
                    message.push(radix);
                }
                None => message.push(*byte),
            }
        }
        let form = keyed(message);
        let radixes = value.iter().skip(keep).filter_map(|byte| kind(*byte)).map(|(_, radix)| u16::from(radix));
        let half = symbols.len() / 2;
        for round in 0..ROUNDS {
            let (left, right) = symbols.split_at_mut(half);
            let (other, changed, skip) = if round % 2 == 0 { (left, right, half) } else { (right, left, 0) };
            message.clear();
            message.extend_from_slice(&form);
            message.push(round);
            message.extend_from_slice(other);
            let digest = keyed(message);
            let mut stream = Stream::new(digest);
            for (symbol, radix) in changed.iter_mut().zip(radixes.clone().skip(skip)) {
                let sum = (u32::from(*symbol) + u32::from(stream.number(keyed))) % u32::from(radix);
                *symbol = sum as u8;
            }
        }
        let mut symbols = symbols.iter();
        for byte in value.iter_mut().skip(keep) {
            if let Some((first, _)) = kind(*byte)
                && let Some(symbol) = symbols.next()
            {
                *byte = first + symbol;
            }
        }
    }
}

/// The first of a byte's kind, and how many there are.
fn kind(byte: u8) -> Option<(u8, u8)> {
    match byte {
        b'A'..=b'Z' => Some((b'A', 26)),
        b'a'..=b'z' => Some((b'a', 26)),
        b'0'..=b'9' => Some((b'0', 10)),
        _ => None,
    }
}

/// Numbers from a digest, as many as are wanted.
struct Stream {
    digest: [u8; 32],
    block: [u8; 32],
    taken: usize,
    blocks: u32,
}

impl Stream {
    fn new(digest: [u8; 32]) -> Self {
        Self { digest, block: digest, taken: 0, blocks: 0 }
    }

    fn number(&mut self, keyed: &mut impl FnMut(&[u8]) -> [u8; 32]) -> u16 {
        if self.taken == self.block.len() {
            self.blocks += 1;
            let mut message = [0; 36];
            let (digest, count) = message.split_at_mut(32);
            digest.copy_from_slice(&self.digest);
            count.copy_from_slice(&self.blocks.to_be_bytes());
            (self.block, self.taken) = (keyed(&message), 0);
        }
        let pair = self.block.get(self.taken..self.taken + 2).and_then(|pair| pair.try_into().ok());
        self.taken += 2;
        u16::from_be_bytes(pair.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::super::value::tests::keyed;
    use super::*;
    use std::collections::BTreeSet;

    fn of(value: &str, keep: usize) -> String {
        let mut bytes = value.as_bytes().to_vec();
        Permutation::default().apply(&mut bytes, keep, &mut keyed());
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn different_values_stay_different() {
        let numbers: BTreeSet<String> = (0..10_000).map(|number| of(&format!("{number:04}"), 0)).collect();
        assert_eq!(numbers.len(), 10_000);
        let letters: BTreeSet<String> = (b'A'..=b'Z').map(|letter| of(&(letter as char).to_string(), 0)).collect();
        assert_eq!(letters.len(), 26);
    }

    #[test]
    fn the_form_stays() {
        let value = of("O'Brien-SMITH 12/B, #34 of the long street that nobody knows, at the end of it", 0);
        assert_eq!(
            value
                .replace(|c: char| c.is_ascii_uppercase(), "A")
                .replace(|c: char| c.is_ascii_lowercase(), "a")
                .replace(|c: char| c.is_ascii_digit(), "0"),
            "A'Aaaaa-AAAAA 00/A, #00 aa aaa aaaa aaaaaa aaaa aaaaaa aaaaa, aa aaa aaa aa aa"
        );
        assert_eq!(of("", 0), "");
        assert_eq!(of("-- .", 0), "-- .");
    }

    #[test]
    fn what_is_kept_is_kept_and_tells_values_apart() {
        assert!(of("12345", 3).starts_with("123"));
        assert_ne!(of("12345", 3)[3..], of("12445", 3)[3..]);
    }
}
