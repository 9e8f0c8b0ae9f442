//! What the tests have in common.

#[cfg(all(feature = "aws", feature = "postgres", feature = "rabbitmq"))]
pub(crate) mod bucket;
pub(crate) mod canary;
pub(crate) mod client;
pub(crate) mod engines;
#[cfg(all(feature = "aws", feature = "postgres", feature = "rabbitmq"))]
pub(crate) mod forward;
pub(crate) mod gateway;
pub(crate) mod gnupg;
pub(crate) mod ledger;
pub(crate) mod payer;
pub(crate) mod program;
pub(crate) mod python;
pub(crate) mod receiver;
pub(crate) mod rest;
pub(crate) mod sftp;
#[cfg_attr(
    not(all(feature = "aws", feature = "postgres", feature = "rabbitmq")),
    allow(dead_code, reason = "the weather blows between a gateway and its engines")
)]
pub(crate) mod sky;
pub(crate) mod small;
pub(crate) mod wait;
pub(crate) mod x12;
