//! Moonshine's package and its processes.

use std::{
    env, fs,
    path::{Path, PathBuf},
    time::Duration,
};

use inturn_emulator::{MoonshinePaths, Options, RecogniserChoice};
use tempfile::TempDir;

use crate::client::{RunningEmulator, options, start_with};

/// A test's own folder with a link to the package. Its path is an argument of the processes, which
/// distinguishes them from those of other tests.
pub(super) struct Package(TempDir);

impl Package {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let package = package().join("moonshine_voice");
        std::os::unix::fs::symlink(package, folder.path().join("moonshine_voice")).expect("a link");
        Self(folder)
    }

    pub(super) fn options(&self) -> Options {
        Options {
            recogniser: RecogniserChoice::Moonshine,
            moonshine: paths(self.0.path()),
            ..options()
        }
    }

    pub(super) async fn start(&self) -> RunningEmulator {
        start_with(self.options()).await
    }

    /// Returns the ids of the running processes.
    fn processes(&self) -> Vec<String> {
        let name = self.0.path().to_string_lossy();
        let has_name = |process: &Path| {
            let arguments = fs::read(process.join("cmdline")).unwrap_or_default();
            String::from_utf8_lossy(&arguments).contains(&*name)
        };
        let all = fs::read_dir("/proc").expect("Linux has it").flatten();
        all.filter(|process| has_name(&process.path()))
            .map(|process| process.file_name().to_string_lossy().into_owned())
            .collect()
    }

    /// Waits until this many processes run.
    pub(super) async fn wait_for_processes(&self, count: usize) -> Vec<String> {
        loop {
            let processes = self.processes();
            if processes.len() == count {
                return processes;
            }
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }
}

pub(super) fn paths(folder: &Path) -> MoonshinePaths {
    // This test is in the folder `deps` of the one with the programs.
    let test = env::current_exe().expect("the test's path");
    let programs = test.ancestors().nth(2).expect("the folder of the programs");
    let program = programs.join("inturn-moonshine");
    assert!(
        program.is_file(),
        "{} is missing: build it with `cargo build -p inturn-moonshine`",
        program.display()
    );
    MoonshinePaths {
        program: Some(program),
        folder: Some(folder.to_owned()),
    }
}

pub(super) fn package() -> PathBuf {
    let package = env::var_os("INTURN_TEST_MOONSHINE_DIR").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/tools/moonshine"),
        PathBuf::from,
    );
    assert!(
        package.join("moonshine_voice").is_dir(),
        "Moonshine's package is missing in {}: `cargo xtask test` installs it, or set \
         INTURN_TEST_MOONSHINE_DIR",
        package.display()
    );
    package
}

/// How often the list of processes is read, whose changes can only be polled.
const POLL_INTERVAL: Duration = Duration::from_millis(20);
