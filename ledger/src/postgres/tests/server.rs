//! A server of a test's own, to be stopped and started.

use std::net::TcpListener;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

pub(super) struct Server {
    folder: TempDir,
    /// Where its tables are.
    data: PathBuf,
    port: u16,
    programs: PathBuf,
    settings: Vec<String>,
}

impl Server {
    pub(super) fn start() -> Self {
        Self::with(None, |_| Vec::new())
    }

    /// With settings, such as `max_connections=10`.
    pub(super) fn start_with(settings: &[&str]) -> Self {
        Self::with(None, |_| settings.iter().map(|&setting| setting.to_owned()).collect())
    }

    /// With its tables on a disk; the write-ahead log stays on another.
    pub(super) fn start_on(disk: &Path) -> Self {
        Self::with(Some(disk), |_| Vec::new())
    }

    /// With a certificate for `localhost` by a CA of its own, which is in `ca.pem`; another CA, in `other.pem`, has signed nothing.
    pub(super) fn start_with_tls() -> Self {
        Self::with(None, |folder| {
            certificates(folder);
            let file = |name: &str| folder.join(name).display().to_string();
            vec![
                "ssl=on".into(),
                format!("ssl_cert_file={}", file("server.pem")),
                format!("ssl_key_file={}", file("server.key")),
            ]
        })
    }

    fn with(disk: Option<&Path>, settings: impl Fn(&Path) -> Vec<String>) -> Self {
        let folder = TempDir::new().unwrap();
        let settings = settings(folder.path());
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let data = disk.unwrap_or(folder.path()).join("data");
        let server = Self { folder, data, port, programs: programs(), settings };
        if server.as_root() {
            let folders = [Some(server.folder.path()), disk];
            let owned = Command::new("chown").args(["-R", "postgres"]).args(folders.into_iter().flatten()).status();
            assert!(owned.unwrap().success());
        }
        let log = server.file("wal");
        let mut arguments = vec!["-D", server.data(), "-A", "trust", "-U", "tw", "-E", "UTF8", "--no-sync"];
        if disk.is_some() {
            arguments.extend(["-X", &log]);
        }
        server.run("initdb", &arguments);
        server.up();
        server
    }

    pub(super) fn url(&self) -> String {
        format!("postgres://tw@127.0.0.1:{}/postgres", self.port)
    }

    /// The same by its name.
    pub(super) fn url_of_localhost(&self) -> String {
        format!("postgres://tw@localhost:{}/postgres", self.port)
    }

    /// What it has logged.
    pub(super) fn log(&self) -> String {
        std::fs::read_to_string(self.file("log")).unwrap()
    }

    /// A file in its folder.
    pub(super) fn file(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    pub(super) fn up(&self) {
        let settings: String = self.settings.iter().map(|setting| format!(" -c {setting}")).collect();
        let listen = format!("-p {} -c listen_addresses=127.0.0.1 -c unix_socket_directories={settings}", self.port);
        self.run("pg_ctl", &["-D", self.data(), "-w", "-l", &self.file("log"), "-o", &listen, "start"]);
    }

    /// Ends every process of the server at once, as a crash would.
    pub(super) fn crash(&self) {
        self.run("pg_ctl", &["-D", self.data(), "-w", "-m", "immediate", "stop"]);
    }

    fn data(&self) -> &str {
        self.data.to_str().unwrap()
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

fn certificates(folder: &Path) {
    let openssl = |arguments: &str| {
        let ran = Command::new("openssl").args(arguments.split(' ')).current_dir(folder).stderr(Stdio::null()).status();
        assert!(ran.expect("openssl, of the package of that name").success(), "{arguments}");
    };
    std::fs::write(folder.join("names"), "subjectAltName=DNS:localhost\nextendedKeyUsage=serverAuth\n").unwrap();
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
    for ca in ["ca", "other"] {
        openssl(&format!("req -x509 {key} -keyout {ca}.key -out {ca}.pem -days 2 -subj /CN={ca}"));
    }
    openssl(&format!("req {key} -keyout server.key -out server.csr -subj /CN=localhost"));
    openssl("x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out server.pem");
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
