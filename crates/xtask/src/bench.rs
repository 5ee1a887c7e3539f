//! `cargo xtask bench`: measures the program and its peers.

use std::path::{Path, PathBuf};

use crate::{
    browsers::Chromium,
    client,
    failure::Failure,
    moonshine,
    npm::Packages,
    os_release::System,
    pipeline,
    run::{self, step},
    sdk, speech, system_packages,
    workspace::Workspace,
};

/// Installs what the benchmarks need and runs all sections, or only the given ones.
///
/// # Errors
///
/// Returns an error if something can't be installed, built or measured.
pub(crate) fn run(workspace: &Workspace, sections: &[String]) -> Result<(), Failure> {
    let is_chosen = |names: &[&str]| {
        sections.is_empty()
            || names
                .iter()
                .any(|name| sections.iter().any(|it| it == name))
    };
    let chromium = Chromium::ensure(workspace)?;
    client::ensure(workspace)?;
    let mut baseline = None;
    if is_chosen(&["server"]) {
        ensure_programs(workspace, &SERVER_REQUIREMENTS)?;
        baseline = Some(install_baseline(workspace)?);
    }
    if is_chosen(&["server", "attacks"]) {
        step("Building the server in release mode (takes minutes the first time)");
        run::run(
            run::cargo(workspace).args(["build", "--release", "--package", "inturn-server"]),
            "The server could not be built, see above.",
        )?;
    }
    let mut package = None;
    if is_chosen(&["recognition"]) {
        package = Some(prepare_recognition(workspace)?);
    }
    let mut sdk = None;
    if is_chosen(&["terminal"]) {
        speech::ensure(workspace)?;
        sdk = Some(sdk::ensure_for_python(workspace)?);
        step("Building the terminal client in release mode (takes minutes the first time)");
        run::run(
            run::cargo(workspace).args(["build", "--release", "--package", "inturn-terminal"]),
            "The terminal client could not be built, see above.",
        )?;
    }
    if is_chosen(&["cost"]) {
        pipeline::build(workspace)?;
    }

    step("Measuring (all sections take half an hour)");
    let mut bench = run::cargo(workspace);
    bench
        .args([
            "run",
            "--profile",
            "bench",
            "--package",
            "inturn-bench",
            "--",
        ])
        .args(sections)
        .env("INTURN_TEST_CLIENT_DIR", workspace.dist())
        .env("INTURN_CHROMIUM", &chromium.browser)
        .env("INTURN_CHROMEDRIVER", &chromium.driver)
        .env("INTURN_BENCH_MODULES", workspace.path(pipeline::MODULES))
        .env("INTURN_BENCH_SERVER", built(workspace, "inturn"));
    bench
        .envs(baseline.map(|folder| ("INTURN_BENCH_BASELINE", folder)))
        .env("INTURN_BENCH_EMULATOR", built(workspace, "inturn-emulator"))
        .env("INTURN_BENCH_LISTEN", built(workspace, "inturn-listen"))
        .envs(sdk.map(|folder| ("INTURN_TEST_PYTHON_SDK", folder)))
        .envs(package.map(|folder| ("INTURN_TEST_MOONSHINE_DIR", folder)));
    run::run(&mut bench, "Some measurements failed, see above.")
}

/// Installs the recognisers and their recordings, and builds the programs that run them. Returns
/// the folder of Moonshine's package.
fn prepare_recognition(workspace: &Workspace) -> Result<PathBuf, Failure> {
    let package = moonshine::ensure(workspace)?;
    speech::ensure(workspace)?;
    ensure_programs(workspace, &RECOGNITION_REQUIREMENTS)?;
    step("Building the local service in release mode (takes minutes the first time)");
    run::run(
        run::cargo(workspace)
            .args(["build", "--release"])
            .args(["--package", "inturn-emulator"])
            .args(["--package", "inturn-moonshine"]),
        "The local service could not be built, see above.",
    )?;
    Ok(package)
}

/// The path of a program's release build; respects `CARGO_TARGET_DIR`.
fn built(workspace: &Workspace, program: &str) -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(
        || workspace.path("target"),
        |dir| workspace.root().join(dir),
    );
    target.join(format!("release/{program}{}", std::env::consts::EXE_SUFFIX))
}

/// Finds the programs of a section; installs missing ones on Debian and Ubuntu as root.
fn ensure_programs(workspace: &Workspace, requirements: &[Requirement]) -> Result<(), Failure> {
    let missing = || {
        requirements
            .iter()
            .filter(|requirement| !requirement.is_installed())
            .collect::<Vec<_>>()
    };
    if system_packages::system() != System::Other {
        let packages: Vec<&str> = missing().iter().map(|missing| missing.package).collect();
        if !packages.is_empty() {
            system_packages::install(workspace, &packages)?;
        }
    }
    let messages: Vec<String> = missing().iter().map(|missing| missing.message()).collect();
    if messages.is_empty() {
        return Ok(());
    }
    Err(Failure::new(messages.join("\n")))
}

/// A file that a measurement needs.
struct Requirement {
    /// The name of a program, or the path of a file.
    file: &'static str,
    /// Debian's package.
    package: &'static str,
    /// Why it is needed.
    purpose: &'static str,
}

impl Requirement {
    fn is_installed(&self) -> bool {
        // Debian installs nginx into /usr/sbin, which is not on every user's PATH.
        let in_sbin = Path::new("/usr/sbin").join(self.file);
        run::find_on_path(&[self.file]).is_some() || in_sbin.is_file()
    }

    fn message(&self) -> String {
        let Self {
            file,
            package,
            purpose,
        } = self;
        format!("The bench needs `{file}` {purpose}: install it (Debian's package {package}).")
    }
}

const RECOGNITION_REQUIREMENTS: [Requirement; 1] = [Requirement {
    file: "pocketsphinx_continuous",
    package: "pocketsphinx",
    purpose: "to align recordings with their text",
}];

const SERVER_REQUIREMENTS: [Requirement; 6] = [
    Requirement {
        file: "nginx",
        package: "nginx-light",
        purpose: "as a fake speech service",
    },
    Requirement {
        file: "/usr/lib/nginx/modules/ngx_http_echo_module.so",
        package: "libnginx-mod-http-echo",
        purpose: "to delay the fake service's replies",
    },
    Requirement {
        file: "wrk",
        package: "wrk",
        purpose: "to send requests to the servers",
    },
    Requirement {
        file: "taskset",
        package: "util-linux",
        purpose: "to pin programs to CPU cores",
    },
    Requirement {
        file: "node",
        package: "nodejs",
        purpose: "to run the baseline",
    },
    Requirement {
        file: "npm",
        package: "npm",
        purpose: "to install the baseline",
    },
];

/// Installs the baseline and its packages into `target/bench` and returns its folder.
fn install_baseline(workspace: &Workspace) -> Result<PathBuf, Failure> {
    let baseline = Packages {
        name: "the baseline",
        source: workspace.path("bench/peers").join(BASELINE),
        installed: workspace.path("target/bench").join(BASELINE),
        files: &["package.json", "package-lock.json", "server.js"],
    };
    baseline.ensure(workspace)?;
    Ok(baseline.installed)
}

const BASELINE: &str = "express-token-server";
