//! The load generator: wrk, on the core that the servers don't have.

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
use crate::host::{self, TICKS_PER_SECOND, Withheld};

/// What one round gave.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run {
    pub(super) requests_per_second: f64,
    pub(super) p50_ms: f64,
    pub(super) p99_ms: f64,
    /// What the server's process used of its core, for each request.
    pub(super) cpu_us: f64,
    /// What of that the system used on its behalf: for sockets and files.
    pub(super) system_us: f64,
}

/// Runs wrk, and looks at who else used the cores meanwhile.
pub(super) struct Load {
    script: PathBuf,
    cores: Cores,
    stub: u32,
    repeated: u32,
    taken_as_they_were: u32,
}

/// What wrk's script prints.
struct Said {
    requests: f64,
    seconds: f64,
    p50_us: f64,
    p99_us: f64,
    failures: f64,
}

/// Ticks at one moment.
struct Ticks {
    at: Instant,
    server_core: u64,
    load_core: u64,
    server: ProcessTicks,
    /// The stub, and every wrk that has ended.
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
            taken_as_they_were: 0,
        })
    }

    /// How many rounds had to be repeated.
    pub(super) fn repeated(&self) -> u32 {
        self.repeated
    }

    /// How many rounds were not trusted, and taken for want of better ones.
    pub(super) fn taken_as_they_were(&self) -> u32 {
        self.taken_as_they_were
    }

    /// Lets a server compile, open its connections and grow to its size.
    pub(super) async fn warm_up(&mut self, program: &Program) -> anyhow::Result<()> {
        let port = program.port();
        self.wrk(port, "/token", 32, 1).await?;
        Ok(())
    }

    /// One round, repeated while it can't be trusted.
    pub(super) async fn run(
        &mut self,
        program: &Program,
        path: &str,
        connections: u32,
    ) -> anyhow::Result<Run> {
        self.trusted(program.process(), program.port(), path, connections)
            .await
    }

    /// The median of `rounds` rounds without a server between.
    pub(super) async fn runs_of_stub(
        &mut self,
        url: &str,
        connections: u32,
        rounds: usize,
    ) -> anyhow::Result<Run> {
        let port = url.rsplit(':').next().and_then(|port| port.parse().ok());
        let port = port.context("an address has a port")?;
        let mut runs = Vec::new();
        for _ in 0..rounds {
            // The server's core has nothing to do; our own process stands for that.
            let idle = process::id();
            runs.push(self.trusted(idle, port, "/v3/token", connections).await?);
        }
        Ok(Run::median(&runs))
    }

    async fn trusted(
        &mut self,
        server: u32,
        port: u16,
        path: &str,
        connections: u32,
    ) -> anyhow::Result<Run> {
        let mut best: Option<(f64, Run)> = None;
        loop {
            host::calm().await;
            let withheld = Withheld::since_now();
            let before = self.ticks(server)?;
            let said = self.wrk(port, path, connections, SECONDS).await?;
            let after = self.ticks(server)?;
            anyhow::ensure!(
                said.requests > 0.0 && said.failures == 0.0,
                "{} of {} requests for {path} failed",
                said.failures,
                said.requests
            );
            // What is withheld is in both; it stands in everyone's way far sooner.
            let spoilt = (after.foreign_since(&before) / FOREIGN_SHARE)
                .max(withheld.share() / WITHHELD_SHARE);
            let a_request = |ticks| ticks as f64 / TICKS_PER_SECOND * 1e6 / said.requests;
            let run = Run {
                requests_per_second: said.requests / said.seconds,
                p50_ms: said.p50_us / 1000.0,
                p99_ms: said.p99_us / 1000.0,
                cpu_us: a_request(after.server.own - before.server.own),
                system_us: a_request(after.server.system - before.server.system),
            };
            if best.is_none_or(|(least, _)| spoilt < least) {
                best = Some((spoilt, run));
            }
            let (least, run) = best.context("there was a round")?;
            if least <= 1.0 {
                return Ok(run);
            }
            if self.repeated == MAX_REPEATED {
                self.taken_as_they_were += 1;
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
    ) -> anyhow::Result<Said> {
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
        Said::read(&text).with_context(|| {
            let errors = String::from_utf8_lossy(&output.stderr);
            format!("wrk did not end well: {text}{errors}")
        })
    }

    /// Of all that takes part.
    pub(super) fn versions(&self) -> String {
        let first_line = |program: &str, flag: &str| {
            let mut command = process::Command::new(program);
            let output = command.arg(flag).env("PATH", search_path()).output().ok()?;
            // nginx says its version on standard error.
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
    /// The larger of both cores' shares that went to programs which take no part.
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
    /// Each figure's own median.
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

impl Said {
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

/// Printed once all is over, so it costs the measurement nothing.
const SCRIPT: &str = r#"
function done(summary, latency, requests)
  local errors = summary.errors
  local failures = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format("figures: %d %d %d %d %d\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99), failures))
end
"#;

const MARK: &str = "figures: ";

/// Of one round.
pub(super) const SECONDS: u32 = 2;

/// Less than this of a core is what an idle machine does by itself.
pub(super) const FOREIGN_SHARE: f64 = 0.1;

/// Of both cores' time. Where a hundredth of all requests decides, it decides soon.
pub(super) const WITHHELD_SHARE: f64 = 0.02;

/// On a machine that others use, the section must end too.
const MAX_REPEATED: u32 = 40;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scripts_line_is_found_among_the_others() {
        let text = "Running 2s test\n  Requests/sec: 3\nfigures: 4000 2000000 310 1500 1\n";
        let said = Said::read(text).expect("a line of figures");
        assert_eq!((said.requests, said.seconds), (4000.0, 2.0));
        assert_eq!((said.p50_us, said.p99_us), (310.0, 1500.0));
        assert_eq!(said.failures, 1.0);
        assert!(Said::read("figures: 1 2\n").is_none());
    }
}
