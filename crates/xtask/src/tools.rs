//! Tools at pinned versions, installed into `target/tools` and kept there.

use std::{fs, path::PathBuf, process::Command};

use crate::{
    failure::Failure,
    lockfile,
    run::{self, note, output, program, step},
    workspace::Workspace,
};

/// Trunk builds the client. 0.22 wants a newer Rust than this workspace.
const TRUNK: &str = "0.21.14";

/// The `wasm-opt` crate brings the sources of Binaryen 116; later ones aren't published there.
const WASM_OPT_CRATE: &str = "0.116.1";

/// The same program compiled to JavaScript: 7 MB instead of minutes of C++ where npm is at hand.
/// Its output is the same to the byte.
const WASM_OPT_NPM: &str = "binaryen@116.0.0";

/// What either `wasm-opt` calls itself.
const BINARYEN: &str = "116";

/// Licences, bans and sources of the dependencies.
const CARGO_DENY: &str = "0.20.2";

/// Firefox's driver. It speaks to every Firefox of the last years.
const GECKODRIVER: &str = "0.37.1";

/// A program from a crate.
struct Tool {
    /// The program's name in `target/tools/bin`.
    binary: &'static str,
    /// The crate it is in.
    package: &'static str,
    /// That crate's version.
    version: String,
    /// What `binary --version` prints as a word of its own.
    says: String,
    /// Crate features, as arguments of `cargo install`.
    features: &'static [&'static str],
    /// Measured on two cores, for patience.
    minutes: &'static str,
}

/// Installs what the client is built with.
///
/// # Errors
///
/// When a version can't be read from `Cargo.lock` or an installation fails.
pub(crate) fn ensure_for_client(workspace: &Workspace) -> Result<(), Failure> {
    let [trunk, wasm_bindgen, wasm_opt] = client_tools(workspace)?;
    trunk.ensure(workspace)?;
    wasm_bindgen.ensure(workspace)?;
    if wasm_opt.is_installed(workspace) || install_wasm_opt_by_npm(workspace, &wasm_opt) {
        return Ok(());
    }
    wasm_opt.ensure(workspace)
}

/// Installs cargo-deny.
///
/// # Errors
///
/// When the installation fails.
pub(crate) fn ensure_for_check(workspace: &Workspace) -> Result<(), Failure> {
    Tool {
        binary: "cargo-deny",
        package: "cargo-deny",
        version: CARGO_DENY.to_owned(),
        says: CARGO_DENY.to_owned(),
        features: &["--no-default-features"],
        minutes: "2",
    }
    .ensure(workspace)
}

/// Installs the driver of Firefox and tells where it is.
///
/// # Errors
///
/// When the installation fails.
pub(crate) fn ensure_geckodriver(workspace: &Workspace) -> Result<PathBuf, Failure> {
    let driver = Tool {
        binary: "geckodriver",
        package: "geckodriver",
        version: GECKODRIVER.to_owned(),
        says: GECKODRIVER.to_owned(),
        features: &[],
        minutes: "2",
    };
    driver.ensure(workspace)?;
    Ok(workspace.tools().join("bin").join(driver.binary))
}

/// Every version that has a say in what the built client looks like.
///
/// # Errors
///
/// When a version can't be read from `Cargo.lock`.
pub(crate) fn client_versions(workspace: &Workspace) -> Result<String, Failure> {
    let tools = client_tools(workspace)?;
    let versions = tools.iter().map(|tool| tool.says.as_str());
    Ok(versions.collect::<Vec<_>>().join(" "))
}

/// The version of wasm-opt in Trunk's spelling; with another one it would fetch its own.
pub(crate) fn wasm_opt_for_trunk() -> String {
    format!("version_{BINARYEN}")
}

fn client_tools(workspace: &Workspace) -> Result<[Tool; 3], Failure> {
    let wasm_bindgen = wasm_bindgen_version(workspace)?;
    Ok([
        Tool {
            binary: "trunk",
            package: "trunk",
            version: TRUNK.to_owned(),
            says: TRUNK.to_owned(),
            // Neither TLS nor a look for updates: it builds offline.
            features: &["--no-default-features"],
            minutes: "3",
        },
        Tool {
            binary: "wasm-bindgen",
            package: "wasm-bindgen-cli",
            says: wasm_bindgen.clone(),
            version: wasm_bindgen,
            // Without the TLS of its test runner, which isn't used here.
            features: &["--no-default-features"],
            minutes: "1",
        },
        Tool {
            binary: "wasm-opt",
            package: "wasm-opt",
            version: WASM_OPT_CRATE.to_owned(),
            says: BINARYEN.to_owned(),
            // Without the default `dwarf`, which compiles a part of LLVM.
            features: &["--no-default-features"],
            minutes: "5",
        },
    ])
}

/// The tool and the crate speak a private format that changes with each version.
fn wasm_bindgen_version(workspace: &Workspace) -> Result<String, Failure> {
    let path = workspace.path("Cargo.lock");
    let lock = fs::read_to_string(&path)
        .map_err(|error| Failure::new(format!("{} can't be read: {error}.", path.display())))?;
    let version = lockfile::version_of("wasm-bindgen", &lock);
    version.map(str::to_owned).ok_or_else(|| {
        Failure::new(
            "Cargo.lock should hold exactly one version of wasm-bindgen: run `cargo update -p \
             wasm-bindgen` or look at `cargo tree -i wasm-bindgen`.",
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
            "Installing {package} {version} into target/tools (once; about {} min on two cores)",
            self.minutes
        ));
        if self.binary == "wasm-opt" {
            note("it is mostly C++, during which cargo shows nothing new");
        }
        self.cargo_install(workspace)?;
        if self.is_installed(workspace) {
            return Ok(());
        }
        Err(Failure::new(format!(
            "{package} was installed but {} isn't version {}: delete target/tools and run this \
             again.",
            self.binary, self.says
        )))
    }

    fn is_installed(&self, workspace: &Workspace) -> bool {
        let binary = workspace.tools().join("bin").join(self.binary);
        let text = output(program(workspace, binary).arg("--version"));
        text.is_some_and(|text| text.split_whitespace().any(|word| word == self.says))
    }

    fn cargo_install(&self, workspace: &Workspace) -> Result<(), Failure> {
        let mut locked = cargo_install(workspace, self);
        if locked
            .arg("--locked")
            .status()
            .is_ok_and(|end| end.success())
        {
            return Ok(());
        }
        // A mirror of the registry may lack, or an author may have withdrawn, what that tool's own
        // lockfile names. What matters is the tool's version, not those of its dependencies.
        note("that failed: once more, with whatever dependencies fit");
        run::run(
            &mut cargo_install(workspace, self),
            &format!(
                "{} {} could not be installed, see above: with a C and C++ compiler (on Debian: \
                 `apt-get install build-essential`) and the network in order, run this again.",
                self.package, self.version
            ),
        )
    }
}

/// Whether npm is here and could install it; if not, cargo can.
fn install_wasm_opt_by_npm(workspace: &Workspace, wasm_opt: &Tool) -> bool {
    // On other systems npm's programs are scripts that Trunk doesn't find.
    if !cfg!(unix) || run::find(&["npm"]).is_none() || run::find(&["node"]).is_none() {
        return false;
    }
    step(&format!(
        "Installing {WASM_OPT_NPM} into target/tools by npm (once; seconds)"
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
    let installed = npm.status().is_ok_and(|end| end.success());
    installed && wasm_opt.is_installed(workspace)
}

fn cargo_install(workspace: &Workspace, tool: &Tool) -> Command {
    let version = format!("={}", tool.version);
    let mut cargo = run::cargo(workspace);
    cargo
        .args(["install", tool.package, "--version", &version])
        // In the place of one of another version, or from npm.
        .arg("--force")
        .args(tool.features)
        .arg("--root")
        .arg(workspace.tools())
        // One folder for all: they share some dependencies, and a broken-off build goes on.
        .arg("--target-dir")
        .arg(workspace.path("target/tools-build"))
        .envs(QUICK_TO_COMPILE.iter().copied())
        // Flags meant for our own code, such as `-D warnings`.
        .env_remove("RUSTFLAGS");
    cargo
}

/// The tools run for seconds but compile for minutes; their authors' settings have it the other
/// way round.
const QUICK_TO_COMPILE: &[(&str, &str)] = &[
    ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0"),
    ("CARGO_PROFILE_RELEASE_LTO", "off"),
    ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16"),
    ("CARGO_PROFILE_RELEASE_DEBUG", "0"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_crate_of_wasm_opt_holds_the_binaryen_we_look_for() {
        let minor = WASM_OPT_CRATE.split('.').nth(1);
        assert_eq!(minor, Some(BINARYEN));
    }

    #[test]
    fn the_clients_versions_include_the_locked_wasm_bindgen() {
        let workspace = Workspace::of_this_source();
        let versions = client_versions(&workspace).expect("Cargo.lock is in the repository");
        let lock = include_str!("../../../Cargo.lock");
        let locked = lockfile::version_of("wasm-bindgen", lock).expect("one version");
        assert!(versions.split(' ').any(|version| version == locked));
    }
}
