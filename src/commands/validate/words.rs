//! Words that the reports share.

use tradewind_edi::Snip;
use tradewind_edi::engine::Verdict;

/// A count with commas: `12,345`.
pub(super) fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// What a SNIP type looks at.
pub(super) fn snip_name(snip: Snip) -> &'static str {
    match snip {
        Snip::Syntax => "syntax",
        Snip::Guide => "implementation guide",
        Snip::Balance => "balancing",
        Snip::Situation => "situations",
        Snip::CodeSet => "code sets",
        Snip::Product => "products and services",
        Snip::Partner => "partner",
    }
}

/// An interchange's or a set's outcome; none where its end was not reached.
pub(super) fn verdict_words(verdict: Option<Verdict>) -> &'static str {
    match verdict {
        None => "not ended",
        Some(Verdict::Accepted) => "accepted",
        Some(Verdict::AcceptedWithErrors | Verdict::PartlyAccepted) => "accepted, errors noted",
        Some(Verdict::Rejected) => "rejected",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_have_commas() {
        for (count, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(count), text);
        }
    }
}
