//! A broker of a test's own, which it may kill.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};

/// Started by the project's script in a folder of its own; stopped and removed at the end.
pub(super) struct Server {
    folder: PathBuf,
}

impl Server {
    pub(super) async fn start() -> Self {
        static SERIAL: AtomicU64 = AtomicU64::new(0);
        let own = format!("weather-{}-{}", std::process::id(), SERIAL.fetch_add(1, Ordering::Relaxed));
        let server = Self { folder: root().join("target/services").join(own) };
        server.up().await;
        server
    }

    /// Starts it, or starts it again on what it left on disk.
    pub(super) async fn up(&self) {
        let mut command = self.script("up");
        command.arg("rabbitmq");
        run(command).await;
    }

    /// `kill -9`.
    pub(super) async fn kill(&self) {
        let record = std::fs::read_to_string(self.folder.join("rabbitmq/service.json")).unwrap();
        let server = record.split_once("\"server\"").unwrap().1;
        let pid = server.split_once("\"pid\":").unwrap().1.split(',').next().unwrap().trim().to_owned();
        let mut command = Command::new("kill");
        command.args(["-9", &pid]);
        run(command).await;
    }

    pub(super) async fn control(&self, arguments: &[&str]) {
        let mut command = Command::new(self.folder.join("rabbitmq/rabbitmqctl"));
        command.args(arguments);
        run(command).await;
    }

    pub(super) fn url(&self) -> String {
        let printed = self.script("env").output().unwrap().stdout;
        let printed = String::from_utf8(printed).unwrap();
        let line = printed.lines().find_map(|line| line.strip_prefix("export TRADEWIND_TEST_AMQP='"));
        line.unwrap().trim_end_matches('\'').to_owned()
    }

    fn script(&self, command: &str) -> Command {
        let mut script = Command::new(root().join("scripts/services"));
        // The user's own broker is not ours to kill.
        script.env_remove("TRADEWIND_TEST_AMQP").arg("--dir").arg(&self.folder).arg(command);
        script
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let stopped = self.script("down").output();
        if stopped.is_ok_and(|output| output.status.success()) {
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

async fn run(mut command: Command) {
    let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said} (`make services-tools` installs what is missing)");
}
