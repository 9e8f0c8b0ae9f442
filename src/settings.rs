//! The configuration made ready for use: keys parsed, secrets read, tokens indexed. Replaced as a whole when it is read again.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use secrecy::ExposeSecret;
use tradewind_api::{Caller, tokens};
use tradewind_compliance::PartnerId;
use tradewind_transfer::pgp::PartnerCert;
use tradewind_transfer::sftp::PublicKeyBytes;
use tradewind_transfer::webhook::WebhookSecret;

use crate::config::{Config, Partner, Problem, Problems, load};

/// What the rooms look up.
pub struct Settings {
    /// The configuration.
    pub config: Config,
    logins: Vec<(String, PublicKeyBytes, PartnerId)>,
    certificates: BTreeMap<PartnerId, PartnerCert>,
    webhook_secrets: BTreeMap<PartnerId, WebhookSecret>,
    tokens: tokens::Table,
}

impl Settings {
    /// Prepares a configuration.
    ///
    /// # Errors
    /// Every key, certificate, secret or token of it that cannot be used.
    pub fn prepare(config: Config) -> Result<Self, Problems> {
        let folder = config.partners_folder();
        let (mut logins, mut certificates, mut webhook_secrets) = (Vec::new(), BTreeMap::new(), BTreeMap::new());
        let (mut callers, mut problems) = (Vec::new(), Vec::new());
        for (name, partner) in &config.partners {
            let mut problem = |what: String| problems.push(Problem { file: folder.join(format!("{name}.toml")), what });
            if let Some(login) = &partner.sftp {
                let user = login.user.as_deref().unwrap_or(name.as_str());
                for line in &login.keys {
                    match PublicKeyBytes::from_openssh(line) {
                        Ok(key) => logins.push((user.to_owned(), key, name.clone())),
                        Err(error) => problem(format!("[sftp] keys: {error}")),
                    }
                }
            }
            if let Some(pgp) = &partner.pgp {
                let read = pgp.certificate.read(&folder).map_err(|error| error.to_string());
                match read.and_then(|text| PartnerCert::parse(text.expose_secret().as_bytes()).map_err(|error| error.to_string())) {
                    Ok(certificate) => drop(certificates.insert(name.clone(), certificate)),
                    Err(error) => problem(format!("[pgp] certificate: {error}")),
                }
            }
            if let Some(webhook) = &partner.webhook {
                let read = webhook.secret.read(&folder).map_err(|error| error.to_string());
                match read.and_then(|text| WebhookSecret::parse(text.expose_secret()).map_err(|error| error.to_string())) {
                    Ok(secret) => drop(webhook_secrets.insert(name.clone(), secret)),
                    Err(error) => problem(format!("[webhook] secret: {error}")),
                }
            }
            let caller = |token: &str| Caller { partner: name.clone(), token: token.to_owned() };
            callers.extend(partner.tokens.iter().map(|token| (token.hash.as_str(), caller(&token.name))));
        }
        let tokens = tokens::Table::new(callers).map_err(|error| {
            Problems(vec![Problem { file: folder.clone(), what: format!("[[token]] hash: {error}") }])
        })?;
        if !problems.is_empty() {
            return Err(Problems(problems));
        }
        Ok(Self { config, logins, certificates, webhook_secrets, tokens })
    }

    /// A partner's configuration.
    #[must_use]
    pub fn partner(&self, id: &PartnerId) -> Option<&Partner> {
        self.config.partners.get(id)
    }

    /// The partner that a user name and key belong to. Looks at every login, so that time does not tell which names exist.
    #[must_use]
    pub fn login(&self, user: &str, key: &PublicKeyBytes) -> Option<&PartnerId> {
        self.logins.iter().fold(None, |found, (name, own, partner)| if name == user && own == key { Some(partner) } else { found })
    }

    /// A partner's pinned certificate.
    #[must_use]
    pub fn certificate(&self, partner: &PartnerId) -> Option<&PartnerCert> {
        self.certificates.get(partner)
    }

    /// A partner's webhook secret.
    #[must_use]
    pub fn webhook_secret(&self, partner: &PartnerId) -> Option<&WebhookSecret> {
        self.webhook_secrets.get(partner)
    }

    /// Whose bearer token this is.
    #[must_use]
    pub fn caller(&self, token: &str) -> Option<&Caller> {
        self.tokens.find(token)
    }
}

/// The settings in force. Whoever reads them keeps what it read until it reads again.
pub struct SettingsHandle(RwLock<Arc<Settings>>);

impl SettingsHandle {
    /// A handle on these settings.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self(RwLock::new(Arc::new(settings)))
    }

    /// The settings in force now.
    #[must_use]
    pub fn current(&self) -> Arc<Settings> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads the home folder again. The gateway's own file stays as it was at start: addresses and folders do not move.
    ///
    /// # Errors
    /// Every problem; the settings in force then stay.
    pub fn reload(&self) -> Result<(), Problems> {
        let old = self.current();
        let fresh = load(&old.config.home)?;
        let config = Config { gateway: old.config.gateway.clone(), ..fresh };
        let settings = Settings::prepare(config)?;
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(settings);
        Ok(())
    }
}
