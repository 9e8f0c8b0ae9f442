//! The texts of `edi/rules/`, as the build found them.

use crate::guide::{CodeGraph, Period};
use std::borrow::Cow::Borrowed;

include!(concat!(env!("OUT_DIR"), "/rules.rs"));
