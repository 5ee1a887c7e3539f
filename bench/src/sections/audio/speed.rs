//! Speeds, by criterion in a process of its own.

use std::{env, fs, path::PathBuf, process::Command};

use anyhow::{Context as _, ensure};
use inturn_tests::machine;
use serde_json::Value;
use tempfile::TempDir;

/// What the bench `audio` has measured.
pub(super) struct Speed {
    estimates: TempDir,
}

impl Speed {
    /// Runs the bench.
    pub(super) fn measure() -> anyhow::Result<Self> {
        let estimates = tempfile::tempdir()?;
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let output = Command::new(cargo)
            .current_dir(machine::repository())
            .args([
                "bench",
                "--quiet",
                "--package",
                "inturn-native",
                "--bench",
                "audio",
            ])
            .args(["--", "--quiet"])
            .env("CRITERION_HOME", estimates.path())
            // Its account is long, and of interest only when it breaks off.
            .output()
            .context("cargo can't be started")?;
        ensure!(
            output.status.success(),
            "`cargo bench --package inturn-native --bench audio` failed: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(Self { estimates })
    }

    /// How many times faster than it is spoken a resampler takes sound.
    pub(super) fn resampler(&self, id: &str, rate_hz: u32) -> Option<f64> {
        self.times_real_time(&["resampler", id, &rate_hz.to_string()])
    }

    /// The same of the whole pipeline.
    pub(super) fn pipeline(&self, input: &str, rate_hz: u32) -> Option<f64> {
        self.times_real_time(&["pipeline", input, &rate_hz.to_string()])
    }

    /// How long the coefficients take, in milliseconds.
    pub(super) fn design_ms(&self, rate_hz: u32) -> Option<f64> {
        Some(self.median_ns(&["design", &rate_hz.to_string()])? / 1e6)
    }

    fn times_real_time(&self, names: &[&str]) -> Option<f64> {
        Some(SOUND_NS / self.median_ns(names)?)
    }

    fn median_ns(&self, names: &[&str]) -> Option<f64> {
        let folder: PathBuf = names.iter().collect();
        let file = self
            .estimates
            .path()
            .join(folder)
            .join("new/estimates.json");
        let estimates: Value = serde_json::from_str(&fs::read_to_string(file).ok()?).ok()?;
        estimates["median"]["point_estimate"].as_f64()
    }
}

/// The length of the sound in each iteration of the bench: a fifth of a second.
const SOUND_NS: f64 = 2e8;
