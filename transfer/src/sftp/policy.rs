//! How a partner's uploads are treated.

use std::time::Duration;

use super::{FileName, Start};

/// When files start, and the limits of a partner's space. Every limit is tested at its value and one past it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadPolicy {
    /// Names with these endings (compared without regard to case) are temporary: they start when they are renamed to another name.
    pub temporary_suffixes: Vec<String>,
    /// Names that begin with a dot are temporary.
    pub leading_dot_is_temporary: bool,
    /// Which of the other names start when they are closed.
    pub start_rule: StartRule,
    /// The largest file, in bytes.
    pub file_bytes_max: u64,
    /// Open handles of one session.
    pub open_handles_max: usize,
    /// Uploads of the partner that are open, or closed and not yet started, over all its sessions.
    pub staged_names_max: usize,
    /// How long a closed upload waits for its rename before it is discarded.
    pub staged_lifetime: Duration,
}

/// When a file that has no temporary name starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StartRule {
    /// When it is closed.
    AtClose,
    /// When it is renamed, if its name has one of these endings (compared without regard to case): files without counts or PGP of their
    /// own, such as `.csv` and `.hl7`. Others start when they are closed.
    AtRenameForSuffixes(Vec<String>),
    /// Only when it is renamed, whatever its name.
    AtRename,
}

impl Default for UploadPolicy {
    fn default() -> Self {
        Self {
            temporary_suffixes: [".tmp", ".part", ".filepart"].map(str::to_owned).to_vec(),
            leading_dot_is_temporary: true,
            start_rule: StartRule::AtRenameForSuffixes([".csv", ".hl7"].map(str::to_owned).to_vec()),
            file_bytes_max: 4 << 30,
            open_handles_max: 64,
            staged_names_max: 1_000,
            staged_lifetime: Duration::from_secs(24 * 60 * 60),
        }
    }
}

impl UploadPolicy {
    /// Whether this is a temporary name, which never starts by itself.
    #[must_use]
    pub fn is_temporary(&self, name: &FileName) -> bool {
        (self.leading_dot_is_temporary && name.as_str().starts_with('.'))
            || ends_with_any(name, &self.temporary_suffixes)
    }

    /// When a file that is closed under this name starts.
    #[must_use]
    pub fn start(&self, name: &FileName) -> Start {
        let at_rename = self.is_temporary(name)
            || match &self.start_rule {
                StartRule::AtClose => false,
                StartRule::AtRenameForSuffixes(suffixes) => ends_with_any(name, suffixes),
                StartRule::AtRename => true,
            };
        if at_rename { Start::AtRename } else { Start::AtClose }
    }
}

fn ends_with_any(name: &FileName, suffixes: &[String]) -> bool {
    let name = name.as_str().to_lowercase();
    suffixes.iter().any(|suffix| name.ends_with(&suffix.to_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(policy: &UploadPolicy, name: &str) -> Start {
        policy.start(&name.parse().unwrap())
    }

    #[test]
    fn temporary_names_and_files_without_counts_start_at_rename() {
        let policy = UploadPolicy::default();
        for name in ["a.tmp", "A.TMP", "a.edi.part", "a.filepart", ".a.edi", "members.CSV", "adt.hl7"] {
            assert_eq!(start(&policy, name), Start::AtRename, "{name}");
        }
        for name in ["a.edi", "a.csv.pgp", "tmp", "a.tmp.edi"] {
            assert_eq!(start(&policy, name), Start::AtClose, "{name}");
        }
    }

    #[test]
    fn a_partner_may_start_everything_at_rename_or_at_close() {
        let at_rename = UploadPolicy { start_rule: StartRule::AtRename, ..UploadPolicy::default() };
        assert_eq!(start(&at_rename, "a.edi"), Start::AtRename);
        let at_close = UploadPolicy { start_rule: StartRule::AtClose, ..UploadPolicy::default() };
        assert_eq!(start(&at_close, "a.csv"), Start::AtClose);
        assert_eq!(start(&at_close, "a.csv.tmp"), Start::AtRename);
    }
}
