//! The configuration made ready for use: keys parsed, secrets read, tokens indexed. Replaced as a whole when it is read again.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use secrecy::ExposeSecret;
use tradewind_api::{Caller, tokens};
use tradewind_compliance::PartnerId;
use tradewind_edi::validate::rules::Rules;
use tradewind_edi::{Companion, Guides};
use tradewind_transfer::pgp::{CertUse, PartnerCert};
use tradewind_transfer::sftp::PublicKeyBytes;
use tradewind_transfer::webhook::WebhookSecret;

use crate::config::{Config, Partner, Problem, Problems, code_lists, read};

/// A user name, a key, and whose they are.
type Login = (String, PublicKeyBytes, PartnerId);

/// What the rooms look up.
pub struct Settings {
    /// The configuration.
    pub config: Config,
    logins: Vec<Login>,
    certificates: BTreeMap<PartnerId, PartnerCert>,
    webhook_secrets: BTreeMap<PartnerId, WebhookSecret>,
    companions: BTreeMap<PartnerId, Vec<Companion>>,
    tokens: tokens::Table,
    rules: Rules,
}

impl Settings {
    /// Reads a home folder's configuration and prepares it.
    ///
    /// # Errors
    /// Every problem of it, never only the first.
    pub async fn load(home: &Path) -> Result<Self, Problems> {
        let (config, mut problems) = read(home);
        let settings = Self::collect(config, &mut problems).await;
        if problems.is_empty() { Ok(settings) } else { Err(Problems(problems)) }
    }

    /// Prepares a configuration.
    ///
    /// # Errors
    /// Every key, certificate, secret or token of it that cannot be used.
    pub async fn prepare(config: Config) -> Result<Self, Problems> {
        let mut problems = Vec::new();
        let settings = Self::collect(config, &mut problems).await;
        if problems.is_empty() { Ok(settings) } else { Err(Problems(problems)) }
    }

    /// Takes what can be used of a configuration; what cannot goes to `problems`.
    async fn collect(config: Config, problems: &mut Vec<Problem>) -> Self {
        let folder = config.partners_folder();
        let (mut logins, mut callers) = (Vec::new(), Vec::new());
        let (mut certificates, mut webhook_secrets) = (BTreeMap::new(), BTreeMap::new());
        let mut companions = BTreeMap::new();
        for (name, partner) in &config.partners {
            companions.insert(name.clone(), companions_of(partner, &folder, problems));
            let file = config.partner_file(name);
            let mut problem = |what| problems.push(Problem { file: file.clone(), what });
            let (fresh, unusable) = logins_of(name, partner);
            logins.extend(fresh);
            unusable.into_iter().for_each(&mut problem);
            let secrets = (certificate_of(partner, &config).await, webhook_secret_of(partner, &config).await);
            match secrets.0 {
                Ok(certificate) => certificates.extend(certificate.map(|certificate| (name.clone(), certificate))),
                Err(error) => problem(format!("[pgp] certificate: {error}")),
            }
            match secrets.1 {
                Ok(secret) => webhook_secrets.extend(secret.map(|secret| (name.clone(), secret))),
                Err(error) => problem(format!("[webhook] secret: {error}")),
            }
            for token in &partner.tokens {
                let caller = Caller { partner: name.clone(), token: token.name.clone() };
                match tokens::Table::new([(token.hash.as_str(), caller.clone())]) {
                    Ok(_) => callers.push((token.hash.clone(), caller)),
                    Err(error) => problem(format!("[[token]] hash: {error}, as `tradewind keygen token` prints them")),
                }
            }
        }
        let rows = callers.iter().map(|(hash, caller)| (hash.as_str(), caller.clone()));
        let tokens = tokens::Table::new(rows).unwrap_or_default();
        let rules = rules_of(&config, problems);
        Self { config, logins, certificates, webhook_secrets, companions, tokens, rules }
    }

    /// The rules, with the code lists that they ask.
    #[must_use]
    pub fn rules(&self) -> Rules {
        self.rules.clone()
    }

    /// A partner's configuration.
    #[must_use]
    pub fn partner(&self, id: &PartnerId) -> Option<&Partner> {
        self.config.partners.get(id)
    }

    /// The partner that a user name and key belong to. Looks at every login, so that time does not tell which names exist.
    #[must_use]
    pub fn login(&self, user: &str, key: &PublicKeyBytes) -> Option<&PartnerId> {
        self.logins
            .iter()
            .fold(None, |found, (name, own, partner)| if name == user && own == key { Some(partner) } else { found })
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

    /// The companion guides that a partner's transactions must keep.
    #[must_use]
    pub fn companions(&self, partner: &PartnerId) -> &[Companion] {
        self.companions.get(partner).map(Vec::as_slice).unwrap_or_default()
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
    pub async fn reload(&self) -> Result<(), Problems> {
        let old = self.current();
        let (fresh, mut problems) = read(&old.config.home);
        old.config.secrets.reload().await;
        let config = Config { gateway: old.config.gateway.clone(), secrets: old.config.secrets.clone(), ..fresh };
        let settings = Settings::collect(config, &mut problems).await;
        if !problems.is_empty() {
            return Err(Problems(problems));
        }
        self.put(settings);
        Ok(())
    }

    /// Reads the secrets of the configuration in force again.
    ///
    /// # Errors
    /// Every secret that cannot be had; the settings in force then stay.
    pub async fn renew_secrets(&self) -> Result<(), Problems> {
        let settings = Settings::prepare(self.current().config.clone()).await?;
        self.put(settings);
        Ok(())
    }

    fn put(&self, settings: Settings) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(settings);
    }
}

/// The built-in rules with the gateway's code lists.
fn rules_of(config: &Config, problems: &mut Vec<Problem>) -> Rules {
    let Some(folder) = &config.gateway.codes else { return Rules::built_in() };
    match code_lists(&config.home.join(folder)) {
        Ok(lists) => Rules::built_in().with_lists(lists),
        Err(unusable) => {
            problems.extend(unusable);
            Rules::built_in()
        }
    }
}

/// The logins of a partner, and what is wrong with those that cannot be used.
fn logins_of(name: &PartnerId, partner: &Partner) -> (Vec<Login>, Vec<String>) {
    let Some(login) = &partner.sftp else { return Default::default() };
    let user = login.user.as_deref().unwrap_or(name.as_str());
    let (mut usable, mut unusable) = (Vec::new(), Vec::new());
    for line in &login.keys {
        match PublicKeyBytes::from_openssh(line) {
            Ok(key) => usable.push((user.to_owned(), key, name.clone())),
            Err(error) => unusable.push(format!("[sftp] keys: {error}")),
        }
    }
    (usable, unusable)
}

async fn certificate_of(partner: &Partner, config: &Config) -> Result<Option<PartnerCert>, String> {
    let Some(pgp) = &partner.pgp else { return Ok(None) };
    let text = config.partner_secret(&pgp.certificate).await.map_err(|error| error.to_string())?;
    let certificate = PartnerCert::parse(text.expose_secret().as_bytes(), CertUse::Both);
    certificate.map(Some).map_err(|error| error.to_string())
}

/// The companion guides of a partner; what is wrong with one is a problem of its own file, with the line.
fn companions_of(partner: &Partner, folder: &Path, problems: &mut Vec<Problem>) -> Vec<Companion> {
    let mut companions = Vec::new();
    for name in &partner.receive.companions {
        let file = folder.join(name);
        let mut problem = |what| problems.push(Problem { file: file.clone(), what });
        match std::fs::read_to_string(&file).map(|text| Companion::read(name, &text, &Guides::built_in())) {
            Ok(Ok(companion)) => companions.push(companion),
            Ok(Err(errors)) => {
                errors.into_iter().for_each(|error| problem(format!("line {}: {}", error.line, error.problem)));
            }
            Err(error) => problem(format!("cannot be read: {error}")),
        }
    }
    companions
}

async fn webhook_secret_of(partner: &Partner, config: &Config) -> Result<Option<WebhookSecret>, String> {
    let Some(webhook) = &partner.webhook else { return Ok(None) };
    let text = config.partner_secret(&webhook.secret).await.map_err(|error| error.to_string())?;
    WebhookSecret::parse(text.expose_secret()).map(Some).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn code_lists_are_read_again_with_the_partners() {
        let folder = tempfile::tempdir().unwrap();
        let codes = folder.path().join("codes");
        std::fs::create_dir(&codes).unwrap();
        std::fs::write(folder.path().join("tradewind.toml"), "codes = \"codes\"\n").unwrap();
        std::fs::write(codes.join("carc.txt"), "45\n").unwrap();
        let handle = SettingsHandle::new(Settings::load(folder.path()).await.unwrap());
        let has = |name: &str| handle.current().rules().lists().names().any(|known| known == name);
        assert!(has("carc") && !has("rarc"));
        std::fs::write(codes.join("rarc.txt"), "M1 2010\n").unwrap();
        let Problems(problems) = handle.reload().await.unwrap_err();
        assert!(problems.iter().all(|problem| problem.file.ends_with("rarc.txt")), "{problems:?}");
        std::fs::write(codes.join("rarc.txt"), "M1\n").unwrap();
        handle.reload().await.unwrap();
        assert!(has("rarc"));
    }

    #[tokio::test]
    async fn what_is_faulty_when_it_is_read_again_leaves_the_settings_in_force() {
        let folder = tempfile::tempdir().unwrap();
        let partners = folder.path().join("partners");
        std::fs::create_dir(&partners).unwrap();
        let write = |text: &str| std::fs::write(partners.join("clinic.toml"), text).unwrap();
        write("[[identity]]\nqualifier = \"ZZ\"\nid = \"ONE\"\n");
        let handle = SettingsHandle::new(Settings::load(folder.path()).await.unwrap());
        let id = || handle.current().config.partner_of("ZZ", "ONE").map(|(name, _)| name.clone());
        assert!(id().is_some());
        write("[[identity]]\nqualifier = \"ZZ\"\nid = \"\"\n\n[pgp]\ncertificate = \"file:missing\"\n");
        let Problems(problems) = handle.reload().await.unwrap_err();
        assert_eq!(problems.len(), 2, "{problems:?}");
        assert!(id().is_some());
        write("[[identity]]\nqualifier = \"ZZ\"\nid = \"TWO\"\n");
        handle.reload().await.unwrap();
        assert!(id().is_none() && handle.current().config.partner_of("ZZ", "TWO").is_some());
    }
}
