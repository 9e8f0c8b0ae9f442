//! The crate against real clients and servers of others: OpenSSH, GnuPG, TCP servers that misbehave.

#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    clippy::disallowed_methods,
    clippy::cloned_ref_to_slice_refs,
    reason = "tests"
)]

mod pgp_gnupg;
mod pgp_hostile;
mod sftp_abuse;
mod sftp_client;
mod sftp_connections;
mod sftp_openssh;
mod ssh_refusals;
mod support;
mod transport_http;
mod transport_tls;
mod webhook_send;
