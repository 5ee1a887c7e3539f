//! `cargo xtask bench`: measures the program beside its peers.

use crate::{
    browsers::Chromium,
    client,
    failure::Failure,
    run::{self, step},
    workspace::Workspace,
};

/// Sets everything up and measures all there is, or only these sections.
///
/// # Errors
///
/// When something can't be set up, built or measured.
pub(crate) fn run(workspace: &Workspace, sections: &[String]) -> Result<(), Failure> {
    let chromium = Chromium::ensure(workspace)?;
    client::ensure(workspace)?;

    step("Building what is measured (minutes the first time)");
    run::run(
        run::cargo(workspace).args(["build", "--release", "--package", "inturn-server"]),
        "The server could not be built, see above.",
    )?;

    step("Measuring (a quarter of an hour for all of it)");
    let mut bench = run::cargo(workspace);
    bench
        .args(["run", "--release", "--package", "inturn-bench", "--"])
        .args(sections)
        .env("INTURN_TEST_CLIENT_DIR", workspace.dist())
        .env("INTURN_CHROMIUM", &chromium.browser)
        .env("INTURN_CHROMEDRIVER", &chromium.driver);
    run::run(&mut bench, "Not everything could be measured, see above.")
}
