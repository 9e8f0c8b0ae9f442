//! A server of a test's own, to be stopped and started.

use std::net::TcpListener;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

pub(super) struct Server {
    folder: TempDir,
    port: u16,
    programs: PathBuf,
}

impl Server {
    pub(super) fn start() -> Self {
        let folder = TempDir::new().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let server = Self { folder, port, programs: programs() };
        if server.as_root() {
            assert!(Command::new("chown").arg("postgres").arg(server.folder.path()).status().unwrap().success());
        }
        server.run("initdb", &["-D", &server.data(), "-A", "trust", "-U", "tw", "-E", "UTF8", "--no-sync"]);
        server.up();
        server
    }

    pub(super) fn url(&self) -> String {
        format!("postgres://tw@127.0.0.1:{}/postgres", self.port)
    }

    pub(super) fn up(&self) {
        let listen = format!("-p {} -c listen_addresses=127.0.0.1 -c unix_socket_directories=", self.port);
        let log = self.folder.path().join("log").display().to_string();
        self.run("pg_ctl", &["-D", &self.data(), "-w", "-l", &log, "-o", &listen, "start"]);
    }

    /// Ends every process of the server at once, as a crash would.
    pub(super) fn crash(&self) {
        self.run("pg_ctl", &["-D", &self.data(), "-w", "-m", "immediate", "stop"]);
    }

    fn data(&self) -> String {
        self.folder.path().join("data").display().to_string()
    }

    /// The server refuses to run as root.
    fn as_root(&self) -> bool {
        std::fs::metadata(self.folder.path()).unwrap().uid() == 0
    }

    fn run(&self, program: &str, arguments: &[&str]) {
        let path = self.programs.join(program);
        let mut command = if Path::new("/proc/self").metadata().unwrap().uid() == 0 {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(path);
            command
        } else {
            Command::new(path)
        };
        let ran =
            command.args(arguments).current_dir("/").stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
        assert!(ran.success(), "{program}");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.crash();
    }
}

fn programs() -> PathBuf {
    let packaged = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders = packaged.chain(std::env::split_paths(&path));
    folders
        .find(|folder| folder.join("initdb").exists())
        .expect("PostgreSQL's programs; `make services-up` says how to install them")
}
