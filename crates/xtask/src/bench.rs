//! `cargo xtask bench`: measures the program beside its peers.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::{
    browsers::Chromium,
    client,
    failure::Failure,
    os_release::System,
    pipeline,
    run::{self, note, program, step},
    system_packages,
    workspace::Workspace,
};

/// Sets everything up and measures all there is, or only these sections.
///
/// # Errors
///
/// When something can't be set up, built or measured.
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
        ensure_programs(workspace)?;
        baseline = Some(install_baseline(workspace)?);
    }
    if is_chosen(&["server", "attacks"]) {
        step("Building what is measured (minutes the first time)");
        run::run(
            run::cargo(workspace).args(["build", "--release", "--package", "inturn-server"]),
            "The server could not be built, see above.",
        )?;
    }
    if is_chosen(&["cost"]) {
        pipeline::build(workspace)?;
    }

    step("Measuring (a quarter of an hour for all of it)");
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
        .env("INTURN_BENCH_SERVER", built_server(workspace));
    bench.envs(baseline.map(|folder| ("INTURN_BENCH_BASELINE", folder)));
    run::run(&mut bench, "Not everything could be measured, see above.")
}

/// Where cargo puts it, which `CARGO_TARGET_DIR` may have moved.
fn built_server(workspace: &Workspace) -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(
        || workspace.path("target"),
        |dir| workspace.root().join(dir),
    );
    target.join(format!("release/inturn{}", std::env::consts::EXE_SUFFIX))
}

/// Finds the programs that call the server or are called by it, installing them on Debian as root.
fn ensure_programs(workspace: &Workspace) -> Result<(), Failure> {
    let absent = || {
        NEEDED
            .iter()
            .filter(|needed| !needed.is_there())
            .collect::<Vec<_>>()
    };
    if system_packages::system() != System::Other {
        let packages: Vec<&str> = absent().iter().map(|needed| needed.package).collect();
        if !packages.is_empty() {
            system_packages::install(workspace, &packages)?;
        }
    }
    let sentences: Vec<String> = absent().iter().map(|needed| needed.sentence()).collect();
    if sentences.is_empty() {
        return Ok(());
    }
    Err(Failure::new(sentences.join("\n")))
}

/// What the baseline runs on, and what it is measured with.
struct Needed {
    /// A program's name, or a file's path.
    what: &'static str,
    /// Debian's package.
    package: &'static str,
    /// What for.
    purpose: &'static str,
}

impl Needed {
    fn is_there(&self) -> bool {
        // Where nginx is, though it isn't on everybody's PATH.
        let beside = Path::new("/usr/sbin").join(self.what);
        run::find(&[self.what]).is_some() || beside.is_file()
    }

    fn sentence(&self) -> String {
        let Self {
            what,
            package,
            purpose,
        } = self;
        format!("The bench needs `{what}` {purpose}: install it (Debian's package {package}).")
    }
}

const NEEDED: [Needed; 6] = [
    Needed {
        what: "nginx",
        package: "nginx-light",
        purpose: "to stand for the speech service",
    },
    Needed {
        what: "/usr/lib/nginx/modules/ngx_http_echo_module.so",
        package: "libnginx-mod-http-echo",
        purpose: "to let that service answer late",
    },
    Needed {
        what: "wrk",
        package: "wrk",
        purpose: "to call the servers",
    },
    Needed {
        what: "taskset",
        package: "util-linux",
        purpose: "to keep programs on their cores",
    },
    Needed {
        what: "node",
        package: "nodejs",
        purpose: "to run the baseline",
    },
    Needed {
        what: "npm",
        package: "npm",
        purpose: "to install the baseline",
    },
];

/// Installs the baseline's packages in `target/`, and gives the folder it is in.
fn install_baseline(workspace: &Workspace) -> Result<PathBuf, Failure> {
    let source = workspace.path("bench/peers").join(BASELINE);
    let installed = workspace.path("target/bench").join(BASELINE);
    let failed = |error: io::Error| {
        Failure::new(format!(
            "The baseline can't be put into {}: {error}.",
            installed.display()
        ))
    };
    let is_installed = installed.join("node_modules").is_dir()
        && FILES.iter().all(|name| {
            let [ours, theirs] = [&source, &installed].map(|folder| fs::read(folder.join(name)));
            matches!((ours, theirs), (Ok(ours), Ok(theirs)) if ours == theirs)
        });
    if is_installed {
        note("the baseline in target/bench is up to date");
        return Ok(installed);
    }
    step("Installing the baseline into target/bench by npm (once; seconds)");
    fs::create_dir_all(&installed).map_err(failed)?;
    let mut npm = program(workspace, "npm");
    npm.current_dir(&installed).args([
        "ci",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--loglevel=error",
    ]);
    for name in FILES {
        fs::copy(source.join(name), installed.join(name)).map_err(failed)?;
    }
    let sentence = "The baseline could not be installed, see above: check the network and npm's \
                    registry, and run this again.";
    if let Err(failure) = run::run(&mut npm, sentence) {
        // A half-installed one would pass for whole the next time.
        let _ = fs::remove_dir_all(installed.join("node_modules"));
        return Err(failure);
    }
    Ok(installed)
}

const BASELINE: &str = "express-token-server";

const FILES: [&str; 3] = ["package.json", "package-lock.json", "server.js"];
