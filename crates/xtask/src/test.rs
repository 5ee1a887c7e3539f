//! `cargo xtask test`: every test there is, in real browsers too.

use crate::{
    browsers::Chromium,
    client, engines,
    failure::Failure,
    os_release::System,
    redis,
    run::{self, note, step},
    secrets, system_packages,
    workspace::Workspace,
};

/// Sets everything up and runs the tests, or those that `cargo_args` leave.
///
/// # Errors
///
/// When something can't be set up or built, a browser is missing, or a test fails.
pub(crate) fn run(workspace: &Workspace, cargo_args: &[String]) -> Result<(), Failure> {
    ensure_speech(workspace)?;
    let chromium = Chromium::ensure(workspace)?;
    let others = engines::ensure(workspace)?;
    let (redis_server, redis) = redis::ensure(workspace)?;
    client::ensure(workspace)?;

    let printed = secrets::fresh_folder(workspace)?;
    step("Running the tests");
    note(&format!("INTURN_CHROMIUM: {}", chromium.browser.display()));
    for (variable, program) in &others {
        note(&format!("{variable}: {}", program.display()));
    }
    let mut tests = run::cargo(workspace);
    tests
        .args(["test", "--workspace", "--no-fail-fast"])
        // Plain `cargo test` works without a browser or a Redis; these are the tests that don't.
        .args([
            "--features",
            "inturn-tests/browsers,inturn-server/embed,inturn-server/redis-server",
        ])
        .env(secrets::FOLDER, &printed)
        .env("INTURN_TEST_CLIENT_DIR", workspace.dist())
        .env(redis_server, redis)
        .env("INTURN_CHROMIUM", &chromium.browser)
        .env("INTURN_CHROMEDRIVER", &chromium.driver);
    tests.envs(others).args(cargo_args);
    let passed = run::run(&mut tests, "Tests have failed, see above.");
    let silent = secrets::check(workspace, &printed, cargo_args.is_empty() && passed.is_ok());
    // A secret is no reason to keep what else has failed from anybody.
    Failure::all([passed, silent])
}

/// The tests speak with recorded voices, and the local service must understand them.
fn ensure_speech(workspace: &Workspace) -> Result<(), Failure> {
    let needed = [system_packages::SPEECH, system_packages::RECORDINGS].concat();
    if system_packages::system() == System::Other {
        note("the tests with real speech need PocketSphinx 0.8, its English model and test data");
        return Ok(());
    }
    let missing = system_packages::missing(workspace, &needed);
    if missing.is_empty() {
        return Ok(());
    }
    system_packages::install(workspace, &missing)
}
