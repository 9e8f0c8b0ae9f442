//! Which KMS key wraps whose branch keys.

use std::collections::BTreeMap;

use crate::Connection;

/// The KMS keys of a gateway.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct KmsOptions {
    /// The key that wraps branch keys: its id, ARN, or alias (`alias/tradewind`). An alias that is made to point to another key takes
    /// effect at the next branch key; `keys rewrap` brings the older ones along.
    pub key: String,
    /// Keys of partners that have their own, by partner. Default: none.
    #[serde(default)]
    pub partners: BTreeMap<String, String>,
    /// Keys that wrap the data keys of messages to a partner's own consumers, by partner: a key that its consumers are given the right to decrypt
    /// with. Default: the key that wraps the partner's branch keys.
    #[serde(default)]
    pub messages: BTreeMap<String, String>,
    /// Where KMS is, and how long it may take.
    #[serde(default)]
    pub connection: Connection,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_an_operator_writes() {
        let options: KmsOptions = toml::from_str("key = 'alias/main'\npartners = { acme = 'alias/acme' }").unwrap();
        assert_eq!((options.key.as_str(), options.partners.len()), ("alias/main", 1));
        assert!(toml::from_str::<KmsOptions>("keys = 'alias/main'").is_err());
    }
}
