//! What the targets share: files around a fuzzed body, and everything that the engine tells as one number.

use std::fmt::Debug;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use tradewind_edi::engine::{
    Engine, GroupEnd, GroupStart, InterchangeEnd, InterchangeStart, ItemEnd, Options, SetEnd, SetStart,
};
use tradewind_edi::guide::NodeIx;
use tradewind_edi::{Finding, Guide, Guides, Segment, Visitor};

const ISA: &str =
    "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *260101*1200*^*00501*000000001*0*T*:~";

/// The first byte chooses the guide among those of `family` (sets), see [`choose`]; the rest is what stands between ST and SE, and may
/// hold further sets. `None` where the build has no guide of the family.
pub fn file(family: &[&str], data: &[u8]) -> Option<Vec<u8>> {
    let (first, body) = data.split_first()?;
    let guide = choose(family, *first)?;
    let (set, revision) = (&guide.set, &guide.revision);
    let head = format!("{ISA}GS*{}*S*R*20260101*1200*1*X*{revision}~ST*{set}*0001*{revision}~", guide.group);
    let segments = 2 + body.iter().filter(|byte| **byte == b'~').count();
    let tail = format!("SE*{segments}*0001~GE*1*1~IEA*1*000000001~");
    Some([head.as_bytes(), body, tail.as_bytes()].concat())
}

/// Letters of guides, so that seeds keep their meaning when guides are added.
const LETTERS: [(u8, &str); 15] = [
    (b'A', "005010X222A1/837"),
    (b'B', "005010X223A2/837"),
    (b'C', "005010X224A2/837"),
    (b'D', "005010X221A1/835"),
    (b'E', "005010X220A1/834"),
    (b'F', "005010X218/820"),
    (b'G', "005010X279A1/270"),
    (b'H', "005010X279A1/271"),
    (b'I', "005010X212/276"),
    (b'J', "005010X212/277"),
    (b'K', "005010X214/277"),
    (b'L', "005010X217/278/13"),
    (b'M', "005010X217/278/11"),
    (b'N', "005010X186A1/824"),
    (b'O', "005010X231A1/999"),
];

/// The guide of the letter if it is of the family, else any of the family.
pub fn choose(family: &[&str], letter: u8) -> Option<Arc<Guide>> {
    let guides = Guides::built_in();
    let known: Vec<&Arc<Guide>> = guides.iter().filter(|guide| family.contains(&guide.set.as_ref())).collect();
    let meant = LETTERS.iter().find(|(known, _)| *known == letter).map(|(_, id)| *id);
    let meant = known.iter().find(|guide| Some(guide.id().to_string().as_str()) == meant);
    meant.or_else(|| known.get(usize::from(letter) % known.len().max(1))).map(|guide| Arc::clone(guide))
}

/// Everything that the engine tells of a file that is fed in such pieces.
pub fn events(file: &[u8], piece: usize, options: Options) -> u64 {
    let mut events = Events::default();
    let mut engine = Engine::new(options);
    let fed = file.chunks(piece.max(1)).try_for_each(|piece| engine.feed(piece, &mut events));
    let ended = fed.and_then(|()| engine.finish(&mut events));
    events.told(&ended);
    events.0.finish()
}

/// Validates the file whole and in pieces: what is told must not depend on the pieces.
pub fn validate(family: &[&str], data: &[u8]) {
    let Some(file) = file(family, data) else { return };
    let piece = data.last().map_or(1, |last| usize::from(*last) + 1);
    let whole = events(&file, usize::MAX, Options::default());
    assert_eq!(whole, events(&file, piece, Options::default()), "in pieces of {piece}");
}

#[derive(Default)]
struct Events(DefaultHasher);

impl Events {
    fn told(&mut self, event: &dyn Debug) {
        format!("{event:?}").hash(&mut self.0);
    }
}

impl Visitor for Events {
    fn interchange_start(&mut self, event: &InterchangeStart<'_>) {
        self.told(event);
    }
    fn ta1(&mut self, segment: &Segment<'_>) {
        segment.bytes().hash(&mut self.0);
    }
    fn group_start(&mut self, event: &GroupStart<'_>) {
        self.told(&event.ordinal);
        event.segment.bytes().hash(&mut self.0);
    }
    fn set_start(&mut self, event: &SetStart<'_>) {
        self.told(&(event.ordinal, event.offset, event.guide.map(|guide| guide.id())));
    }
    fn loop_open(&mut self, node: NodeIx) {
        (1, node).hash(&mut self.0);
    }
    fn item_open(&mut self, node: NodeIx) {
        (2, node).hash(&mut self.0);
    }
    fn segment(&mut self, segment: &Segment<'_>, node: Option<NodeIx>) {
        (segment.bytes(), segment.line_end(), segment.offset(), segment.ordinal(), node).hash(&mut self.0);
        segment.elements().for_each(|element| element.bytes().hash(&mut self.0));
    }
    fn finding(&mut self, finding: &Finding) {
        self.told(finding);
    }
    fn item_close(&mut self, event: &ItemEnd) {
        self.told(event);
    }
    fn loop_close(&mut self, node: NodeIx) {
        (3, node).hash(&mut self.0);
    }
    fn set_end(&mut self, event: &SetEnd<'_>) {
        self.told(&(event.verdict, event.codes, event.bytes.clone(), event.items, event.items_rejected));
    }
    fn group_end(&mut self, event: &GroupEnd<'_>) {
        self.told(&(event.verdict, event.codes, event.sets_declared, event.sets, event.sets_accepted));
    }
    fn interchange_end(&mut self, event: &InterchangeEnd<'_>) {
        self.told(&(event.verdict, event.code, event.bytes.clone(), event.items, event.items_rejected));
    }
}
