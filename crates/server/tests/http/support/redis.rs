//! A real Redis on its own port, which tests can kill, pause and restart.

use std::{process::Stdio, time::Duration};

use inturn_testkit::{OutputFile, OutputSource, reusable_port};
use redis::aio::MultiplexedConnection;
use tempfile::TempDir;
use tokio::{
    process::{Child, Command},
    time::{sleep, timeout},
};

/// A running `redis-server` without persistence; killed on drop.
pub(crate) struct RedisServer {
    child: Child,
    port: u16,
    flags: Vec<String>,
    folder: TempDir,
}

impl RedisServer {
    /// Starts a server, which requires `password` if there is one.
    pub(crate) async fn start(password: Option<&str>) -> Self {
        let flags: Vec<String> = password.map_or_else(Vec::new, |password| {
            vec!["--requirepass".to_owned(), password.to_owned()]
        });
        let mut folder = tempfile::tempdir().expect("a folder");
        // Another process may take the port before Redis does: then try another port.
        loop {
            let port = reusable_port();
            let child = spawn(port, &flags, &folder);
            let mut server = Self {
                child,
                port,
                flags: flags.clone(),
                folder,
            };
            if server.is_up().await {
                return server;
            }
            folder = server.folder;
        }
    }

    /// Returns the address of this database. Each test uses its own database.
    pub(crate) fn url(&self, database: usize) -> String {
        format!("redis://127.0.0.1:{}/{database}", self.port)
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Kills the server; its data is lost.
    pub(crate) async fn kill(&mut self) {
        self.child.kill().await.expect("the process can be killed");
    }

    /// Starts the server again on the same port.
    pub(crate) async fn restart(&mut self) {
        self.child = spawn(self.port, &self.flags, &self.folder);
        assert!(self.is_up().await, "Redis does not restart");
    }

    /// Sends a signal: `-STOP` pauses the server, `-CONT` resumes it.
    pub(crate) async fn signal(&self, signal: &str) {
        let id = self.child.id().expect("a running process").to_string();
        let sent = Command::new("kill").args([signal, &id]).status().await;
        assert!(sent.expect("kill runs").success());
    }

    /// Opens a connection for inspecting the database.
    pub(crate) async fn connect(&self, database: usize) -> MultiplexedConnection {
        let client = redis::Client::open(self.url(database)).expect("an address");
        let connection = client.get_multiplexed_async_connection().await;
        connection.expect("a connection")
    }

    /// Waits until the server responds (`true`) or has exited (`false`).
    async fn is_up(&mut self) -> bool {
        let client = redis::Client::open(self.url(0)).expect("an address");
        let up = async {
            loop {
                if self.child.try_wait().expect("a status").is_some() {
                    return false;
                }
                // A server that requires a password responds with an error.
                match client.get_multiplexed_async_connection().await {
                    Ok(mut connection) => {
                        let pong = redis::cmd("PING").exec_async(&mut connection).await;
                        if pong.is_ok() || pong.is_err_and(|error| !error.is_io_error()) {
                            return true;
                        }
                    }
                    Err(error) if !error.is_io_error() => return true,
                    Err(_) => {}
                }
                sleep(Duration::from_millis(10)).await;
            }
        };
        timeout(TIMEOUT, up)
            .await
            .expect("Redis starts before the timeout")
    }
}

fn spawn(port: u16, flags: &[String], folder: &TempDir) -> Child {
    let program = std::env::var_os(VARIABLE).unwrap_or_else(|| "redis-server".into());
    let log = OutputFile::create_if_kept(OutputSource::Redis);
    let log = log.map_or_else(Stdio::null, |(_, file)| file.into());
    let mut command = Command::new(program);
    command
        .args(["--port", &port.to_string(), "--bind", "127.0.0.1"])
        .args(["--save", "", "--appendonly", "no"])
        .args(flags)
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .stdout(log)
        .stderr(Stdio::null())
        .kill_on_drop(true);
    command.spawn().unwrap_or_else(|error| {
        panic!(
            "The tests of shared limits need redis-server ({error}): install it, or name the \
             program in {VARIABLE}."
        )
    })
}

/// The variable that names a `redis-server` other than the one on the `PATH`.
const VARIABLE: &str = "INTURN_REDIS_SERVER";

/// Far more than a start takes, so that only a hang fails.
const TIMEOUT: Duration = Duration::from_secs(20);
