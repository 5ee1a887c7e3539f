//! Installs tools at pinned versions into `target/tools`.

use std::{fs, path::PathBuf, process::Command};

use crate::{
    failure::Failure,
    lockfile,
    run::{self, info, output, program, step},
    workspace::Workspace,
};

/// The `wasm-opt` crate, with the sources of Binaryen 116. No later version is published as a
/// crate.
const WASM_OPT_CRATE: &str = "0.116.1";

/// The same program compiled to JavaScript: a download of 7 MB instead of minutes of compiling C++.
/// Used if npm is installed. Both give byte-identical output.
const WASM_OPT_NPM: &str = "binaryen@116.0.0";

/// The version that both `wasm-opt` programs print.
const BINARYEN: &str = "116";

/// cargo-deny, which checks licences, bans, sources and advisories of the dependencies.
const CARGO_DENY: &str = "0.20.2";

/// Firefox's driver. It supports all Firefox versions of the last years.
const GECKODRIVER: &str = "0.37.1";

/// cargo-cyclonedx, which writes the SBOM of a release.
const CARGO_CYCLONEDX: &str = "0.5.9";

/// A program that `cargo install` installs from a crate.
struct Tool {
    /// The program's name in `target/tools/bin`.
    binary: &'static str,
    /// The name of the crate.
    package: &'static str,
    /// The version of the crate.
    version: String,
    /// The version that `binary --version` prints.
    printed_version: String,
    /// Arguments of `cargo install` that select crate features.
    features: &'static [&'static str],
    /// Minutes to build, measured on two cores; printed before the installation.
    minutes: &'static str,
}

/// Which modules of the client are good enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Modules {
    /// Only those that wasm-opt has made small.
    Small,
    /// Twice as large ones too, if it takes minutes to install wasm-opt.
    Any,
}

/// Installs the tools that build the client. Returns whether wasm-opt is installed.
///
/// # Errors
///
/// Returns an error if a version can't be read from `Cargo.lock` or an installation fails.
pub(crate) fn ensure_for_client(workspace: &Workspace, modules: Modules) -> Result<bool, Failure> {
    let [wasm_bindgen, wasm_opt] = client_tools(workspace)?;
    wasm_bindgen.ensure(workspace)?;
    if wasm_opt.is_installed(workspace) || install_wasm_opt_with_npm(workspace, &wasm_opt) {
        return Ok(true);
    }
    if modules == Modules::Any {
        return Ok(false);
    }
    wasm_opt.ensure(workspace)?;
    Ok(true)
}

/// Whether wasm-opt is installed, or npm can install it.
///
/// # Errors
///
/// Returns an error if a version can't be read from `Cargo.lock`.
pub(crate) fn gets_wasm_opt_in_seconds(workspace: &Workspace) -> Result<bool, Failure> {
    let [_, wasm_opt] = client_tools(workspace)?;
    Ok(has_npm() || wasm_opt.is_installed(workspace))
}

/// Installs cargo-deny.
///
/// # Errors
///
/// Returns an error if the installation fails.
pub(crate) fn ensure_for_check(workspace: &Workspace) -> Result<(), Failure> {
    Tool {
        binary: "cargo-deny",
        package: "cargo-deny",
        version: CARGO_DENY.to_owned(),
        printed_version: CARGO_DENY.to_owned(),
        features: &["--no-default-features"],
        minutes: "2",
    }
    .ensure(workspace)
}

/// Installs cargo-cyclonedx.
///
/// # Errors
///
/// Returns an error if the installation fails.
pub(crate) fn ensure_cyclonedx(workspace: &Workspace) -> Result<(), Failure> {
    Tool {
        binary: "cargo-cyclonedx",
        package: "cargo-cyclonedx",
        version: CARGO_CYCLONEDX.to_owned(),
        printed_version: CARGO_CYCLONEDX.to_owned(),
        features: &[],
        minutes: "2",
    }
    .ensure(workspace)
}

/// Installs Firefox's driver and returns its path.
///
/// # Errors
///
/// Returns an error if the installation fails.
pub(crate) fn ensure_geckodriver(workspace: &Workspace) -> Result<PathBuf, Failure> {
    let driver = Tool {
        binary: "geckodriver",
        package: "geckodriver",
        version: GECKODRIVER.to_owned(),
        printed_version: GECKODRIVER.to_owned(),
        features: &[],
        minutes: "2",
    };
    driver.ensure(workspace)?;
    let installed = workspace.tools().join("bin").join(driver.binary);
    Ok(match run::find_on_path(&[driver.binary]) {
        Some(found) if !installed.is_file() => found,
        _ => installed,
    })
}

/// Returns the versions of all tools that affect the built client.
///
/// # Errors
///
/// Returns an error if a version can't be read from `Cargo.lock`.
pub(crate) fn client_versions(workspace: &Workspace) -> Result<String, Failure> {
    let tools = client_tools(workspace)?;
    let versions = tools.iter().map(|tool| tool.printed_version.as_str());
    Ok(versions.collect::<Vec<_>>().join(" "))
}

fn client_tools(workspace: &Workspace) -> Result<[Tool; 2], Failure> {
    let wasm_bindgen = wasm_bindgen_version(workspace)?;
    Ok([
        Tool {
            binary: "wasm-bindgen",
            package: "wasm-bindgen-cli",
            printed_version: wasm_bindgen.clone(),
            version: wasm_bindgen,
            // Without TLS: only its test runner, which isn't used here, needs it.
            features: &["--no-default-features"],
            minutes: "1",
        },
        Tool {
            binary: "wasm-opt",
            package: "wasm-opt",
            version: WASM_OPT_CRATE.to_owned(),
            printed_version: BINARYEN.to_owned(),
            // Without the default feature `dwarf`, which compiles a part of LLVM.
            features: &["--no-default-features"],
            minutes: "5",
        },
    ])
}

/// Reads the version of wasm-bindgen from `Cargo.lock`. The tool must have the same version as the
/// crate: they share a private format that changes with each version.
fn wasm_bindgen_version(workspace: &Workspace) -> Result<String, Failure> {
    let path = workspace.path("Cargo.lock");
    let lock = fs::read_to_string(&path)
        .map_err(|error| Failure::new(format!("{} can't be read: {error}.", path.display())))?;
    let version = lockfile::version_of("wasm-bindgen", &lock);
    version.map(str::to_owned).ok_or_else(|| {
        Failure::new(
            "Cargo.lock must contain exactly one version of wasm-bindgen: run `cargo update -p \
             wasm-bindgen`, or find the cause with `cargo tree -i wasm-bindgen`.",
        )
    })
}

impl Tool {
    fn ensure(&self, workspace: &Workspace) -> Result<(), Failure> {
        if self.is_installed(workspace) {
            return Ok(());
        }
        let Self {
            package, version, ..
        } = self;
        step(&format!(
            "Installing {package} {version} into target/tools (once, takes about {} min on two \
             cores)",
            self.minutes
        ));
        if run::find_on_path(&["cargo-binstall"]).is_some() && self.download(workspace) {
            return Ok(());
        }
        if self.binary == "wasm-opt" {
            info("most of it is C++; cargo shows no progress while that compiles");
        }
        self.cargo_install(workspace)?;
        if self.is_installed(workspace) {
            return Ok(());
        }
        Err(Failure::new(format!(
            "{package} was installed, but {} does not report version {}: delete target/tools and \
             run this command again.",
            self.binary, self.printed_version
        )))
    }

    fn is_installed(&self, workspace: &Workspace) -> bool {
        // The one in `target/tools`, or else one on the `PATH`.
        let mut command = program(workspace, self.binary);
        // Some subcommands of cargo print their version only with their own name as an argument.
        if let Some(subcommand) = self.binary.strip_prefix("cargo-") {
            command.arg(subcommand);
        }
        let text = output(command.arg("--version"));
        text.is_some_and(|text| {
            text.split_whitespace()
                .any(|word| word == self.printed_version)
        })
    }

    /// Downloads what the tool's own project has compiled, with cargo-binstall. Returns `false` if
    /// there is nothing for this system, or if that fails.
    fn download(&self, workspace: &Workspace) -> bool {
        let mut binstall = run::cargo(workspace);
        binstall
            .args(["binstall", "--no-confirm", "--force"])
            // Neither programs from others nor a build, for which there are better settings below.
            .args(["--disable-strategies", "quick-install,compile"])
            .arg("--root")
            .arg(workspace.tools())
            .arg(format!("{}@{}", self.package, self.version));
        run::succeeds(&mut binstall) && self.is_installed(workspace)
    }

    fn cargo_install(&self, workspace: &Workspace) -> Result<(), Failure> {
        let mut locked = cargo_install(workspace, self);
        if run::succeeds(locked.arg("--locked")) {
            return Ok(());
        }
        // The tool's lockfile may name versions that were yanked, or that a registry mirror lacks.
        // Only the tool's own version matters, so try again without the lockfile.
        info("that failed: trying again without the tool's lockfile");
        run::run(
            &mut cargo_install(workspace, self),
            &format!(
                "{} {} could not be installed, see above: check the network, install a C and C++ \
                 compiler (on Debian: `apt-get install build-essential`), and run this command \
                 again.",
                self.package, self.version
            ),
        )
    }
}

/// Installs wasm-opt with npm. Returns `false` if npm is missing or fails; then cargo installs it.
fn install_wasm_opt_with_npm(workspace: &Workspace, wasm_opt: &Tool) -> bool {
    if !has_npm() {
        return false;
    }
    step(&format!(
        "Installing {WASM_OPT_NPM} into target/tools with npm (once, takes seconds)"
    ));
    let mut npm = program(workspace, "npm");
    npm.args(["install", "--global", "--prefix"])
        .arg(workspace.tools())
        .args([
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--force",
            "--loglevel=error",
            WASM_OPT_NPM,
        ]);
    run::succeeds(&mut npm) && wasm_opt.is_installed(workspace)
}

/// Whether npm can install programs. On Windows it installs them as scripts, which can't be started
/// by their names.
fn has_npm() -> bool {
    cfg!(unix)
        && ["npm", "node"]
            .iter()
            .all(|name| run::find_on_path(&[name]).is_some())
}

fn cargo_install(workspace: &Workspace, tool: &Tool) -> Command {
    let version = format!("={}", tool.version);
    let mut cargo = run::cargo(workspace);
    cargo
        .args(["install", tool.package, "--version", &version])
        // Replaces another version, or one that npm installed.
        .arg("--force")
        .args(tool.features)
        .arg("--root")
        .arg(workspace.tools())
        // One folder for all tools: they share dependencies, and an interrupted build can continue.
        .arg("--target-dir")
        .arg(workspace.path("target/tools-build"))
        .envs(FAST_BUILD_PROFILE.iter().copied())
        // Such flags (`-D warnings`) are meant for this repository's code.
        .env_remove("RUSTFLAGS");
    cargo
}

/// Profile settings for a fast build. The tools run for seconds but compile for minutes, so
/// optimising them does not pay.
const FAST_BUILD_PROFILE: &[(&str, &str)] = &[
    ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0"),
    ("CARGO_PROFILE_RELEASE_LTO", "off"),
    ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16"),
    ("CARGO_PROFILE_RELEASE_DEBUG", "0"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wasm_opt_crate_contains_the_expected_binaryen() {
        let minor = WASM_OPT_CRATE.split('.').nth(1);
        assert_eq!(minor, Some(BINARYEN));
    }

    #[test]
    fn the_client_versions_include_the_locked_wasm_bindgen() {
        let workspace = Workspace::of_this_crate();
        let versions = client_versions(&workspace).expect("Cargo.lock is in the repository");
        let lock = include_str!("../../../Cargo.lock");
        let locked = lockfile::version_of("wasm-bindgen", lock).expect("one version");
        assert!(versions.split(' ').any(|version| version == locked));
    }
}
