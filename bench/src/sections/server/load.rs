//! The load generator: wrk, on another core than the servers.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{self, Stdio},
    time::Instant,
};

use anyhow::Context as _;

use super::{
    machine::{Cores, ProcessTicks, busy_ticks, process_ticks},
    pinned::{pinned, search_path},
    program::Program,
};
use crate::host::{self, StealTime, TICKS_PER_SECOND};

/// Results of a round.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run {
    pub(super) requests_per_second: f64,
    pub(super) p50_ms: f64,
    pub(super) p99_ms: f64,
    /// Processor time of the server per request.
    pub(super) cpu_us: f64,
    /// The part of it in the kernel, for sockets and files.
    pub(super) system_us: f64,
}

/// Runs wrk, and measures what other programs use of the cores meanwhile.
pub(super) struct Load {
    script: PathBuf,
    cores: Cores,
    stub: u32,
    repeated: u32,
    used_despite_noise: u32,
}

/// The line that wrk's script prints.
struct Output {
    requests: f64,
    seconds: f64,
    p50_us: f64,
    p99_us: f64,
    failures: f64,
}

/// Readings of processor time at one moment, in ticks.
struct Ticks {
    at: Instant,
    server_core: u64,
    load_core: u64,
    server: ProcessTicks,
    /// Of the stub, and of all wrk processes that have ended.
    load: u64,
}

impl Load {
    pub(super) fn new(folder: &Path, cores: Cores, stub: u32) -> anyhow::Result<Self> {
        let script = folder.join("figures.lua");
        fs::write(&script, SCRIPT)?;
        Ok(Self {
            script,
            cores,
            stub,
            repeated: 0,
            used_despite_noise: 0,
        })
    }

    /// Returns how many rounds were repeated.
    pub(super) fn repeated(&self) -> u32 {
        self.repeated
    }

    /// Returns how many noisy rounds were used because there was no better one.
    pub(super) fn used_despite_noise(&self) -> u32 {
        self.used_despite_noise
    }

    /// Warms a server up: it compiles code, opens connections and allocates memory.
    pub(super) async fn warm_up(&mut self, program: &Program) -> anyhow::Result<()> {
        let port = program.port();
        self.wrk(port, "/token", 32, 1).await?;
        Ok(())
    }

    /// Measures a round, and repeats it while there is too much noise.
    pub(super) async fn run(
        &mut self,
        program: &Program,
        path: &str,
        connections: u32,
    ) -> anyhow::Result<Run> {
        self.measure_quiet_round(program.process(), program.port(), path, connections)
            .await
    }

    /// Returns the median of `rounds` rounds of the stub, without a server.
    pub(super) async fn runs_of_stub(
        &mut self,
        url: &str,
        connections: u32,
        rounds: usize,
    ) -> anyhow::Result<Run> {
        let port = url.rsplit(':').next().and_then(|port| port.parse().ok());
        let port = port.context("a URL without a port")?;
        let mut runs = Vec::new();
        for _ in 0..rounds {
            // There is no server; our process, which is idle, takes its place in the readings.
            let idle = process::id();
            let run = self.measure_quiet_round(idle, port, "/v3/token", connections);
            runs.push(run.await?);
        }
        Ok(Run::median(&runs))
    }

    async fn measure_quiet_round(
        &mut self,
        server: u32,
        port: u16,
        path: &str,
        connections: u32,
    ) -> anyhow::Result<Run> {
        let mut best: Option<(f64, Run)> = None;
        loop {
            host::wait_until_quiet().await;
            let steal = StealTime::since_now();
            let before = self.ticks(server)?;
            let output = self.wrk(port, path, connections, SECONDS).await?;
            let after = self.ticks(server)?;
            anyhow::ensure!(
                output.requests > 0.0 && output.failures == 0.0,
                "{} of {} requests for {path} failed",
                output.failures,
                output.requests
            );
            // The busy ticks contain CPU steal too; its own limit is lower, as it delays
            // everything.
            let noise =
                (after.foreign_since(&before) / FOREIGN_SHARE).max(steal.share() / STEAL_SHARE);
            let per_request_us = |ticks| ticks as f64 / TICKS_PER_SECOND * 1e6 / output.requests;
            let run = Run {
                requests_per_second: output.requests / output.seconds,
                p50_ms: output.p50_us / 1000.0,
                p99_ms: output.p99_us / 1000.0,
                cpu_us: per_request_us(after.server.own - before.server.own),
                system_us: per_request_us(after.server.system - before.server.system),
            };
            if best.is_none_or(|(least, _)| noise < least) {
                best = Some((noise, run));
            }
            let (least, run) = best.context("no round was measured")?;
            if least <= 1.0 {
                return Ok(run);
            }
            if self.repeated == MAX_REPEATED {
                self.used_despite_noise += 1;
                return Ok(run);
            }
            self.repeated += 1;
        }
    }

    fn ticks(&self, server: u32) -> anyhow::Result<Ticks> {
        let stub = process_ticks(self.stub)?.own;
        let ended = process_ticks(process::id())?.ended;
        Ok(Ticks {
            at: Instant::now(),
            server_core: busy_ticks(self.cores.server)?,
            load_core: busy_ticks(self.cores.load)?,
            server: process_ticks(server)?,
            load: stub + ended,
        })
    }

    async fn wrk(
        &self,
        port: u16,
        path: &str,
        connections: u32,
        seconds: u32,
    ) -> anyhow::Result<Output> {
        let output = pinned(self.cores.load, "wrk")
            .args(["--threads", "1", "--timeout", "10s"])
            .args(["--connections", &connections.to_string()])
            .args(["--duration", &format!("{seconds}s")])
            .arg("--script")
            .arg(&self.script)
            .arg(format!("http://127.0.0.1:{port}{path}"))
            .stdin(Stdio::null())
            .output()
            .await
            .context("wrk can't be started: run `cargo xtask bench`, which installs it")?;
        let text = String::from_utf8_lossy(&output.stdout);
        Output::read(&text).with_context(|| {
            let errors = String::from_utf8_lossy(&output.stderr);
            format!("wrk failed: {text}{errors}")
        })
    }

    /// Returns the versions of Node, nginx and wrk.
    pub(super) fn versions(&self) -> String {
        let first_line = |program: &str, flag: &str| {
            let mut command = process::Command::new(program);
            let output = command.arg(flag).env("PATH", search_path()).output().ok()?;
            // nginx prints its version to stderr.
            let text = [output.stdout, output.stderr].concat();
            let text = String::from_utf8_lossy(&text).into_owned();
            text.lines().next().map(str::to_owned)
        };
        let node = first_line("node", "--version").unwrap_or_default();
        let nginx = first_line("nginx", "-v").unwrap_or_default();
        let wrk = first_line("wrk", "--version").unwrap_or_default();
        let word = |text: &str, at| text.split(' ').nth(at).unwrap_or_default().to_owned();
        format!(
            "Node {}, nginx {}, wrk {}",
            node.trim_start_matches('v'),
            word(&nginx, 2).trim_start_matches("nginx/"),
            word(&wrk, 1).trim_start_matches("debian/")
        )
    }
}

impl Ticks {
    /// Returns the share that other programs took of a core; the larger of both cores.
    fn foreign_since(&self, before: &Self) -> f64 {
        let ticks = (self.at - before.at).as_secs_f64() * TICKS_PER_SECOND;
        let share = |core: u64, ours: u64| core.saturating_sub(ours) as f64 / ticks;
        let server = share(
            self.server_core - before.server_core,
            self.server.own - before.server.own,
        );
        let load = share(self.load_core - before.load_core, self.load - before.load);
        server.max(load)
    }
}

impl Run {
    /// Returns the median of each figure.
    pub(super) fn median(runs: &[Self]) -> Self {
        let median = |value: fn(&Self) -> f64| {
            let mut values: Vec<f64> = runs.iter().map(value).collect();
            values.sort_by(f64::total_cmp);
            values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
        };
        Self {
            requests_per_second: median(|run| run.requests_per_second),
            p50_ms: median(|run| run.p50_ms),
            p99_ms: median(|run| run.p99_ms),
            cpu_us: median(|run| run.cpu_us),
            system_us: median(|run| run.system_us),
        }
    }
}

impl Output {
    fn read(text: &str) -> Option<Self> {
        let line = text.lines().find_map(|line| line.strip_prefix(MARK))?;
        let numbers: Vec<f64> = line
            .split_whitespace()
            .map(|word| word.parse().ok())
            .collect::<Option<_>>()?;
        let [requests, microseconds, p50_us, p99_us, failures] = numbers[..] else {
            return None;
        };
        Some(Self {
            requests,
            seconds: microseconds / 1e6,
            p50_us,
            p99_us,
            failures,
        })
    }
}

/// Prints the results at the end, so it does not affect the measurement.
const SCRIPT: &str = r#"
function done(summary, latency, requests)
  local errors = summary.errors
  local failures = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format("figures: %d %d %d %d %d\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99), failures))
end
"#;

const MARK: &str = "figures: ";

/// Duration of a round.
pub(super) const SECONDS: u32 = 2;

/// Limit for other programs, as share of a core. An idle machine stays below it.
pub(super) const FOREIGN_SHARE: f64 = 0.1;

/// Limit for CPU steal, as share of both cores. It is low because steal soon shows in p99.
pub(super) const STEAL_SHARE: f64 = 0.02;

/// Limit for repeated rounds, so that the section ends on a busy machine too.
const MAX_REPEATED: u32 = 40;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_of_the_script_is_parsed() {
        let text = "Running 2s test\n  Requests/sec: 3\nfigures: 4000 2000000 310 1500 1\n";
        let output = Output::read(text).expect("a line of figures");
        assert_eq!((output.requests, output.seconds), (4000.0, 2.0));
        assert_eq!((output.p50_us, output.p99_us), (310.0, 1500.0));
        assert_eq!(output.failures, 1.0);
        assert!(Output::read("figures: 1 2\n").is_none());
    }
}
