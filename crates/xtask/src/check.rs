//! `cargo xtask check`: what a reviewer would run. Every check runs, whatever became of the others.

use std::process::Command;

use crate::{
    advisories::{self, Outcome},
    arrows, circles,
    failure::Failure,
    run::{self, cargo, note, output, step},
    rustup::{self, WASM_TARGET},
    tools,
    workspace::Workspace,
};

/// Runs all checks.
///
/// # Errors
///
/// When something can't be set up, or one sentence for each check that failed.
pub(crate) fn run(workspace: &Workspace) -> Result<(), Failure> {
    rustup::ensure_wasm_target(workspace)?;
    rustup::ensure_components(workspace)?;
    tools::ensure_for_check(workspace)?;
    step("Fetching the crates this repository uses");
    run::run(
        cargo(workspace).args(["fetch", "--locked"]),
        "The crates could not be fetched with Cargo.lock as it is: run `cargo build`, look at what \
         changes in Cargo.lock, and commit that.",
    )?;

    let mut failures = Vec::new();
    for check in checks(workspace) {
        step(check.title);
        let mut command = check.command;
        if let Err(failure) = run::run(&mut command, check.sentence) {
            failures.push(failure.to_string());
        }
    }
    // A rule that bans nothing would pass everywhere.
    if output(&mut pure(workspace, &arrows::impure_manifest())).is_some() {
        failures
            .push("deny.pure.toml lets the browser pass: see what is wrong with it.".to_owned());
    }
    match advisories::check(workspace) {
        Outcome::None => {}
        Outcome::Found => failures.push(advisories::FOUND.to_owned()),
        // No failure: a change can be right where the Internet is out of reach.
        Outcome::Unavailable => note(advisories::UNAVAILABLE),
    }
    let metadata = output(cargo(workspace).args(["metadata", "--format-version", "1", "--locked"]))
        .ok_or_else(|| Failure::new("`cargo metadata --locked` failed: run it to see why."))?;
    step("The crates' arrows");
    failures.extend(noted(arrows::broken(&metadata))?);
    step("Circles of files");
    failures.extend(noted(circles::broken(&metadata))?);

    if failures.is_empty() {
        step("All checks passed");
        return Ok(());
    }
    Err(Failure::new(format!(
        "What must be put right:\n- {}",
        failures.join("\n- ")
    )))
}

/// A program whose success is the check.
struct Check {
    /// What is being looked at.
    title: &'static str,
    /// The program.
    command: Command,
    /// What to say and advise when it fails.
    sentence: &'static str,
}

fn checks(workspace: &Workspace) -> Vec<Check> {
    let with = |args: &[&str]| {
        let mut command = cargo(workspace);
        command.args(args);
        command
    };
    let mut clippy_for_wasm = with(&["clippy", "--locked", "--target", WASM_TARGET]);
    for package in WASM_PACKAGES {
        clippy_for_wasm.args(["--package", package]);
    }
    clippy_for_wasm.args(["--", "-D", "warnings"]);
    let mut docs = with(&["doc", "--workspace", "--no-deps", "--locked"]);
    docs.env("RUSTDOCFLAGS", "-D warnings");

    let pure = arrows::pure_manifests().map(|manifest| Check {
        title: "What the crates that only compute reach",
        command: pure(workspace, &manifest),
        sentence: "A crate that only computes reaches what it must not: see under \"What\".",
    });
    let others = [
        Check {
            title: "Format",
            // The names of files will do: the command mends them.
            command: with(&["fmt", "--all", "--check", "--", "-l"]),
            sentence: "The format differs: run `cargo fmt --all`.",
        },
        Check {
            title: "Lints, native",
            command: with(&[
                "clippy",
                "--workspace",
                "--all-targets",
                "--locked",
                "--",
                "-D",
                "warnings",
            ]),
            sentence: "Clippy has complaints: see under \"Lints, native\".",
        },
        Check {
            title: "Lints, wasm",
            command: clippy_for_wasm,
            sentence: "Clippy has complaints about the wasm build: see under \"Lints, wasm\".",
        },
        Check {
            title: "Docs",
            command: docs,
            sentence: "The docs have warnings: see under \"Docs\".",
        },
        Check {
            title: "Licences, bans and sources of the dependencies",
            command: with(&["deny", "--offline", "check", "licenses", "bans", "sources"]),
            sentence: "A dependency breaks a rule of deny.toml: see under \"Licences\".",
        },
    ];
    others.into_iter().chain(pure).collect()
}

/// Whether a crate reaches nothing that `deny.pure.toml` bans.
fn pure(workspace: &Workspace, manifest: &str) -> Command {
    let mut command = cargo(workspace);
    command
        .args(["deny", "--offline", "--config", "deny.pure.toml"])
        .args(["--manifest-path", manifest, "check", "bans"]);
    command
}

/// Says what a check of `cargo metadata` found, and passes it on.
fn noted(broken: Result<Vec<String>, serde_json::Error>) -> Result<Vec<String>, Failure> {
    let broken = broken
        .map_err(|error| Failure::new(format!("`cargo metadata` isn't understood: {error}.")))?;
    for sentence in &broken {
        note(sentence);
    }
    Ok(broken)
}

/// What browsers run.
const WASM_PACKAGES: &[&str] = &[
    "inturn-bench-kit",
    "inturn-client-core",
    "inturn-protocol",
    "inturn-web-client",
];

#[cfg(test)]
mod tests {
    const PURE: &str = include_str!("../../../deny.pure.toml");

    #[test]
    fn a_pure_crate_reaches_no_browser_runtime_clock_or_chance() {
        for banned in [
            "js-sys",
            "web-sys",
            "tokio",
            "web-time",
            "time",
            "getrandom",
        ] {
            assert!(PURE.contains(&format!("crate = \"{banned}\"")), "{banned}");
        }
    }

    #[test]
    fn tests_may_use_chance() {
        assert!(PURE.lines().any(|line| line == "exclude-dev = true"));
    }
}
