//! Rules as data: what their files say, ready to be bound to guides.

use super::built;
use super::lists::Lists;
use super::notation::{self, Code, Entity, Example};
use crate::finding::{BusinessCode, ElementCode, RuleId, RuleInfo, SegmentCode, Severity, Snip};
use crate::guide::{Guide, NotationError, Packed, SegmentId};
use crate::validate::plans::Plans;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError};

/// Rules of `edi/rules/`, and others in the same notation, with the code lists that they ask. Cheap to clone; clones share what was
/// made of them for guides.
#[derive(Clone, Debug)]
pub struct Rules {
    rules: Arc<[Arc<Entry>]>,
    lists: Lists,
    pub(crate) plans: Plans,
}

/// A rule, or a text that is read when it is first asked for: a run needs the rules of its guides alone.
#[derive(Debug)]
struct Entry {
    unread: Option<&'static (&'static str, &'static [&'static str], &'static str)>,
    rule: OnceLock<Option<Arc<DataRule>>>,
}

impl Entry {
    fn rule(&self) -> Option<&Arc<DataRule>> {
        // The build refuses a rule that does not read.
        let read = || self.unread.and_then(|(file, _, text)| DataRule::read(file, text).ok()).map(Arc::new);
        self.rule.get_or_init(read).as_ref()
    }

    fn is_for(&self, guide: &Guide) -> bool {
        match self.unread {
            Some((_, sets, _)) => sets.iter().any(|set| names(set, guide)),
            None => self.rule().is_some_and(|rule| rule.is_for(guide)),
        }
    }
}

static BUILT_IN: LazyLock<Rules> = LazyLock::new(|| {
    let entry = |unread| Arc::new(Entry { unread: Some(unread), rule: OnceLock::new() });
    Rules { rules: built::RULES.iter().map(entry).collect(), lists: Lists::built_in(), plans: Plans::default() }
});

impl Rules {
    /// The rules of `edi/rules/`.
    pub fn built_in() -> Self {
        BUILT_IN.clone()
    }

    /// These rules.
    pub fn new(rules: impl IntoIterator<Item = DataRule>) -> Self {
        Self::of(rules.into_iter().map(Arc::new))
    }

    /// These rules, shared.
    pub fn of(rules: impl IntoIterator<Item = Arc<DataRule>>) -> Self {
        let entry = |rule| Arc::new(Entry { unread: None, rule: OnceLock::from(Some(rule)) });
        Self { rules: rules.into_iter().map(entry).collect(), lists: Lists::built_in(), plans: Plans::default() }
    }

    /// These rules and others.
    #[must_use]
    pub fn with(&self, rules: impl IntoIterator<Item = DataRule>) -> Self {
        self.and(&Self::new(rules))
    }

    /// These rules and those.
    #[must_use]
    pub(crate) fn and(&self, others: &Self) -> Self {
        let rules = self.rules.iter().chain(others.rules.iter()).cloned().collect();
        Self { rules, lists: self.lists.clone(), plans: Plans::default() }
    }

    /// These rules with other code lists.
    #[must_use]
    pub fn with_lists(self, lists: Lists) -> Self {
        Self { lists, plans: Plans::default(), ..self }
    }

    /// Their code lists.
    pub fn lists(&self) -> &Lists {
        &self.lists
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<DataRule>> {
        self.rules.iter().filter_map(|entry| entry.rule())
    }

    /// Those that are for a guide.
    pub fn for_guide(&self, guide: &Guide) -> impl Iterator<Item = &Arc<DataRule>> {
        self.rules.iter().filter(|entry| entry.is_for(guide)).filter_map(|entry| entry.rule())
    }
}

/// Reads a rule at run time. `file` is the name that errors give. What its findings name of it is kept for the life of the
/// process, once for each text.
pub fn read(file: &str, text: &str) -> Result<DataRule, NotationError> {
    // What does not read is not kept.
    notation::read(file, text)?;
    DataRule::read(file, kept(text))
}

/// As [`read`], for a companion guide, whose name the rule's then starts with.
pub(crate) fn read_rule(file: &str, text: &str, companion: &str) -> Result<DataRule, NotationError> {
    let rule = read(file, text)?;
    let id = RuleId(kept(&format!("{companion}/{}", rule.info.id)));
    Ok(DataRule { info: kept_info(RuleInfo { id, ..*rule.info }), ..rule })
}

/// A rule that is data.
#[derive(Debug)]
pub struct DataRule {
    pub(super) info: &'static RuleInfo,
    pub(super) rule: notation::Rule,
    pub(super) message: &'static str,
    pub(super) business: BusinessCode,
    /// The claim status is about NM101 of the segment that the finding names.
    pub(super) entity_of_name: bool,
    pub(super) refusal: Refusal,
    /// The segment that is missing, where that is what the 999 says.
    pub(super) lacking: Option<SegmentId>,
}

/// What a 999 says where a rule rejects a set as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    Element(ElementCode),
    Segment(SegmentCode),
}

impl DataRule {
    fn read(file: &str, text: &'static str) -> Result<Self, NotationError> {
        let rule = notation::read(file, text)?;
        let fail = |problem: String| NotationError { file: file.to_owned(), line: 1, problem };
        let refusal = match &rule.code {
            Code::Element(code) => ElementCode::from_code(code).map(Refusal::Element),
            Code::Segment(code, _) => SegmentCode::from_code(code).map(Refusal::Segment),
        };
        let refusal = refusal.ok_or_else(|| fail("expected a code of IK403 or IK304 behind `code`".to_owned()))?;
        let lacking = match &rule.code {
            Code::Segment(_, Some(segment)) => SegmentId::new(segment),
            _ => None,
        };
        let claim = rule.claim.as_ref();
        let entity = match claim.map(|claim| &claim.entity) {
            Some(Entity::Is(entity)) => Some(Packed::pack(entity.as_bytes())),
            _ => None,
        };
        let business = BusinessCode {
            category: kept(claim.map_or("A7", |claim| &claim.category)),
            status: kept(claim.map_or("21", |claim| &claim.status)),
            entity,
        };
        Ok(Self {
            info: info(&rule, text),
            message: kept(&rule.message),
            business,
            entity_of_name: claim.is_some_and(|claim| claim.entity == Entity::OfName),
            refusal,
            lacking,
            rule,
        })
    }

    /// Its name, SNIP type, severity and page.
    pub fn info(&self) -> &'static RuleInfo {
        self.info
    }

    /// The code lists without which it asks nothing.
    pub fn needs(&self) -> &[String] {
        &self.rule.needs
    }

    /// Its examples.
    pub fn examples(&self) -> &[Example] {
        &self.rule.examples
    }

    /// The sets that it names: ST01s, revisions, `all`.
    pub fn sets(&self) -> &[String] {
        &self.rule.sets
    }

    /// Whether a claim that it rejects alone has a status of its own.
    pub fn has_claim_status(&self) -> bool {
        self.rule.claim.is_some()
    }

    /// Whether it is for this guide.
    pub fn is_for(&self, guide: &Guide) -> bool {
        self.rule.sets.iter().any(|set| names(set, guide))
    }
}

/// Whether a word behind `sets` names a guide: `all`, ST01 (`278`, with BHT02 `278-13`), a revision, or `revision-set`.
pub fn names(word: &str, guide: &Guide) -> bool {
    let mut parts = word.split('-').peekable();
    let of_revision = parts.next_if(|part| part.len() > 3).is_none_or(|part| part == guide.revision);
    let of_set = parts.next().is_none_or(|part| part == guide.set || part == "all");
    of_revision && of_set && parts.next().is_none_or(|part| guide.purpose.as_deref() == Some(part))
}

type Kept = (BTreeSet<&'static str>, BTreeMap<&'static str, Vec<&'static RuleInfo>>);

/// Texts, and rules by name.
static KEPT: Mutex<Kept> = Mutex::new((BTreeSet::new(), BTreeMap::new()));

/// The text, kept for the life of the process: findings carry it, and there is one for each text that rules hold.
pub(crate) fn kept(text: &str) -> &'static str {
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = kept.0.get(text) {
        return known;
    }
    let text: &'static str = Box::leak(text.to_owned().into_boxed_str());
    kept.0.insert(text);
    text
}

fn info(rule: &notation::Rule, text: &'static str) -> &'static RuleInfo {
    let info = RuleInfo {
        id: RuleId(kept(&rule.name)),
        snip: Snip::from_number(rule.snip).unwrap_or(Snip::Situation),
        severity: if rule.is_error { Severity::Error } else { Severity::Warning },
        source: text,
    };
    kept_info(info)
}

/// The rule of that name that was kept last.
pub(super) fn kept_rule(id: &str) -> Option<&'static RuleInfo> {
    let kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    kept.1.get(id)?.last().copied()
}

/// The rule as users read it, kept as its texts are.
pub(crate) fn kept_info(info: RuleInfo) -> &'static RuleInfo {
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    let same_name = kept.1.entry(info.id.0).or_default();
    if let Some(known) = same_name.iter().find(|known| ***known == info) {
        return known;
    }
    let info: &'static RuleInfo = Box::leak(Box::new(info));
    same_name.push(info);
    info
}

/// The user's page of a rule's file.
pub(crate) fn data_page(text: &str) -> String {
    let Ok(rule) = notation::read("", text) else { return String::new() };
    let mut page = format!("{}\n\nSets: {}.\n\nSince: {}.\n", rule.page.trim(), rule.sets.join(" "), rule.since);
    for example in &rule.examples {
        let kind = if example.fails { "Fails" } else { "Passes" };
        let edits: Vec<String> = example.edits().map(|edit| format!("    {edit}\n")).collect();
        let with = if edits.is_empty() { "." } else { " with" };
        page += &format!("\n{kind}: `{}`{with}\n", example.fixture);
        if !edits.is_empty() {
            page += &format!("\n{}", edits.concat());
        }
    }
    let claim = rule.claim.as_ref().map(|claim| {
        let entity = match &claim.entity {
            Entity::None => String::new(),
            Entity::Is(entity) => format!(":{entity}"),
            Entity::OfName => " with the entity of NM101".to_owned(),
        };
        format!("in a claim's 277CA {}:{}{entity}; where a set is rejected as a whole, ", claim.category, claim.status)
    });
    let code = match &rule.code {
        Code::Element(code) => format!("IK403 {code}"),
        Code::Segment(code, segment) => {
            let of = segment.as_ref().map(|segment| format!(" of {segment}")).unwrap_or_default();
            format!("IK304 {code}{of}")
        }
    };
    page + &format!("\nCode: {}{code}.\n", claim.unwrap_or_default())
}
