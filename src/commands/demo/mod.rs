//! `tradewind demo`: one claim file's trip from SFTP to a payer and back, told hop by hop.

mod client;
mod webhook;

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context;
use clap::Args;
use tokio::net::TcpListener;
use tradewind_edi::Guides;
use tradewind_edi::ack::Address;
use tradewind_edi::generate::{GenerateOptions, Generator};

use super::{Outcome, ledger, put};
use crate::config;
use crate::home::{self, Addresses, Clinic};
use crate::roles::Process;
use crate::wiring::{self, Doors, Gateway};
use client::Partner;
use webhook::Receiver;

/// How long the whole trip may take before the demo gives up.
const TRIP_MAX: Duration = Duration::from_secs(120);

/// What `demo` takes.
#[derive(Args)]
pub(super) struct Arguments {
    /// Claims in the file
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    claims: u64,
    /// Every so many claims one is bad
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(2..))]
    bad_every: u64,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    // The demo tells its own story; the log only what goes wrong.
    if std::env::var_os("TRADEWIND_LOG").is_some() {
        crate::logging::start(false);
    }
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(demo(arguments))
}

/// Tells hops with the time since the start.
struct Story(Instant);

impl Story {
    fn tell(&self, text: &str) -> anyhow::Result<()> {
        put(&format!("{:>7.3} s  {text}\n", self.0.elapsed().as_secs_f64()))
    }
}

async fn demo(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let folder = tempfile::tempdir()?;
    let home = folder.path().join("home");
    let story = Story(Instant::now());
    let loopback = || TcpListener::bind(("127.0.0.1", 0));
    let (sftp, api, payer, receiver_at) = (loopback().await?, loopback().await?, loopback().await?, loopback().await?);
    let addresses = Addresses {
        sftp: sftp.local_addr()?,
        api: api.local_addr()?,
        payer: payer.local_addr()?,
        webhook: Some(format!("http://{}/answers", receiver_at.local_addr()?)),
    };
    let clinic = home::create(&home, &addresses)?;
    let receiver = Receiver::start(receiver_at, &clinic.webhook_secret)?;
    let doors = Doors { sftp: Some(sftp), api: Some(api), operations: None, payer: Some(payer) };
    let gateway = wiring::start(config::load(&home)?, &Process::default(), doors).await?;
    story.tell(&format!(
        "the gateway runs: SFTP on {}, REST on http://{}, a simulated payer on http://{}",
        addresses.sftp, addresses.api, addresses.payer
    ))?;
    let trip = tokio::time::timeout(TRIP_MAX, trip(arguments, &story, &home, &clinic, &gateway, &receiver)).await;
    gateway.stop().await;
    receiver.stop().await;
    story.tell("everything is stopped")?;
    let whole = trip.context("the trip did not end in time")??;
    Ok(if whole { Outcome::Clean } else { Outcome::Faulty })
}

async fn trip(
    arguments: &Arguments,
    story: &Story,
    home: &Path,
    clinic: &Clinic,
    gateway: &Gateway,
    receiver: &Receiver,
) -> anyhow::Result<bool> {
    let claims = claims(arguments)?;
    let bad = arguments.claims / arguments.bad_every;
    story.tell(&format!(
        "the clinic generates {} synthetic claims ({} KiB of X12), of which {bad} are bad",
        arguments.claims,
        claims.len() / 1024
    ))?;
    let partner = Partner::new(home, clinic, gateway.addresses.sftp.context("an SFTP door")?)?;
    let message = partner.encrypt(&claims).await?;
    story.tell(&format!("it signs and encrypts them with PGP ({} KiB)", message.len() / 1024))?;
    partner.drop_file("claims.x12.pgp", &message).await?;
    story.tell("it drops the file over SFTP; the gateway has sealed and recorded it before it says so")?;
    let x999 = partner.fetch("999_").await?;
    story.tell("the 999 lies in /out; the clinic decrypts it and verifies our signature:")?;
    show(&x999, 8)?;
    let ours = partner.fetch("277CA_").await?;
    story.tell("so does our 277CA:")?;
    show(&ours, 14)?;
    let good = arguments.claims - bad;
    let told = receiver.wait_for(usize::try_from(good)?).await;
    story.tell(&format!(
        "the payer took {good} claims and answered; the clinic's webhook got {told} signed answers. The first one:"
    ))?;
    put(&receiver.first_as_text())?;
    let payers = partner.fetch("277CA-payer_").await?;
    story.tell("the payer's 277CA, rebuilt for the clinic under its own claim numbers:")?;
    show(&payers, 14)?;
    let line = gateway.flow.ledger.conservation(None).await?;
    story.tell("where every claim is, by the ledger:")?;
    put(&format!("           {}\n", ledger::line(&line)))?;
    Ok(line.holds() && line.answered == good && line.rejected == bad && told as u64 == good)
}

fn claims(arguments: &Arguments) -> anyhow::Result<Vec<u8>> {
    let guides = Guides::built_in();
    let guide = guides.find("005010X222A1", "837", None).context("the guide of professional claims")?;
    let mut generator = Generator::new(GenerateOptions {
        count: arguments.claims,
        bad_every: Some(arguments.bad_every),
        payer_ids: vec!["PAYER01".to_owned()],
        sender: Address::new("ZZ", "CLINIC"),
        receiver: Address::new("ZZ", "TRADEWIND"),
        ..GenerateOptions::new(guide.clone())
    });
    let mut file = Vec::new();
    while generator.fill(&mut file) {}
    Ok(file)
}

/// The first segments of a file, one a line.
fn show(x12: &[u8], segments: usize) -> anyhow::Result<()> {
    let text = String::from_utf8_lossy(x12);
    let mut lines = text.split_inclusive('~').map(str::trim).filter(|line| !line.is_empty());
    for line in lines.by_ref().take(segments) {
        put(&format!("           {line}\n"))?;
    }
    let rest = lines.count();
    if rest > 0 {
        put(&format!("           … and {rest} more segments\n"))?;
    }
    Ok(())
}
