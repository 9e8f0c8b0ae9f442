//! Segments against their guide: where they belong, what their elements hold, and the rules beyond the tables.

pub(crate) mod catalog;
mod elements;
mod faults;
mod pieces;
mod plan;
pub mod rules;
pub(crate) mod value;
mod walk;

pub(crate) use elements::{Checker, ElementFault};
pub(crate) use plan::Plan;
pub(crate) use walk::{Lost, Move, Placed, Walk};
