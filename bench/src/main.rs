//! Measures the program and its peers, prints tables and writes `docs/performance.md`.
//!
//! Run it by `cargo xtask bench`, which builds the measured programs and sets the variables with
//! their paths.

#![expect(clippy::print_stdout, reason = "prints what it measured")]

mod chart;
mod estimates;
mod host;
mod machine;
mod metrics;
mod report;
mod sections;
mod statistics;
mod wasm;

use std::{env, path::Path, process::ExitCode, time::Instant};

use anyhow::{Context as _, bail};

use self::{
    host::StealTime,
    report::{Report, Section, quantity},
};

#[tokio::main]
async fn main() -> ExitCode {
    match run(env::args().skip(1).collect()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\n{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Runs the named sections, or all except [`ON_REQUEST`]. Only a run of all writes
/// `performance.md`.
async fn run(names: Vec<String>) -> anyhow::Result<()> {
    let all = || NAMES.into_iter().chain([ON_REQUEST]);
    if let Some(unknown) = names.iter().find(|name| all().all(|it| it != *name)) {
        bail!(
            "unknown section `{unknown}`: the sections are {}; without names, all except \
             {ON_REQUEST} run",
            all().collect::<Vec<_>>().join(", ")
        );
    }
    let chosen =
        |name: &str| names.iter().any(|it| it == name) || names.is_empty() && name != ON_REQUEST;
    let mut report = Report::new(machine::environment());
    let steal = StealTime::since_now();
    let mut failed = Vec::new();
    for name in all().filter(|name| chosen(name)) {
        let started = Instant::now();
        match measure(name).await {
            Ok(section) => {
                println!("{section}");
                report.sections.push(section);
            }
            Err(error) => {
                eprintln!("section `{name}` failed: {error:#}");
                failed.push(name);
            }
        }
        println!("({name} took {:.0} s)\n", started.elapsed().as_secs_f64());
    }
    if !failed.is_empty() {
        // Readers of an incomplete document would not notice the missing section.
        bail!(
            "no document was written, because these sections failed: {}",
            failed.join(", ")
        );
    }
    report.environment.push(format!(
        "CPU steal: {} of the processors' time in this run, which waited {:.0} s in all for \
         moments with less",
        quantity(steal.share() * 100.0, "%"),
        host::waited().as_secs_f64()
    ));
    // A run of some sections writes no document, since it would be incomplete.
    let name = match names.as_slice() {
        [] => Some("performance.md"),
        [only] if only == ON_REQUEST => Some("resamplers.md"),
        _ => None,
    };
    let folder = inturn_tests::machine::repository().join(match name {
        Some(_) => "docs",
        // The charts in `docs` must match the document there.
        None => "target/bench",
    });
    draw(&report, &folder.join("charts"))?;
    if let Some(name) = name {
        let path = folder.join(name);
        std::fs::write(&path, report.to_string())
            .with_context(|| format!("{} can't be written", path.display()))?;
        println!("Written to {}.", path.display());
    }
    Ok(())
}

async fn measure(name: &str) -> anyhow::Result<Section> {
    match name {
        "audio" => sections::audio::run(),
        ON_REQUEST => sections::audio::compare(),
        "cost" => sections::cost::run().await,
        "start" => sections::start::run().await,
        "start-live" => sections::lateness::live::run().await,
        "lateness" => sections::lateness::run().await,
        "capture" => sections::lateness::ways::run().await,
        "weight" => sections::weight::run().await,
        "growth" => sections::growth::run().await,
        "storage" => sections::storage::run().await,
        "recognition" => sections::recognition::run().await,
        "terminal" => sections::terminal::run().await,
        "server" => sections::server::run().await,
        "attacks" => sections::attacks::run().await,
        _ => bail!("the section has no implementation"),
    }
}

/// Writes all charts into `folder`.
fn draw(report: &Report, folder: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder)
        .with_context(|| format!("{} can't be created", folder.display()))?;
    for chart in report.sections.iter().flat_map(|it| &it.charts) {
        let path = folder.join(chart.name).with_extension("svg");
        std::fs::write(&path, chart.svg()?)
            .with_context(|| format!("{} can't be written", path.display()))?;
        println!("Drawn to {}.", path.display());
    }
    Ok(())
}

/// The sections, in the order of the document.
const NAMES: [&str; 13] = [
    "audio",
    "cost",
    "start",
    "start-live",
    "lateness",
    "capture",
    "weight",
    "growth",
    "storage",
    "recognition",
    "terminal",
    "server",
    "attacks",
];

/// The section that runs only if it is named, and that has its own document. Other resamplers
/// rarely change, and ours is measured in `audio`.
const ON_REQUEST: &str = "resamplers";
