//! Measures the program, prints tables, and writes `docs/performance.md`.
//!
//! `cargo xtask bench` builds what is measured, sets the variables that name it, and runs this.

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
    host::Withheld,
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

/// Runs the sections that were named, or all of them; only all of them make a document.
async fn run(names: Vec<String>) -> anyhow::Result<()> {
    let all = || NAMES.into_iter().chain([ON_REQUEST]);
    if let Some(unknown) = names.iter().find(|name| all().all(|it| it != *name)) {
        bail!(
            "There is no section `{unknown}`: name some of {}, or none for all but the last.",
            all().collect::<Vec<_>>().join(", ")
        );
    }
    let chosen =
        |name: &str| names.iter().any(|it| it == name) || names.is_empty() && name != ON_REQUEST;
    let mut report = Report::new(machine::shape());
    let withheld = Withheld::since_now();
    let mut failed = Vec::new();
    for name in all().filter(|name| chosen(name)) {
        let started = Instant::now();
        match measure(name).await {
            Ok(section) => {
                println!("{section}");
                report.sections.push(section);
            }
            Err(error) => {
                eprintln!("The section `{name}` could not be measured: {error:#}");
                failed.push(name);
            }
        }
        println!("({name} took {:.0} s)\n", started.elapsed().as_secs_f64());
    }
    if !failed.is_empty() {
        // A document with a gap would pass for one of all there is.
        bail!(
            "No document is written: {} could not be measured.",
            failed.join(" and ")
        );
    }
    report.shape.push(format!(
        "Host: withheld {} of the processors' time in this run, which waited {:.0} s for it to rest",
        quantity(withheld.share() * 100.0, "%"),
        host::waited().as_secs_f64()
    ));
    // A part of it would pass for all there is.
    let name = match names.as_slice() {
        [] => Some("performance.md"),
        [only] if only == ON_REQUEST => Some("resamplers.md"),
        _ => None,
    };
    let folder = inturn_tests::machine::repository().join(match name {
        Some(_) => "docs",
        // Those of the document stay what they were.
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
        "lateness" => sections::lateness::run().await,
        "weight" => sections::weight::run().await,
        "growth" => sections::growth::run().await,
        "server" => sections::server::run().await,
        "attacks" => sections::attacks::run().await,
        _ => bail!("It has a name and nothing to run"),
    }
}

/// Writes all charts into `folder`.
fn draw(report: &Report, folder: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder)
        .with_context(|| format!("{} can't be made", folder.display()))?;
    for chart in report.sections.iter().flat_map(|it| &it.charts) {
        let path = folder.join(chart.name).with_extension("svg");
        std::fs::write(&path, chart.svg()?)
            .with_context(|| format!("{} can't be written", path.display()))?;
        println!("Drawn: {}.", path.display());
    }
    Ok(())
}

/// The sections, in the order of the document.
const NAMES: [&str; 8] = [
    "audio", "cost", "start", "lateness", "weight", "growth", "server", "attacks",
];

/// The section that is measured only by name, and has a document of its own: other resamplers change
/// seldom, and ours is measured in `audio`.
const ON_REQUEST: &str = "resamplers";
