//! The two servers: starting them on their core, and reading their memory.

use std::{
    env, fmt, fs,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::Context as _;
use inturn_testkit::free_port;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::Child,
    time::timeout,
};

use super::{
    machine::{Cores, memory_kib},
    pinned::pinned,
};

/// A server that is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Server {
    /// `inturn`.
    Ours,
    /// Express and axios.
    Baseline,
}

/// A running server, killed on drop.
pub(super) struct Program {
    child: Child,
    port: u16,
}

/// Memory of a process, in KiB.
#[derive(Clone, Copy, Debug)]
pub(super) struct Memory {
    resident: u64,
    own: u64,
    peak: u64,
}

impl Server {
    pub(super) const BOTH: [Self; 2] = [Self::Ours, Self::Baseline];
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ours => "ours",
            Self::Baseline => "baseline",
        })
    }
}

impl Program {
    /// Starts a server with the service at `service` as its upstream, and waits until it listens.
    pub(super) async fn start(
        server: Server,
        service: &str,
        folder: &Path,
        cores: Cores,
    ) -> anyhow::Result<Self> {
        let port = free_port();
        let page = inturn_tests::machine::client_dir();
        let mut command = match server {
            Server::Ours => {
                let mut command = pinned(cores.server, setting("INTURN_BENCH_SERVER")?);
                command
                    .args(["--listen", &format!("127.0.0.1:{port}")])
                    .args(["--service-url", service])
                    .args(RAISED_LIMITS)
                    .arg("--client-dir")
                    .arg(page);
                command
            }
            Server::Baseline => {
                let program = Path::new(&setting("INTURN_BENCH_BASELINE")?).join("server.js");
                let mut command = pinned(cores.server, "node");
                command
                    .arg(program)
                    .env("PORT", port.to_string())
                    .env("UPSTREAM", service)
                    .env("STATIC", page);
                command
            }
        };
        let log = fs::File::create(folder.join(format!("{server}-{port}.log")))?;
        let mut child = command
            .env("ASSEMBLYAI_API_KEY", "bench")
            // Not the current folder, which may have a `.env`.
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .with_context(|| format!("the server ({server}) can't be started"))?;
        let stdout = child.stdout.take().context("stdout is piped")?;
        let mut line = String::new();
        timeout(PATIENCE, BufReader::new(stdout).read_line(&mut line))
            .await
            .ok()
            .and_then(Result::ok)
            .filter(|_| line.contains(" on "))
            .with_context(|| format!("the server ({server}) did not print its address in time"))?;
        Ok(Self { child, port })
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn process(&self) -> u32 {
        self.child.id().unwrap_or_default()
    }

    /// Reads the memory of the process.
    pub(super) fn memory(&self) -> anyhow::Result<Memory> {
        let kibibytes = |file, key| memory_kib(self.process(), file, key);
        Ok(Memory {
            resident: kibibytes("status", "VmRSS:")?,
            own: kibibytes("smaps_rollup", "Private_Dirty:")?,
            peak: kibibytes("status", "VmHWM:")?,
        })
    }
}

impl Memory {
    pub(super) fn resident_mib(&self) -> f64 {
        mebi(self.resident)
    }

    /// Private memory that was written: without the program's file and libraries.
    pub(super) fn own_mib(&self) -> f64 {
        mebi(self.own)
    }

    pub(super) fn peak_mib(&self) -> f64 {
        mebi(self.peak)
    }
}

fn mebi(kibibytes: u64) -> f64 {
    kibibytes as f64 / 1024.0
}

/// Reads a variable that `cargo xtask bench` sets.
fn setting(name: &str) -> anyhow::Result<PathBuf> {
    env::var_os(name)
        .map(PathBuf::from)
        .with_context(|| format!("{name} is not set: run `cargo xtask bench`, which sets it."))
}

/// Deadline for the start, far above the usual time.
const PATIENCE: Duration = Duration::from_secs(20);

/// Limits that the load can't reach. A load generator gets thousands of tokens per second as one
/// person, and starts no recording. So tokens are counted, with high limits; recordings are not.
const RAISED_LIMITS: [&str; 9] = [
    "--person-tokens-per-minute=1000000",
    "--person-tokens-per-day=1000000",
    "--person-recordings-at-once=0",
    "--all-tokens-per-minute=1000000",
    "--all-tokens-per-day=1000000",
    "--all-recordings-at-once=0",
    "--person-hours-per-day=0",
    "--all-hours-per-day=0",
    "--max-connections-per-address=0",
];
