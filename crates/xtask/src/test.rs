//! `cargo xtask test`: runs all tests, including those in real browsers.

mod report;

use std::{env, num::NonZero, path::PathBuf, process::Command, thread};

use self::report::Report;
use crate::{
    axe_core,
    browsers::Chromium,
    client, engines,
    failure::Failure,
    jobs::Job,
    moonshine, redis,
    run::{self, info, step},
    sdk, secrets, speech, system_packages,
    tools::Modules,
    workspace::Workspace,
};

/// Installs what the tests need and runs them all, or those that `cargo_args` select.
///
/// # Errors
///
/// Returns an error if something can't be installed or built, if a browser is missing, or if a test
/// fails.
pub(crate) fn run(workspace: &Workspace, cargo_args: &[String]) -> Result<(), Failure> {
    // First, because it installs npm, with which a tool of the client is installed in seconds.
    axe_core::ensure(workspace)?;
    let mut programs = Vec::new();
    let install = || {
        programs = ensure_programs(workspace)?;
        Ok(())
    };
    client::ensure_with(
        workspace,
        Modules::Small,
        vec![Job::new("programs", install)],
    )?;

    let log_folder = secrets::create_log_folder(workspace)?;
    step("Running the tests");
    for (variable, program) in &programs {
        info(&format!("{variable}: {}", program.display()));
    }
    let tests = |threads: usize| {
        let mut tests = run::cargo(workspace);
        tests
            .args(["test", "--workspace", "--no-fail-fast"])
            // Plain `cargo test` needs no browser, no Redis, no sound server and no package. These
            // features add the tests that do.
            .args([
                "--features",
                "inturn-tests/browsers,inturn-server/embed,inturn-server/redis-server,\
                 inturn-server/moonshine,inturn-emulator/moonshine,inturn-emulator/sdk,\
                 inturn-client/sound,inturn-terminal/sound",
            ])
            .env(secrets::LOG_FOLDER_VARIABLE, &log_folder)
            .env("INTURN_TEST_CLIENT_DIR", workspace.dist())
            .envs(
                programs
                    .iter()
                    .map(|(variable, program)| (variable, program)),
            );
        if env::var_os(THREADS_VARIABLE).is_none() {
            tests.env(THREADS_VARIABLE, threads.to_string());
        }
        tests
    };
    let report = Report::of(tests(threads()).args(cargo_args))?;
    let tested = if cargo_args.is_empty() {
        with_another_run(&report, || tests(1))
    } else {
        verdict(report.is_success)
    };
    show_failures(&report);
    let all_tests_ran = cargo_args.is_empty() && tested.is_ok();
    let searched = secrets::search(workspace, &log_folder, all_tests_ran);
    // Report both: a printed secret must not hide failed tests.
    Failure::combine([tested, searched])
}

/// Runs failed stories in browsers once more, one at a time. Returns whether all tests have passed.
///
/// Sound is played in real time. If the machine pauses, or another browser is slow to give way, a
/// device loses sound, and no page can receive it: several stories, if the pause is long. A fault
/// of the page shows again.
fn with_another_run(report: &Report, tests: impl FnOnce() -> Command) -> Result<(), Failure> {
    let failed = report.only_failed().unwrap_or_default();
    if report.is_success || !(1..=MAX_REPEATED).contains(&failed.len()) {
        return verdict(report.is_success);
    }
    step("Running the failed tests once more, if they are stories in browsers, one at a time");
    let mut again = tests();
    again
        .args(["--test", "browser", "--", "--exact"])
        .args(failed);
    let has_passed = Report::of(&mut again)?.has_passed(failed);
    for name in failed.iter().filter(|_| has_passed) {
        info(&format!("PASSED ONLY ALONE: {name}"));
    }
    verdict(has_passed)
}

/// Repeats what the failed tests of the first run printed: hundreds of lines came after it.
fn show_failures(report: &Report) {
    if !report.failures.is_empty() {
        step("What the failed tests printed");
        eprintln!("{}", report.failures.trim());
    }
}

fn verdict(has_passed: bool) -> Result<(), Failure> {
    if has_passed {
        Ok(())
    } else {
        Err(Failure::new("Tests failed, see above."))
    }
}

/// Returns how many tests of a program run at the same time. There are more than processors,
/// because stories in browsers wait: for sound, or for their turn, such as one that checks each
/// sample for another one. Several of these are next to each other.
fn threads() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get) + 6
}

/// More failures than this are no accident.
const MAX_REPEATED: usize = 12;

const THREADS_VARIABLE: &str = "RUST_TEST_THREADS";

/// Installs the programs that the tests start. Returns the variables that name them.
fn ensure_programs(workspace: &Workspace) -> Result<Vec<(&'static str, PathBuf)>, Failure> {
    speech::ensure(workspace)?;
    let needed = "tests of microphones and files need PulseAudio, PipeWire, WirePlumber and SoX";
    system_packages::ensure(workspace, system_packages::SOUND, needed)?;
    let Chromium { browser, driver } = Chromium::ensure(workspace)?;
    let mut programs = vec![
        ("INTURN_CHROMIUM", browser),
        ("INTURN_CHROMEDRIVER", driver),
    ];
    programs.extend(engines::ensure(workspace)?);
    programs.push(redis::ensure(workspace)?);
    // Their tests run on Linux only.
    if cfg!(target_os = "linux") {
        programs.push((
            "INTURN_TEST_MOONSHINE_DIR",
            moonshine::ensure_with_file(workspace)?,
        ));
        programs.extend(sdk::ensure(workspace)?);
    }
    Ok(programs)
}
