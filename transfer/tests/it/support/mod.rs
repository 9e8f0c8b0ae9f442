//! What the tests share.

pub mod gnupg;
pub mod inbox;
pub mod peer;
pub mod sftp;
pub mod tools;
