//! The local service in a process of its own, with one recogniser.

use std::{env, fs, io, path::Path, time::Duration};

use anyhow::Context as _;
use inturn_testkit::{OutputSource, RunningProgram};
use tokio::{process::Command, time::sleep};

use super::super::server::machine::{memory_kib, process_ticks};
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
            // As in the server.
            .arg("--eager-partials")
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

    /// Seconds of processor time so far, of the service and of its children: one for each session
    /// of Moonshine. Waits until all of them have ended, because only then their time is known.
    pub(super) async fn processor_secs(&self) -> io::Result<f64> {
        while !children(self.0.id())?.is_empty() {
            sleep(LOOK_EVERY).await;
        }
        let ticks = process_ticks(self.0.id())?;
        Ok((ticks.own + ticks.ended) as f64 / TICKS_PER_SECOND)
    }

    /// Memory of the service and its children in MB. A page that several share counts once.
    pub(super) fn memory_mb(&self) -> anyhow::Result<f64> {
        let id = self.0.id();
        let share = |process| memory_kib(process, "smaps_rollup", "Pss:");
        // A child may have ended since.
        let of_children = children(id)?.into_iter().filter_map(|it| share(it).ok());
        let kib = of_children.sum::<u64>() + share(id)?;
        Ok(kib as f64 * 1024.0 / 1e6)
    }
}

/// The processes that a process has started and that run.
fn children(process: u32) -> io::Result<Vec<u32>> {
    let mut children = Vec::new();
    for thread in fs::read_dir(format!("/proc/{process}/task"))? {
        // A thread may have ended since.
        let list = fs::read_to_string(thread?.path().join("children")).unwrap_or_default();
        children.extend(
            list.split_whitespace()
                .filter_map(|it| it.parse::<u32>().ok()),
        );
    }
    Ok(children)
}

/// The variable with the path of `inturn-emulator`, built in release mode. `inturn-moonshine` is
/// next to it.
const PROGRAM: &str = "INTURN_BENCH_EMULATOR";

/// How often the service is looked at.
pub(super) const LOOK_EVERY: Duration = Duration::from_millis(100);
