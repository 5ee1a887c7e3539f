//! Speeds of native code, by criterion in a process of its own.

use std::{env, fs, path::PathBuf, process::Command};

use anyhow::{Context as _, ensure};
use inturn_tests::machine;
use serde_json::Value;
use tempfile::TempDir;

/// What one of the native benches has measured.
pub(crate) struct Estimates {
    folder: TempDir,
}

impl Estimates {
    /// Runs the bench of this name in `inturn-bench-kit`.
    pub(crate) fn of_bench(name: &str) -> anyhow::Result<Self> {
        Self::of_part(name, ".")
    }

    /// As [`Self::of_bench`], but only what the regular expression `part` finds in its names.
    pub(crate) fn of_part(name: &str, part: &str) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let output = Command::new(cargo)
            .current_dir(machine::repository())
            .args(["bench", "--quiet", "--package", "inturn-bench-kit"])
            .args(["--bench", name, "--", "--quiet", part])
            .env("CRITERION_HOME", folder.path())
            // Its account is long, and of interest only when it breaks off.
            .output()
            .context("cargo can't be started")?;
        ensure!(
            output.status.success(),
            "`cargo bench --package inturn-bench-kit --bench {name}` failed: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(Self { folder })
    }

    /// The median of one iteration, in nanoseconds, by the names of groups and parameters.
    pub(crate) fn median_ns(&self, names: &[&str]) -> Option<f64> {
        let names: PathBuf = names.iter().collect();
        let file = self.folder.path().join(names).join("new/estimates.json");
        let estimates: Value = serde_json::from_str(&fs::read_to_string(file).ok()?).ok()?;
        estimates["median"]["point_estimate"].as_f64()
    }
}
