//! Segments against their guide.

pub mod rules;
