//! The texts of `edi/rules/`, as the build found them.

include!(concat!(env!("OUT_DIR"), "/rules.rs"));
