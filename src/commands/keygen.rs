//! `tradewind keygen`: keys and secrets for partners.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use secrecy::ExposeSecret;
use tradewind_api::tokens;
use tradewind_transfer::webhook::WebhookSecret;

use super::{Outcome, put, say};
use crate::home;

/// What `keygen` takes.
#[derive(Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// An SSH key (ed25519): the private key into FILE, the public one to standard output
    Ssh {
        /// The file to make
        file: PathBuf,
    },
    /// A PGP key that GnuPG 2.2 reads: the secret key into FILE, the public one to standard output
    Pgp {
        /// The file to make
        file: PathBuf,
        /// Whose key it is
        #[arg(long, default_value = "Tradewind partner")]
        user: String,
    },
    /// A bearer token for the REST door: the token to standard output, its hash for the partner's file to standard error
    Token,
    /// The keys of a gateway that are missing in its home folder: root, SSH host and PGP. Once, before processes that share a ledger start
    Gateway {
        /// The home folder
        #[arg(long, default_value = "tradewind-home", env = "TRADEWIND_HOME")]
        home: PathBuf,
    },
    /// A secret that signs webhooks, to standard output
    Webhook,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    match &arguments.what {
        What::Ssh { file } => {
            anyhow::ensure!(!file.exists(), "{} exists; it is not overwritten", file.display());
            put(&format!("{}\n", home::host_key(file)?.public_openssh()?))?;
        }
        What::Pgp { file, user } => {
            anyhow::ensure!(!file.exists(), "{} exists; it is not overwritten", file.display());
            put(&home::pgp_key(file, user)?.public_armored()?)?;
        }
        What::Token => {
            let token = tokens::generate()?;
            put(&format!("{}\n", token.expose_secret()))?;
            say(&format!("[[token]]\nname = \"…\"\nhash = \"{}\"", tokens::hash(token.expose_secret())));
        }
        What::Gateway { home } => {
            put(&home::make_keys(&crate::config::load(home)?)?.pgp.public_armored()?)?;
        }
        What::Webhook => put(&format!("{}\n", WebhookSecret::generate()?.expose_secret()))?,
    }
    Ok(Outcome::Clean)
}
