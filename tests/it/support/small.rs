//! A small file system, to be filled.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use tempfile::TempDir;

use super::client::{MOUNT, UMOUNT};

/// A small file system of its own.
pub(crate) struct Small(TempDir);

impl Small {
    pub(crate) fn mount() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut mount = MOUNT.command();
        mount.args(["-t", "tmpfs", "-o", "size=24m,mode=700", "tradewind-test"]).arg(folder.path());
        let output = MOUNT.run(&mut mount);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "this test mounts a small tmpfs, which only root may: {said}");
        Self(folder)
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Takes all room that is left. Gives the file that holds it.
    pub(crate) fn fill(&self) -> std::path::PathBuf {
        let path = self.path().join("ballast");
        let mut file = File::create(&path).unwrap();
        for piece in [1 << 20, 4096, 1] {
            while file.write_all(&vec![0; piece]).is_ok() {}
        }
        path
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let mut unmount = UMOUNT.command();
        // Lazily: a test that failed may have left a process in it.
        let _ = UMOUNT.run(unmount.arg("-l").arg(self.path()));
    }
}
