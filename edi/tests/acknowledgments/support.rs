//! All acknowledgments of a file, in memory, with fixed dates and control numbers.

use tradewind_edi::ack::x277ca::{Collector, Role, Settings, Status, Writer};
use tradewind_edi::ack::x824::{self, Advice};
use tradewind_edi::ack::{Address, Envelope, Format, LineEnd, Stamp, Ta1, Usage, x999};
use tradewind_edi::engine::{
    GroupEnd, GroupHeader, GroupStart, InterchangeEnd, InterchangeStart, ItemEnd, SetEnd, SetStart, Verdict,
};
use tradewind_edi::guide::NodeIx;
use tradewind_edi::{ControlNumber, Delimiters, Engine, Finding, Options, Segment, Severity, Visitor};

/// What answers one interchange; empty where nothing does.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) ta1: String,
    pub(crate) x999: String,
    pub(crate) x277ca: String,
}

/// A file's answers with the engine's defaults, common delimiters and a line for each segment.
pub(crate) fn answers(file: &[u8]) -> Vec<Answer> {
    answers_with(file, x999::Options::default(), Role::Clearinghouse)
}

pub(crate) fn answers_with(file: &[u8], options: x999::Options, role: Role) -> Vec<Answer> {
    answers_of(file, Options::default(), options, role)
}

/// As an engine of these options finds it.
pub(crate) fn answers_of(file: &[u8], engine: Options, options: x999::Options, role: Role) -> Vec<Answer> {
    let mut acknowledger = Acknowledger::new(x999::Options { format: Some(FORMAT), ..options }, role);
    run(file, engine, &mut acknowledger);
    acknowledger.done
}

/// Common delimiters, a line for each segment.
const FORMAT: Format = Format {
    delimiters: Delimiters { element: b'*', component: b':', repetition: Some(b'^'), terminator: b'~' },
    line_end: LineEnd::Lf,
};

/// Drives a visitor over a file; what cannot be framed ends it.
pub(crate) fn run(file: &[u8], options: Options, visitor: &mut impl Visitor) {
    let mut engine = Engine::new(options);
    let fed = file.chunks(97).try_for_each(|chunk| engine.feed(chunk, visitor));
    let _refused = fed.and_then(|()| engine.finish(visitor));
}

/// The 824s of a file, each group's in an interchange of its own, as an engine finds it that lets business faults reject by them.
pub(crate) fn advice(file: &[u8]) -> String {
    let engine = Options { application_advice: true, ..Options::default() };
    let mut adviser = Adviser::default();
    run(file, engine, &mut adviser);
    text(adviser.done)
}

fn advice_settings() -> x824::Settings {
    let (name, id) = ("TRADEWIND".to_owned(), "TRADEWIND".to_owned());
    x824::Settings { name, id, processed: at(), set_number: ControlNumber::FIRST, faults_max: 1000 }
}

#[derive(Default)]
struct Adviser {
    /// What answers the group that is open, and those before it in the interchange that were not rejected.
    open: Option<(GroupHeader, Advice)>,
    taken: Vec<(GroupHeader, Advice)>,
    done: Vec<u8>,
}

impl Visitor for Adviser {
    fn interchange_start(&mut self, _: &InterchangeStart<'_>) {
        self.taken.clear();
    }
    fn group_start(&mut self, event: &GroupStart<'_>) {
        let mut advice = Advice::new(advice_settings(), FORMAT, "TW".to_owned());
        advice.group_start(event);
        self.open = Some((event.header.clone(), advice));
    }
    fn set_start(&mut self, event: &SetStart<'_>) {
        self.told(|advice| advice.set_start(event));
    }
    fn segment(&mut self, segment: &Segment<'_>, node: Option<NodeIx>) {
        self.told(|advice| advice.segment(segment, node));
    }
    fn finding(&mut self, finding: &Finding) {
        self.told(|advice| advice.finding(finding));
    }
    fn set_end(&mut self, event: &SetEnd<'_>) {
        self.told(|advice| advice.set_end(event));
    }
    fn group_end(&mut self, event: &GroupEnd<'_>) {
        let taken = event.verdict != Verdict::Rejected;
        self.taken.extend(self.open.take().filter(|(_, advice)| taken && advice.writer().sets() > 0));
    }
    fn interchange_end(&mut self, event: &InterchangeEnd<'_>) {
        let taken = std::mem::take(&mut self.taken);
        for (group, mut advice) in taken.into_iter().filter(|_| event.verdict != Verdict::Rejected) {
            let number = ControlNumber::FIRST;
            let envelope = Envelope::answering(event.header, Some(&group), at(), number, number);
            advice.writer().head(&envelope, &mut self.done);
            self.done.append(advice.output());
            advice.writer().tail(&envelope, &mut self.done);
        }
    }
}

impl Adviser {
    fn told(&mut self, tell: impl FnOnce(&mut Advice)) {
        if let Some((_, advice)) = &mut self.open {
            tell(advice);
        }
    }
}

/// Errors of any SNIP type that the engine finds in what was written; an acknowledgment has none.
pub(crate) fn errors(file: &str) -> Vec<String> {
    #[derive(Default)]
    struct Errors {
        found: Vec<String>,
        ends: usize,
    }
    impl Visitor for Errors {
        fn finding(&mut self, finding: &Finding) {
            if finding.severity == Severity::Error {
                let place = &finding.place;
                self.found
                    .push(format!("{} at {} {}: {}", finding.rule, place.segment, place.loop_path, finding.message));
            }
        }
        fn interchange_end(&mut self, event: &InterchangeEnd<'_>) {
            self.ends += 1;
            if event.verdict != Verdict::Accepted {
                self.found.push(format!("interchange {} {}", event.verdict.code(), event.code.code()));
            }
        }
    }
    let mut errors = Errors::default();
    let mut engine = Engine::new(Options::default());
    let fed = engine.feed(file.as_bytes(), &mut errors).and_then(|()| engine.finish(&mut errors));
    errors.found.extend(fed.err().map(|refusal| refusal.to_string()));
    if errors.ends == 0 {
        errors.found.push("no interchange".to_owned());
    }
    errors.found
}

struct Acknowledger {
    x999: x999::Writer,
    format: Format,
    role: Role,
    collector: Collector,
    writer: Writer,
    spool: Vec<u8>,
    claims: Vec<u8>,
    /// The 277CAs of the groups that were not rejected: a writer and its sets.
    taken: Vec<(Writer, Vec<u8>)>,
    group: Option<GroupHeader>,
    sets: u32,
    done: Vec<Answer>,
}

impl Acknowledger {
    fn new(options: x999::Options, role: Role) -> Self {
        let format = options.format.unwrap_or_default();
        Self {
            x999: x999::Writer::new(options),
            format,
            role,
            collector: Collector::new(),
            writer: Writer::new(settings(role), format),
            spool: Vec::new(),
            claims: Vec::new(),
            taken: Vec::new(),
            group: None,
            sets: 0,
            done: Vec::new(),
        }
    }

    fn envelope(&self, event: &InterchangeEnd<'_>, number: u32) -> Envelope {
        let number = ControlNumber::new(number).unwrap();
        Envelope::answering(event.header, self.group.as_ref(), at(), number, number)
    }
}

fn at() -> Stamp {
    Stamp::new(2026, 3, 4, 5, 6).unwrap()
}

pub(crate) fn settings(role: Role) -> Settings {
    Settings {
        role,
        name: "TRADEWIND".into(),
        id_qualifier: "46".into(),
        id: "TRADEWIND".into(),
        trace: "RECEIPT1".into(),
        received: at(),
        processed: at(),
        set_number: ControlNumber::FIRST,
    }
}

/// The one set that a writer holds open, in its envelope.
pub(crate) fn joined(mut writer: Writer, spool: &[u8]) -> String {
    let number = ControlNumber::FIRST;
    let (sender, receiver) = (Address::new("ZZ", "TRADEWIND"), Address::new("ZZ", "SYNTHSENDER"));
    let envelope = Envelope { sender, receiver, at: at(), interchange: number, group: number, usage: Usage::Test };
    let pieces = writer.close().expect("an open set");
    let mut out = Vec::new();
    writer.head(&envelope, &mut out);
    pieces.for_each(|piece| piece.append(spool, &mut out));
    writer.tail(&envelope, &mut out);
    text(out)
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).expect("acknowledgments are ASCII")
}

impl Visitor for Acknowledger {
    fn interchange_start(&mut self, event: &InterchangeStart<'_>) {
        self.x999.interchange_start(event);
        self.taken.clear();
        self.group = None;
    }

    fn group_start(&mut self, event: &GroupStart<'_>) {
        self.group.get_or_insert_with(|| event.header.clone());
        self.x999.group_start(event);
        self.writer = Writer::new(settings(self.role), self.format);
        self.claims.clear();
    }

    fn set_start(&mut self, event: &SetStart<'_>) {
        self.x999.set_start(event);
        self.collector.set_start(event);
        self.spool.clear();
        self.sets += 1;
    }

    fn loop_open(&mut self, node: NodeIx) {
        self.x999.loop_open(node);
        self.collector.loop_open(node);
    }

    fn item_open(&mut self, node: NodeIx) {
        self.collector.item_open(node);
    }

    fn segment(&mut self, segment: &Segment<'_>, node: Option<NodeIx>) {
        self.x999.segment(segment, node);
        self.collector.segment(segment, node);
    }

    fn finding(&mut self, finding: &Finding) {
        self.x999.finding(finding);
        self.collector.finding(finding);
    }

    fn item_close(&mut self, event: &ItemEnd) {
        self.collector.item_close(event);
        self.writer.record(&self.collector, &format!("TW{:04}", self.sets), &mut self.spool);
    }

    fn loop_close(&mut self, node: NodeIx) {
        self.x999.loop_close(node);
        self.collector.loop_close(node);
    }

    fn set_end(&mut self, event: &SetEnd<'_>) {
        self.x999.set_end(event);
        if event.verdict == Verdict::Rejected || event.header.code != "837" {
            self.writer.discard();
        }
        if event.rejected {
            self.writer.reject(Status::UNPROCESSABLE);
        }
        for piece in self.writer.close().into_iter().flatten() {
            piece.append(&self.spool, &mut self.claims);
        }
    }

    fn group_end(&mut self, event: &GroupEnd<'_>) {
        self.x999.group_end(event);
        if event.verdict != Verdict::Rejected && self.writer.sets() > 0 {
            let fresh = Writer::new(settings(self.role), self.format);
            self.taken.push((std::mem::replace(&mut self.writer, fresh), std::mem::take(&mut self.claims)));
        }
    }

    fn interchange_end(&mut self, event: &InterchangeEnd<'_>) {
        let mut answer = Answer::default();
        if let Some(ta1) = Ta1::owed(event) {
            let mut out = Vec::new();
            ta1.write(&self.envelope(event, 1), &self.format, &mut out);
            answer.ta1 = text(out);
        }
        let taken = event.verdict != Verdict::Rejected;
        if taken && self.x999.sets() > 0 {
            let (envelope, mut out) = (self.envelope(event, 2), Vec::new());
            self.x999.head(&envelope, &mut out);
            out.append(self.x999.output());
            self.x999.tail(&envelope, &mut out);
            answer.x999 = text(out);
        }
        for (number, (writer, mut claims)) in (3..).zip(std::mem::take(&mut self.taken)).filter(|_| taken) {
            let (envelope, mut out) = (self.envelope(event, number), Vec::new());
            writer.head(&envelope, &mut out);
            out.append(&mut claims);
            writer.tail(&envelope, &mut out);
            answer.x277ca.push_str(&text(out));
        }
        self.done.push(answer);
    }
}
