//! A disk of a test's own that gets full.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// A file system in memory, of a size. Making one takes root.
pub(crate) struct SmallDisk {
    folder: TempDir,
}

impl SmallDisk {
    pub(crate) fn of_megabytes(size: u32) -> Self {
        let folder = TempDir::new().unwrap();
        let options = format!("size={size}m,mode=0755");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(folder.path()).status();
        assert!(
            mounted.is_ok_and(|status| status.success()),
            "expected to mount a small file system: this test runs as root, or in a container that lets it"
        );
        Self { folder }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Takes all the space that there is, but for some kilobytes.
    pub(crate) fn fill_but(&self, kilobytes: u64) {
        let block = vec![0_u8; 1 << 12];
        let mut file = std::fs::File::create(self.ballast()).unwrap();
        let mut written = 0;
        while std::io::Write::write_all(&mut file, &block).is_ok() {
            written += 1 << 12;
        }
        file.set_len(u64::saturating_sub(written, kilobytes << 10)).unwrap();
    }

    /// Gives the space back.
    pub(crate) fn make_room(&self) {
        std::fs::remove_file(self.ballast()).unwrap();
    }

    fn ballast(&self) -> PathBuf {
        self.path().join("ballast")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // What a failed test still holds open goes with it.
        let _ = Command::new("umount").arg("-l").arg(self.path()).status();
    }
}
