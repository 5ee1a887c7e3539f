//! Times of native code, measured by criterion in a separate process.

use std::{env, fs, path::PathBuf, process::Command};

use anyhow::{Context as _, ensure};
use inturn_tests::machine;
use serde_json::Value;
use tempfile::TempDir;

/// Results of a native bench.
pub(crate) struct Estimates {
    folder: TempDir,
}

impl Estimates {
    /// Runs a bench of `inturn-bench-kit`.
    pub(crate) fn of_bench(name: &str) -> anyhow::Result<Self> {
        Self::of_part(name, ".")
    }

    /// Runs the benchmarks of a bench whose names match the regular expression `part`.
    pub(crate) fn of_part(name: &str, part: &str) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let output = Command::new(cargo)
            .current_dir(machine::repository())
            .args(["bench", "--quiet", "--package", "inturn-bench-kit"])
            .args(["--bench", name, "--", "--quiet", part])
            .env("CRITERION_HOME", folder.path())
            // The output is long, and only needed on failure.
            .output()
            .context("cargo can't be started")?;
        ensure!(
            output.status.success(),
            "`cargo bench --package inturn-bench-kit --bench {name}` failed: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(Self { folder })
    }

    /// Returns the median time of an iteration in nanoseconds, by the names of group and
    /// parameters.
    pub(crate) fn median_ns(&self, names: &[&str]) -> Option<f64> {
        let names: PathBuf = names.iter().collect();
        let file = self.folder.path().join(names).join("new/estimates.json");
        let estimates: Value = serde_json::from_str(&fs::read_to_string(file).ok()?).ok()?;
        estimates["median"]["point_estimate"].as_f64()
    }
}
