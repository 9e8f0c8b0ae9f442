//! Which queue tells of which bucket, and whose its folders are.

use tradewind_compliance::PartnerId;

use crate::Connection;

/// Longest time that SQS hides a message for.
const VISIBILITY_S_MAX: u32 = 43_200;

/// Files that S3 tells a queue of SQS of: what the managed SFTP service, or anything else, puts into a bucket.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct EventsOptions {
    /// The queue's URL. It needs a redrive policy: what cannot be used is left to it.
    pub queue: String,
    /// The bucket that files come into. What messages say of others is not believed.
    pub bucket: String,
    /// Whose file it is, by what its key begins with.
    #[serde(default)]
    pub folder: Vec<Folder>,
    /// How long a message is hidden from other workers without a sign of life of its own, in seconds, 43,200 at most. Default 120.
    #[serde(default = "visibility_timeout_s")]
    pub visibility_timeout_s: u32,
    /// How often a message may come. One that comes more often is left to the queue's redrive policy, whose `maxReceiveCount` is best the
    /// same.
    #[serde(default = "receives_max")]
    pub receives_max: u32,
    /// Whether the bucket's name stands in the path and not in the host's name, as most servers that are not AWS want it. Default: false.
    #[serde(default)]
    pub path_style: bool,
    /// Where SQS is, and how long it may take.
    #[serde(default)]
    pub connection: Connection,
    /// Where S3 is, and how long it may take.
    #[serde(default)]
    pub s3: Connection,
}

/// A folder of the bucket that a partner's files come into.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Folder {
    /// What the keys of its files begin with, such as `acme/in/`; nothing for the whole bucket. Of folders within each other the inner one
    /// counts.
    pub prefix: String,
    /// The partner whose files they are.
    pub partner: PartnerId,
}

impl EventsOptions {
    /// The folder that an object lies in. A key with dots for a folder lies in none: some servers would walk up by them.
    #[must_use]
    pub fn folder_of(&self, key: &str) -> Option<&Folder> {
        if key.split('/').any(|part| part == "." || part == "..") {
            return None;
        }
        let holding = self.folder.iter().filter(|folder| key.starts_with(&folder.prefix));
        holding.max_by_key(|folder| folder.prefix.len())
    }

    pub(super) fn visibility_s(&self) -> i32 {
        // It fits: the bound is small.
        i32::try_from(self.visibility_timeout_s.clamp(1, VISIBILITY_S_MAX)).unwrap_or(i32::MAX)
    }
}

const fn visibility_timeout_s() -> u32 {
    120
}

const fn receives_max() -> u32 {
    20
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_an_operator_writes() {
        let text = "
            queue = 'https://sqs.us-east-1.amazonaws.com/123456789012/files'
            bucket = 'files'
            [[folder]]
            prefix = 'acme/'
            partner = 'acme'
            [[folder]]
            prefix = 'acme/lab/'
            partner = 'lab'
        ";
        let options: EventsOptions = toml::from_str(text).unwrap();
        assert_eq!((options.visibility_s(), options.receives_max), (120, 20));
        let partner = |key| options.folder_of(key).map(|folder| folder.partner.as_str());
        assert_eq!(partner("acme/a.edi"), Some("acme"));
        assert_eq!(partner("acme/lab/a.edi"), Some("lab"));
        for nobodys in ["other/acme/a.edi", "acme", "", "acme/../other/a.edi", "acme/./a", "acme/.."] {
            assert_eq!(partner(nobodys), None, "{nobodys}");
        }
        assert!(toml::from_str::<EventsOptions>("queue = 'q'").is_err());
    }
}
