//! Decryption and verification as a stream.

use std::io::{self, Read, Write};
use std::sync::{Arc, Mutex};

use sequoia_openpgp::crypto::SessionKey;
use sequoia_openpgp::packet::{PKESK, SKESK, Tag};
use sequoia_openpgp::parse::stream::{
    DecryptionHelper, Decryptor, DecryptorBuilder, MessageLayer, MessageStructure, VerificationError,
    VerificationHelper,
};
use sequoia_openpgp::parse::{PacketParser, Parse};
use sequoia_openpgp::policy::StandardPolicy;
use sequoia_openpgp::types::SymmetricAlgorithm;
use sequoia_openpgp::{Cert, Error, KeyHandle};

use super::watch::{Seen, Watched, lock};
use super::{DecryptPolicy, PartnerCert, PgpError, SecretCert, SignatureRule, Verified};

/// What the library holds back until it has verified it. A message up to this size gives no byte before it is verified.
const HELD_BACK_BYTES: usize = 256 * 1024;
/// Session key packets that are looked at: each costs a private key operation.
const RECIPIENTS_MAX: usize = 64;
/// Signature packets that are looked at.
const SIGNATURES_MAX: usize = 16;
/// No ratio is taken of less than this much content.
const RATIO_FROM_BYTES: u64 = 1 << 20;

/// Decrypts one message with our `keys` and checks its signature against the partner's `signers`.
///
/// The sink's content is to be used only after `Ok`: a cut, changed or wrongly signed message shows only at its end.
///
/// # Errors
/// [`PgpError`]; the sink may then hold a part of the content and must be thrown away.
pub fn decrypt(
    source: impl Read + Send + Sync,
    policy: &DecryptPolicy,
    keys: &[SecretCert],
    signers: &[PartnerCert],
    sink: &mut (impl Write + ?Sized),
) -> Result<Verified, PgpError> {
    let (source, seen) = Watched::new(source);
    let facts = Arc::new(Mutex::new(Facts::default()));
    let helper = Helper { policy, keys, signers, facts: Arc::clone(&facts) };
    let outcome = run(source, &seen, policy, helper, sink);
    let seen = lock(&seen);
    match outcome {
        Ok(_) if seen.trailing() => Err(PgpError::Malformed),
        Ok(_) if seen.cut() => Err(PgpError::Truncated),
        Ok(plain_bytes) => Ok(Verified { signer: lock(&facts).signer.clone(), plain_bytes }),
        Err(Fault::Named(reason)) => Err(reason),
        Err(Fault::Library(error)) => Err(classify(&error, lock(&facts).reason, &seen)),
    }
}

enum Fault {
    Named(PgpError),
    Library(sequoia_openpgp::anyhow::Error),
}

fn run<R: Read + Send + Sync>(
    mut source: Watched<R>,
    seen: &Mutex<Seen>,
    policy: &DecryptPolicy,
    helper: Helper<'_>,
    sink: &mut (impl Write + ?Sized),
) -> Result<u64, Fault> {
    let standard = StandardPolicy::new();
    let plain_bytes = {
        let mut decryptor = DecryptorBuilder::from_reader(&mut source)
            .and_then(|builder| builder.buffer_size(HELD_BACK_BYTES).with_policy(&standard, None, helper))
            .map_err(Fault::Library)?;
        copy(&mut decryptor, seen, policy, sink)?
    };
    // The library may stop reading at the message's end; what follows it counts too.
    let mut rest = [0_u8; 4096];
    while !lock(seen).trailing() {
        match source.read(&mut rest) {
            Ok(0) => break,
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Fault::Named(PgpError::Source(error.kind()))),
        }
    }
    Ok(plain_bytes)
}

fn copy(
    decryptor: &mut Decryptor<'_, Helper<'_>>,
    seen: &Mutex<Seen>,
    policy: &DecryptPolicy,
    sink: &mut (impl Write + ?Sized),
) -> Result<u64, Fault> {
    let mut buffer = vec![0_u8; 64 * 1024];
    let mut plain_bytes = 0_u64;
    loop {
        let read = match decryptor.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(Fault::Library(error.into())),
        };
        plain_bytes += read as u64;
        let allowed = lock(seen).bytes.saturating_mul(policy.expansion_ratio_max).max(RATIO_FROM_BYTES);
        if plain_bytes > policy.plain_bytes_max || plain_bytes > allowed {
            return Err(Fault::Named(PgpError::ExpansionLimit));
        }
        let bytes = buffer.get(..read).unwrap_or_default();
        sink.write_all(bytes).map_err(|error| Fault::Named(PgpError::Sink(error.kind())))?;
    }
    sink.flush().map_err(|error| Fault::Named(PgpError::Sink(error.kind())))?;
    Ok(plain_bytes)
}

/// The helper's own reason comes first; then a failed source, then a cut; then what the library says.
fn classify(error: &sequoia_openpgp::anyhow::Error, reason: Option<PgpError>, seen: &Seen) -> PgpError {
    match reason {
        // A session key that opens nothing may be another's, or what it opens may be missing.
        Some(PgpError::WrongRecipient) if seen.cut() => return PgpError::Truncated,
        Some(reason) => return reason,
        None => {}
    }
    if let Some(kind) = seen.failure {
        return PgpError::Source(kind);
    }
    let library = error.downcast_ref::<Error>().or_else(|| wrapped(error));
    match library {
        Some(Error::PolicyViolation(what, _)) if what.contains(&Tag::SED.to_string()) => PgpError::NoIntegrity,
        _ if seen.cut() => PgpError::Truncated,
        Some(Error::ManipulatedMessage) => PgpError::Manipulated,
        _ => PgpError::Malformed,
    }
}

/// Reading wraps the library's errors into I/O errors.
fn wrapped(error: &sequoia_openpgp::anyhow::Error) -> Option<&Error> {
    let inner = error.downcast_ref::<io::Error>()?.get_ref()?;
    inner.downcast_ref::<Error>().or_else(|| {
        let mut source = std::error::Error::source(inner);
        while let Some(error) = source {
            if let Some(found) = error.downcast_ref::<Error>() {
                return Some(found);
            }
            source = error.source();
        }
        None
    })
}

/// What the helper found out; shared, since the library swallows the helper.
#[derive(Default)]
struct Facts {
    reason: Option<PgpError>,
    signer: Option<String>,
    layers: usize,
    encrypted: bool,
    recipients: usize,
    signatures: usize,
}

struct Helper<'a> {
    policy: &'a DecryptPolicy,
    keys: &'a [SecretCert],
    signers: &'a [PartnerCert],
    facts: Arc<Mutex<Facts>>,
}

impl Helper<'_> {
    fn refuse<T>(&self, reason: PgpError) -> sequoia_openpgp::Result<T> {
        lock(&self.facts).reason.get_or_insert(reason);
        Err(Error::InvalidOperation("refused by policy".into()).into())
    }
}

impl VerificationHelper for Helper<'_> {
    /// Called for each packet before it is unpacked.
    fn inspect(&mut self, packet: &PacketParser<'_>) -> sequoia_openpgp::Result<()> {
        let mut facts = lock(&self.facts);
        let refused = match packet.packet.tag() {
            Tag::CompressedData | Tag::SEIP => {
                facts.layers += 1;
                facts.encrypted |= packet.packet.tag() == Tag::SEIP;
                (facts.layers > self.policy.nesting_max).then_some(PgpError::Nesting)
            }
            Tag::PKESK | Tag::SKESK => {
                facts.recipients += 1;
                (facts.recipients > RECIPIENTS_MAX).then_some(PgpError::Malformed)
            }
            Tag::OnePassSig | Tag::Signature => {
                facts.signatures += 1;
                (facts.signatures > 2 * SIGNATURES_MAX).then_some(PgpError::Malformed)
            }
            Tag::Literal => (!facts.encrypted).then_some(PgpError::NotEncrypted),
            _ => None,
        };
        drop(facts);
        refused.map_or(Ok(()), |reason| self.refuse(reason))
    }

    fn get_certs(&mut self, _ids: &[KeyHandle]) -> sequoia_openpgp::Result<Vec<Cert>> {
        Ok(self.signers.iter().map(|signer| signer.0.clone()).collect())
    }

    /// Called once, when the whole message was read and found intact, before the last bytes are released.
    fn check(&mut self, structure: MessageStructure<'_>) -> sequoia_openpgp::Result<()> {
        let (mut encrypted, mut signer, mut bad, mut unknown) = (false, None, false, false);
        for layer in structure {
            match layer {
                MessageLayer::Encryption { .. } => encrypted = true,
                MessageLayer::Compression { .. } => {}
                MessageLayer::SignatureGroup { results } => {
                    for result in results {
                        match result {
                            Ok(good) => signer = Some(good.ka.cert().fingerprint().to_hex()),
                            Err(VerificationError::MissingKey { .. }) => unknown = true,
                            Err(_) => bad = true,
                        }
                    }
                }
            }
        }
        if !encrypted {
            return self.refuse(PgpError::NotEncrypted);
        }
        match signer {
            Some(signer) => lock(&self.facts).signer = Some(signer),
            None if bad => return self.refuse(PgpError::BadSignature),
            None if unknown => return self.refuse(PgpError::UnknownSigner),
            None if self.policy.signature == SignatureRule::Required => return self.refuse(PgpError::Unsigned),
            None => {}
        }
        Ok(())
    }
}

impl DecryptionHelper for Helper<'_> {
    fn decrypt(
        &mut self,
        pkesks: &[PKESK],
        _skesks: &[SKESK],
        sym_algo: Option<SymmetricAlgorithm>,
        decrypt: &mut dyn FnMut(Option<SymmetricAlgorithm>, &SessionKey) -> bool,
    ) -> sequoia_openpgp::Result<Option<Cert>> {
        let policy = StandardPolicy::new();
        for secret in self.keys {
            // Not asked whether it is alive: what was encrypted to an older key must still be readable.
            let keys = secret
                .0
                .keys()
                .with_policy(&policy, None)
                .supported()
                .for_transport_encryption()
                .for_storage_encryption();
            for key in keys.unencrypted_secret() {
                let Ok(mut pair) = key.key().clone().into_keypair() else { continue };
                let handle = KeyHandle::from(key.key().fingerprint());
                for pkesk in pkesks {
                    // A message may hide its recipients: then every key is tried.
                    if pkesk.recipient().is_some_and(|recipient| !recipient.aliases(&handle)) {
                        continue;
                    }
                    if pkesk.decrypt(&mut pair, sym_algo).is_some_and(|(algo, session)| decrypt(algo, &session)) {
                        return Ok(Some(secret.0.clone()));
                    }
                }
            }
        }
        self.refuse(PgpError::WrongRecipient)
    }
}
