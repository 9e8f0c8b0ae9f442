//! The real program, driven by real clients.

mod arrows;
