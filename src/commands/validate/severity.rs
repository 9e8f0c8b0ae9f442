//! What the options say of severities and characters.

use tradewind_edi::engine::CharacterSet;
use tradewind_edi::finding::RuleId;
use tradewind_edi::validate::rules::rule;
use tradewind_edi::{Options, Severity, Snip};

/// A severity for a rule, or for the errors of a SNIP type.
#[derive(Clone, Copy)]
pub(super) enum Chosen {
    Rule(RuleId, Severity),
    Type(Snip, Severity),
}

impl Chosen {
    /// Reads `npi-check-digit=warning` or `4=info`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let (name, severity) = text.split_once('=').ok_or("expected RULE=SEVERITY, found no =")?;
        let severity = [Severity::Info, Severity::Warning, Severity::Error]
            .into_iter()
            .find(|known| known.name() == severity)
            .ok_or("expected error, warning or info behind the =, found another word")?;
        if let Some(snip) = name.parse().ok().and_then(Snip::from_number) {
            return Ok(Self::Type(snip, severity));
        }
        if name.contains('/') {
            // A companion guide's rule. It is read later; its name is kept for as long as the program runs.
            return Ok(Self::Rule(RuleId(Box::leak(name.to_owned().into_boxed_str())), severity));
        }
        let info = rule(name).ok_or_else(|| format!("there is no rule {name}"))?;
        Ok(Self::Rule(info.id, severity))
    }

    pub(super) fn apply(self, options: &mut Options) {
        match self {
            // What is named last counts.
            Self::Rule(id, severity) => options.rule_severities.insert(0, (id, severity)),
            Self::Type(snip, severity) => {
                let at = usize::from(snip.number()) - 1;
                options.severities.iter_mut().skip(at).take(1).for_each(|slot| *slot = Some(severity));
            }
        }
    }
}

/// Reads `basic` or `extended`.
pub(super) fn character_set(text: &str) -> Result<CharacterSet, String> {
    match text {
        "basic" => Ok(CharacterSet::Basic),
        "extended" => Ok(CharacterSet::Extended),
        _ => Err("expected basic or extended, found another word".to_owned()),
    }
}
