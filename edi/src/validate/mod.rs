//! Segments against their guide: where they belong, what their elements hold, and the rules beyond the tables.

pub(crate) mod catalog;
mod codes;
mod composite;
mod elements;
mod faults;
mod paths;
mod plan;
pub(crate) mod plans;
pub mod rules;
mod sound;
pub(crate) mod value;
mod walk;
pub(crate) mod word;

pub(crate) use elements::{Checker, ElementFault};
pub(crate) use plan::Plan;
pub(crate) use walk::{Lost, Move, Placed, Walk};
pub(crate) use word::word;
