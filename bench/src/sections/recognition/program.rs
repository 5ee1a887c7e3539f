//! The local service in a process of its own, with one recogniser.

use std::{env, fs, io, path::Path};

use anyhow::Context as _;
use inturn_testkit::{OutputSource, RunningProgram};
use tokio::process::Command;

use super::super::server::machine::process_ticks;
use crate::host::TICKS_PER_SECOND;

/// A recogniser of the local service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Recogniser {
    Moonshine,
    PocketSphinx,
}

impl Recogniser {
    pub(super) const ALL: [Self; 2] = [Self::Moonshine, Self::PocketSphinx];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Moonshine => "Moonshine",
            Self::PocketSphinx => "PocketSphinx",
        }
    }
}

/// A running service.
#[derive(Debug)]
pub(super) struct Service(RunningProgram);

impl Service {
    /// Starts it with so many seats that none of the measurements is refused.
    pub(super) async fn start(recogniser: Recogniser, package: &Path) -> anyhow::Result<Self> {
        let program = env::var_os(PROGRAM)
            .with_context(|| format!("{PROGRAM} is not set: run `cargo xtask bench`"))?;
        let mut command = Command::new(program);
        command
            .args(["--listen", "127.0.0.1:0", "--decoders", "64"])
            .arg("--recogniser")
            .arg(recogniser.name().to_lowercase())
            .arg("--moonshine-dir")
            .arg(package);
        let program = RunningProgram::start(&mut command, OutputSource::Emulator).await;
        Ok(Self(program))
    }

    pub(super) fn url(&self) -> &str {
        self.0.url()
    }

    /// Seconds of processor time so far, of the service and of its children that have ended: one
    /// for each session of Moonshine.
    pub(super) fn processor_secs(&self) -> io::Result<f64> {
        let ticks = process_ticks(self.0.id())?;
        Ok((ticks.own + ticks.ended) as f64 / TICKS_PER_SECOND)
    }

    /// Memory of the service and its children in MB. A page that several share counts once.
    pub(super) fn memory_mb(&self) -> io::Result<f64> {
        let id = self.0.id();
        let mut kib = shared_kib(id)?;
        for thread in fs::read_dir(format!("/proc/{id}/task"))? {
            // A thread or a child may have ended since.
            let Ok(children) = fs::read_to_string(thread?.path().join("children")) else {
                continue;
            };
            for child in children.split_whitespace() {
                kib += child
                    .parse()
                    .map_or(0.0, |it| shared_kib(it).unwrap_or(0.0));
            }
        }
        Ok(kib * 1024.0 / 1e6)
    }
}

/// The proportional set size of a process.
fn shared_kib(process: u32) -> io::Result<f64> {
    let shares = fs::read_to_string(format!("/proc/{process}/smaps_rollup"))?;
    let line = shares.lines().find_map(|line| line.strip_prefix("Pss:"));
    let kib = line.and_then(|line| line.split_whitespace().next());
    Ok(kib.and_then(|it| it.parse().ok()).unwrap_or(0.0))
}

/// The variable with the path of `inturn-emulator`, built in release mode. `inturn-moonshine` is
/// next to it.
const PROGRAM: &str = "INTURN_BENCH_EMULATOR";
