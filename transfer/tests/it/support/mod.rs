//! What the tests share.

pub mod gnupg;
pub mod tools;
