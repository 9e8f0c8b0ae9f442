//! What is told of a panic: where it happened. Its message may hold a payload's value, and so may a backtrace's surroundings.

use std::io::Write;
use std::panic::{PanicHookInfo, set_hook};

/// From here on a panic tells its place on standard error, and nothing else.
pub fn tell_place_only() {
    set_hook(Box::new(tell_place));
}

fn tell_place(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
    // Standard error may be closed; there is then nobody to tell.
    let _ = writeln!(std::io::stderr(), "tradewind: internal error at {place}; please report it");
}
