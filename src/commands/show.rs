//! `tradewind show`: a file as its tree of loops, with the guide's names.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use tradewind_edi::engine::{GroupEnd, GroupStart, InterchangeEnd, InterchangeStart, SetEnd, SetStart};
use tradewind_edi::explain::names::words;
use tradewind_edi::guide::NodeIx;
use tradewind_edi::read::Refusal;
use tradewind_edi::{Engine, Guide, Options, Segment, Snip, Visitor};

use super::mask::masked;
use super::output::Output;
use super::{Outcome, input};

/// The column that names stand in, where segments are short enough.
const NAME_COLUMN: usize = 76;
/// Bytes of a segment that are shown.
const SHOWN_BYTES_MAX: usize = 2000;

/// What `show` takes.
#[derive(Args)]
pub(super) struct Arguments {
    /// The file; - is standard input
    file: PathBuf,
    /// Open loops to this depth; of deeper ones only the names are shown
    #[arg(long, value_name = "LEVELS")]
    depth: Option<usize>,
    /// Show values of the file; they may be PHI
    #[arg(long)]
    show_values: bool,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    // What a file is wrong with is not asked here: the least validation will do.
    let mut engine = Engine::new(Options { snip_max: Snip::Syntax, ..Options::default() });
    let mut tree = Tree {
        output: Output::open(None)?,
        show_values: arguments.show_values,
        depth_max: arguments.depth.unwrap_or(usize::MAX),
        depth: 0,
        guide: None,
        failed: None,
    };
    let refused = |refusal: Refusal| anyhow::anyhow!("{}: {refusal}", input::label(&arguments.file));
    let read = input::chunks(&arguments.file, |bytes| {
        engine.feed(bytes, &mut tree).map_err(refused)?;
        tree.failed.take().map_or(Ok(()), |error| Err(error.into()))
    });
    let read = read.and_then(|()| engine.finish(&mut tree).map_err(refused));
    // What could be read is shown, whatever comes after it.
    tree.failed.take().map_or(Ok(()), Err)?;
    tree.output.finish()?;
    read.map(|()| Outcome::Clean)
}

/// The visitor. Envelopes and loops indent what stands in them.
struct Tree {
    output: Output,
    show_values: bool,
    depth_max: usize,
    /// Loops that are open in the set.
    depth: usize,
    guide: Option<Arc<Guide>>,
    failed: Option<std::io::Error>,
}

impl Tree {
    fn line(&mut self, indent: usize, text: &str, name: &str) {
        if self.failed.is_some() {
            return;
        }
        let (gap, width) = (indent * 2, NAME_COLUMN.saturating_sub(indent * 2));
        let written = match name {
            "" => writeln!(self.output, "{:gap$}{text}", ""),
            name => writeln!(self.output, "{:gap$}{text:<width$}  {name}", ""),
        };
        self.failed = written.err();
    }

    fn shown(&mut self, indent: usize, segment: &Segment<'_>, name: &str) {
        let bytes = segment.bytes();
        let cut = bytes.get(..bytes.len().min(SHOWN_BYTES_MAX)).unwrap_or_default();
        let tail = if bytes.len() > SHOWN_BYTES_MAX { "…" } else { "" };
        let text = masked(cut, 0, self.show_values) + tail;
        self.line(indent, &text, name);
    }
}

impl Visitor for Tree {
    fn interchange_start(&mut self, event: &InterchangeStart<'_>) {
        self.line(0, &format!("interchange {}", event.ordinal), "");
        if let Some(isa) = &event.segment {
            self.shown(1, isa, "interchange header");
        }
    }

    fn ta1(&mut self, segment: &Segment<'_>) {
        self.shown(1, segment, "interchange acknowledgment");
    }

    fn group_start(&mut self, event: &GroupStart<'_>) {
        self.line(1, &format!("group {}", event.ordinal), "");
        self.shown(2, &event.segment, "group header");
    }

    fn set_start(&mut self, event: &SetStart<'_>) {
        self.guide = event.guide.cloned();
        let guide = event.guide.map_or_else(
            || "no guide is known for it".to_owned(),
            |guide| format!("{} {}, {}", guide.set, guide.revision, guide.name),
        );
        self.line(2, &format!("set {}: {guide}", event.ordinal), "");
    }

    fn loop_open(&mut self, node: NodeIx) {
        self.depth += 1;
        let Some(guide) = self.guide.clone().filter(|_| self.depth <= self.depth_max.saturating_add(1)) else { return };
        let found = guide.node(node);
        self.line(2 + self.depth, &format!("{} {}", found.id, words(&found.name)), "");
    }

    fn segment(&mut self, segment: &Segment<'_>, node: Option<NodeIx>) {
        if self.depth > self.depth_max {
            return;
        }
        let guide = self.guide.clone();
        let name = match (&guide, node) {
            (Some(guide), Some(node)) => words(&guide.node(node).name),
            (Some(_), None) => "? the guide has no place for it".to_owned(),
            (None, _) => String::new(),
        };
        self.shown(3 + self.depth, segment, &name);
    }

    fn loop_close(&mut self, _node: NodeIx) {
        self.depth = self.depth.saturating_sub(1);
    }

    fn set_end(&mut self, _event: &SetEnd<'_>) {
        self.guide = None;
        self.depth = 0;
    }

    fn group_end(&mut self, event: &GroupEnd<'_>) {
        if let Some(ge) = &event.segment {
            self.shown(2, ge, "group trailer");
        }
    }

    fn interchange_end(&mut self, event: &InterchangeEnd<'_>) {
        if let Some(iea) = &event.segment {
            self.shown(1, iea, "interchange trailer");
        }
    }
}
