//! Valid synthetic files of any size, from a guide and a seed.

pub(crate) mod random;
mod words;
