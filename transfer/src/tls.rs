//! TLS for outbound HTTP, with the ring provider named explicitly so that nothing depends on a process-wide default.

use std::fmt;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use secrecy::{ExposeSecret, SecretString};

/// What to trust, and who to be.
#[derive(Clone, Default)]
pub struct TlsOptions {
    /// Certificate authorities to trust beside the system's, as PEM.
    pub extra_roots_pem: Option<String>,
    /// Whether to trust the system's certificate authorities as well. Set `true` to trust `extra_roots_pem` alone.
    pub extra_roots_only: bool,
    /// A client certificate chain with its key, both as PEM.
    pub client_identity_pem: Option<(String, SecretString)>,
}

impl fmt::Debug for TlsOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsOptions")
            .field("extra_roots", &self.extra_roots_pem.is_some())
            .field("extra_roots_only", &self.extra_roots_only)
            .field("client_identity", &self.client_identity_pem.is_some())
            .finish()
    }
}

/// What is wrong with the TLS configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TlsConfigError {
    /// The extra roots are no PEM certificates.
    #[error("expected PEM certificates as additional certificate authorities")]
    Roots,
    /// Nothing at all would be trusted.
    #[error("expected at least one certificate authority, found none on this system and none configured")]
    NoRoots,
    /// The client certificate or its key cannot be used.
    #[error("expected a PEM certificate chain and its PEM private key as client identity")]
    Identity,
    /// The TLS library refused the combination.
    #[error("expected a usable TLS configuration")]
    Unusable,
}

pub(crate) fn client_config(options: &TlsOptions) -> Result<ClientConfig, TlsConfigError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|_| TlsConfigError::Unusable)?
        .with_root_certificates(roots(options)?);
    match &options.client_identity_pem {
        None => Ok(builder.with_no_client_auth()),
        Some((chain, key)) => {
            let chain = certificates(chain).ok_or(TlsConfigError::Identity)?;
            let key =
                PrivateKeyDer::from_pem_slice(key.expose_secret().as_bytes()).map_err(|_| TlsConfigError::Identity)?;
            builder.with_client_auth_cert(chain, key).map_err(|_| TlsConfigError::Identity)
        }
    }
}

fn roots(options: &TlsOptions) -> Result<RootCertStore, TlsConfigError> {
    let mut roots = RootCertStore::empty();
    if !options.extra_roots_only {
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    }
    if let Some(pem) = &options.extra_roots_pem {
        for certificate in certificates(pem).ok_or(TlsConfigError::Roots)? {
            roots.add(certificate).map_err(|_| TlsConfigError::Roots)?;
        }
    } else if options.extra_roots_only {
        return Err(TlsConfigError::NoRoots);
    }
    // An empty store is a working configuration that trusts nobody: plain HTTP to a loopback partner still goes.
    Ok(roots)
}

fn certificates(pem: &str) -> Option<Vec<CertificateDer<'static>>> {
    let found = CertificateDer::pem_slice_iter(pem.as_bytes()).collect::<Result<Vec<_>, _>>().ok()?;
    (!found.is_empty()).then_some(found)
}
