//! `cargo xtask check`: everything a reviewer would run except the tests. A failed check does not
//! stop the others.

use std::{fs, io, path::Path, process::Command};

use crate::{
    advisories::{self, Outcome},
    cycles, dependencies,
    failure::Failure,
    files, links, packages,
    run::{self, cargo, info, output, step},
    rustup::{self, WASM_TARGET},
    style, tools,
    workspace::Workspace,
};

/// Runs all checks.
///
/// # Errors
///
/// Returns an error if something can't be installed, or one message for each failed check.
pub(crate) fn run(workspace: &Workspace) -> Result<(), Failure> {
    rustup::ensure_wasm_target(workspace)?;
    rustup::ensure_components(workspace)?;
    tools::ensure_for_check(workspace)?;
    step("Fetching the crates this repository uses");
    run::run(
        cargo(workspace).args(["fetch", "--locked"]),
        "The crates could not be fetched with the current Cargo.lock, see above: check the \
         network; if Cargo.lock is out of date, run `cargo build` and commit what changes in it.",
    )?;

    let mut failures = Vec::new();
    for check in checks(workspace) {
        step(check.title);
        let mut command = check.command;
        if let Err(failure) = run::run(&mut command, check.message) {
            failures.push(failure.to_string());
        }
    }
    // Rules that ban nothing would pass for every crate, so check that they fail for this one.
    if output(&mut deny_pure(workspace, &dependencies::impure_manifest())).is_some() {
        failures.push(
            "deny.pure.toml passes for inturn-web-client, which uses the browser: its bans have no \
             effect, correct them."
                .to_owned(),
        );
    }
    step("Packages of the crates that others can use");
    if let Err(failure) = packages::check(workspace) {
        failures.push(failure.to_string());
    }
    match advisories::check(workspace) {
        Outcome::None => {}
        Outcome::Found => failures.push(advisories::FOUND.to_owned()),
        // Not a failure: a change can be correct on a machine without Internet access.
        Outcome::Unavailable => info(advisories::UNAVAILABLE),
    }
    let metadata = output(cargo(workspace).args(["metadata", "--format-version", "1", "--locked"]))
        .ok_or_else(|| Failure::new("`cargo metadata --locked` failed: run it to see why."))?;
    step("Dependencies between crates");
    failures.extend(printed(dependencies::violations(&metadata))?);
    step("Import cycles between files");
    failures.extend(printed(cycles::violations(&metadata))?);
    step("Line width and imports");
    failures.extend(in_files(workspace, SOURCES, &|name, text| {
        style::violations(&name.to_string_lossy(), text)
    })?);
    step("Links in Markdown files");
    failures.extend(in_files(workspace, &["md"], &|name, text| {
        links::broken(
            name,
            text,
            &|path| workspace.root().join(path).exists(),
            &|path| fs::read_to_string(workspace.root().join(path)).ok(),
        )
    })?);

    if failures.is_empty() {
        step("All checks passed");
        return Ok(());
    }
    Err(Failure::new(format!(
        "Checks failed:\n- {}",
        failures.join("\n- ")
    )))
}

/// A command whose exit status is the result of the check.
struct Check {
    /// The title of the step.
    title: &'static str,
    /// The command.
    command: Command,
    /// Printed at the end if the command fails: what is wrong and what to do.
    message: &'static str,
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

    let pure = dependencies::pure_manifests().map(|manifest| Check {
        title: "Dependencies of the crates that only compute",
        command: deny_pure(workspace, &manifest),
        message: "A crate that only computes depends on a crate banned in deny.pure.toml: see \
                  under \"Dependencies of the crates that only compute\".",
    });
    let others = [
        Check {
            title: "Format",
            // `-l` prints only file names; `cargo fmt` fixes the files.
            command: with(&["fmt", "--all", "--check", "--", "-l"]),
            message: "Files are not formatted: run `cargo fmt --all`.",
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
            message: "Clippy reports warnings: see under \"Lints, native\".",
        },
        Check {
            title: "Lints, wasm",
            command: clippy_for_wasm,
            message: "Clippy reports warnings for the wasm build: see under \"Lints, wasm\".",
        },
        Check {
            title: "Docs",
            command: docs,
            message: "The docs have warnings: see under \"Docs\".",
        },
        Check {
            title: "Licences, bans and sources of the dependencies",
            command: with(&["deny", "--offline", "check", "licenses", "bans", "sources"]),
            message: "A dependency breaks a rule of deny.toml: see under \"Licences, bans and \
                      sources of the dependencies\".",
        },
    ];
    others.into_iter().chain(pure).collect()
}

/// A command that fails if a crate depends, directly or not, on anything banned in
/// `deny.pure.toml`.
fn deny_pure(workspace: &Workspace, manifest: &str) -> Command {
    let mut command = cargo(workspace);
    command
        .args(["deny", "--offline", "--config", "deny.pure.toml"])
        .args(["--manifest-path", manifest, "check", "bans"]);
    command
}

/// Prints the violations and returns them.
fn printed(violations: Result<Vec<String>, serde_json::Error>) -> Result<Vec<String>, Failure> {
    let violations = violations
        .map_err(|error| Failure::new(format!("`cargo metadata` can't be parsed: {error}.")))?;
    for violation in &violations {
        info(violation);
    }
    Ok(violations)
}

/// Checks all files with these extensions. Prints the violations and returns them.
fn in_files(
    workspace: &Workspace,
    extensions: &[&str],
    violations: &dyn Fn(&Path, &str) -> Vec<String>,
) -> Result<Vec<String>, Failure> {
    let unreadable =
        |error: io::Error| Failure::new(format!("The repository can't be read: {error}."));
    let mut found = Vec::new();
    for file in files::with_extensions(workspace.root(), extensions).map_err(unreadable)? {
        let text = fs::read_to_string(workspace.root().join(&file)).map_err(unreadable)?;
        for violation in violations(&file, &text) {
            info(&violation);
            found.push(violation);
        }
    }
    Ok(found)
}

/// Extensions of the files whose lines have a maximum width.
const SOURCES: &[&str] = &["rs", "css", "js", "toml"];

/// The crates that run in browsers.
const WASM_PACKAGES: &[&str] = &[
    "inturn-bench-kit",
    "inturn-client-core",
    "inturn-protocol",
    "inturn-web-client",
    "inturn-web-documents",
];

#[cfg(test)]
mod tests {
    const PURE: &str = include_str!("../../../deny.pure.toml");

    #[test]
    fn pure_crates_may_not_use_browser_runtime_clock_or_randomness() {
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
    fn tests_may_use_randomness() {
        assert!(PURE.lines().any(|line| line == "exclude-dev = true"));
    }
}
