//! Where data goes: standard output, or a file that appears whole or not at all.

use std::fs::{File, Permissions};
use std::io::{self, BufWriter, Stdout, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::Context;
use tempfile::NamedTempFile;

use super::input::is_standard;

const BUFFER_BYTES: usize = 256 * 1024;

/// Data on its way out. Without [`Output::finish`] a file does not appear.
pub(crate) enum Output {
    /// Standard output.
    Standard(BufWriter<Stdout>),
    /// A file under a temporary name beside it, and its own.
    Whole(BufWriter<NamedTempFile>, PathBuf),
    /// What is there and no ordinary file: a pipe, a device.
    Direct(BufWriter<File>),
}

impl Output {
    /// Opens a file for writing, or standard output for none and for `-`.
    ///
    /// # Errors
    /// When the file cannot be made.
    pub(crate) fn open(path: Option<&Path>) -> anyhow::Result<Self> {
        let Some(path) = path.filter(|path| !is_standard(path)) else {
            return Ok(Self::Standard(BufWriter::with_capacity(BUFFER_BYTES, io::stdout())));
        };
        let context = || format!("cannot write {}", path.display());
        if std::fs::metadata(path).is_ok_and(|found| !found.is_file()) {
            let file = File::options().write(true).open(path).with_context(context)?;
            return Ok(Self::Direct(BufWriter::with_capacity(BUFFER_BYTES, file)));
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        // As any other program's file: the umask takes its part.
        let mode = Permissions::from_mode(0o666);
        let file = tempfile::Builder::new().prefix(".tradewind-").permissions(mode).tempfile_in(folder);
        Ok(Self::Whole(BufWriter::with_capacity(BUFFER_BYTES, file.with_context(context)?), path.to_owned()))
    }

    /// Ends the data: the file gets its name.
    ///
    /// # Errors
    /// When what is left cannot be written.
    pub(crate) fn finish(self) -> anyhow::Result<()> {
        match self {
            Self::Standard(mut writer) => writer.flush()?,
            Self::Direct(mut writer) => writer.flush()?,
            Self::Whole(writer, path) => {
                let context = || format!("cannot write {}", path.display());
                let file = writer.into_inner().map_err(io::IntoInnerError::into_error).with_context(context)?;
                file.persist(&path).map_err(|error| error.error).with_context(context)?;
            }
        }
        Ok(())
    }

    fn writer(&mut self) -> &mut dyn Write {
        match self {
            Self::Standard(writer) => writer,
            Self::Whole(writer, _) => writer,
            Self::Direct(writer) => writer,
        }
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer().flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_appears_when_it_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out");
        std::fs::write(&path, "old").unwrap();
        let mut output = Output::open(Some(&path)).unwrap();
        output.write_all(b"half").unwrap();
        drop(output);
        assert_eq!(std::fs::read(&path).unwrap(), b"old");
        let mut output = Output::open(Some(&path)).unwrap();
        output.write_all(b"whole").unwrap();
        output.finish().unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"whole");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_device_is_written_and_not_replaced() {
        let mut output = Output::open(Some(Path::new("/dev/null"))).unwrap();
        output.write_all(b"gone").unwrap();
        output.finish().unwrap();
        assert!(!std::fs::metadata("/dev/null").unwrap().is_file());
    }
}
