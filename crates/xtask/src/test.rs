//! `cargo xtask test`: runs all tests, including those in real browsers.

use std::{env, num::NonZero, thread};

use crate::{
    browsers::Chromium,
    client, engines,
    failure::Failure,
    os_release::System,
    redis,
    run::{self, info, step},
    secrets, system_packages,
    workspace::Workspace,
};

/// Installs what the tests need and runs them all, or those that `cargo_args` select.
///
/// # Errors
///
/// Returns an error if something can't be installed or built, if a browser is missing, or if a test
/// fails.
pub(crate) fn run(workspace: &Workspace, cargo_args: &[String]) -> Result<(), Failure> {
    ensure_speech(workspace)?;
    let chromium = Chromium::ensure(workspace)?;
    let others = engines::ensure(workspace)?;
    let (redis_server, redis) = redis::ensure(workspace)?;
    client::ensure(workspace)?;

    let log_folder = secrets::create_log_folder(workspace)?;
    step("Running the tests");
    info(&format!("INTURN_CHROMIUM: {}", chromium.browser.display()));
    for (variable, program) in &others {
        info(&format!("{variable}: {}", program.display()));
    }
    let mut tests = run::cargo(workspace);
    tests
        .args(["test", "--workspace", "--no-fail-fast"])
        // Plain `cargo test` needs no browser and no Redis. These features add the tests that do.
        .args([
            "--features",
            "inturn-tests/browsers,inturn-server/embed,inturn-server/redis-server",
        ])
        .env(secrets::LOG_FOLDER_VARIABLE, &log_folder)
        .env("INTURN_TEST_CLIENT_DIR", workspace.dist())
        .env(redis_server, redis)
        .env("INTURN_CHROMIUM", &chromium.browser)
        .env("INTURN_CHROMEDRIVER", &chromium.driver);
    if env::var_os(THREADS_VARIABLE).is_none() {
        tests.env(THREADS_VARIABLE, threads().to_string());
    }
    tests.envs(others).args(cargo_args);
    let tested = run::run(&mut tests, "Tests failed, see above.");
    let all_tests_ran = cargo_args.is_empty() && tested.is_ok();
    let searched = secrets::search(workspace, &log_folder, all_tests_ran);
    // Report both: a printed secret must not hide failed tests.
    Failure::combine([tested, searched])
}

/// Returns how many tests of a program run at the same time. There are more than processors,
/// because tests in browsers wait most of the time: for sound, or for their turn.
fn threads() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get) + 2
}

const THREADS_VARIABLE: &str = "RUST_TEST_THREADS";

/// Installs PocketSphinx and recorded speech. The tests play the recordings and expect the local
/// service to recognise them.
fn ensure_speech(workspace: &Workspace) -> Result<(), Failure> {
    let needed = [system_packages::SPEECH, system_packages::RECORDINGS].concat();
    if system_packages::system() == System::Other {
        info("tests with real speech need PocketSphinx 0.8, its English model and its test data");
        return Ok(());
    }
    let missing = system_packages::missing(workspace, &needed);
    if missing.is_empty() {
        return Ok(());
    }
    system_packages::install(workspace, &missing)
}
