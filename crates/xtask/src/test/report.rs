//! What `cargo test` printed: which tests failed, and whether each program ran to its end.

use std::{
    io::{self, BufRead, BufReader, Write},
    process::{Command, Stdio},
};

use crate::{failure::Failure, run};

/// The outcome of a run of `cargo test`.
#[derive(Debug, Default)]
pub(super) struct Report {
    /// Whether cargo ended with success.
    pub(super) is_success: bool,
    passed: Vec<String>,
    failed: Vec<String>,
    /// Numbers in the results of all programs.
    failed_count: usize,
    /// Programs that have begun, and have not printed a result yet.
    running: usize,
    /// What the failed tests printed.
    pub(super) failures: String,
    is_in_failures: bool,
}

impl Report {
    /// Runs `tests` to the end, and shows and reads its output.
    ///
    /// # Errors
    ///
    /// Returns an error if the program can't be started or read.
    pub(super) fn of(tests: &mut Command) -> Result<Self, Failure> {
        let started = tests.stdout(Stdio::piped()).spawn();
        let mut running = started.map_err(|error| run::start_error(tests, &error))?;
        let mut report = Self::default();
        if let Some(output) = running.stdout.take() {
            report
                .read(BufReader::new(output), io::stdout())
                .map_err(|error| Failure::new(format!("The tests can't be read: {error}.")))?;
        }
        let status = running.wait();
        report.is_success = status.is_ok_and(|it| it.success());
        Ok(report)
    }

    /// Reads all lines, and copies them to `shown`.
    fn read(&mut self, mut output: impl BufRead, mut shown: impl Write) -> io::Result<()> {
        let mut line = Vec::new();
        while output.read_until(b'\n', &mut line)? > 0 {
            shown.write_all(&line)?;
            shown.flush()?;
            self.add(String::from_utf8_lossy(&line).trim_end());
            line.clear();
        }
        Ok(())
    }

    fn add(&mut self, line: &str) {
        self.collect_failure(line);
        if is_start(line) {
            self.running += 1;
        } else if let Some(result) = line.strip_prefix("test result: ") {
            self.running = self.running.saturating_sub(1);
            let failed = result.split("; ").find_map(|it| it.strip_suffix(" failed"));
            self.failed_count += failed.and_then(|it| it.parse().ok()).unwrap_or(0);
        } else if let Some(test) = line.strip_prefix("test ") {
            match test.rsplit_once(" ... ") {
                Some((name, "ok")) => self.passed.push(name.to_owned()),
                Some((name, "FAILED")) => self.failed.push(name.to_owned()),
                _ => {}
            }
        }
    }

    /// Adds a line between the two lines `failures:` of a program. Names follow the second one.
    fn collect_failure(&mut self, line: &str) {
        if line == "failures:" {
            self.is_in_failures = !self.is_in_failures;
        } else if line.starts_with("test result: ") || is_start(line) {
            self.is_in_failures = false;
        } else if self.is_in_failures {
            self.failures.push_str(line);
            self.failures.push('\n');
        }
    }

    /// Returns the names of the failed tests if nothing else went wrong.
    pub(super) fn only_failed(&self) -> Option<&[String]> {
        let are_all = self.running == 0 && self.failed.len() == self.failed_count;
        (are_all && !self.failed.is_empty()).then_some(&self.failed)
    }

    /// Returns `true` if all these tests passed.
    pub(super) fn has_passed(&self, names: &[String]) -> bool {
        self.is_success && names.iter().all(|name| self.passed.contains(name))
    }
}

/// Returns `true` for `running 3 tests`.
fn is_start(line: &str) -> bool {
    let count = line.strip_prefix("running ").and_then(|it| {
        it.strip_suffix(" tests")
            .or_else(|| it.strip_suffix(" test"))
    });
    count.is_some_and(|it| it.parse::<usize>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(output: &str) -> Report {
        let mut report = Report::default();
        let mut shown = Vec::new();
        report
            .read(output.as_bytes(), &mut shown)
            .expect("memory can be read and written");
        assert_eq!(shown, output.as_bytes());
        report
    }

    const ONE_OF_THREE: &str = "
running 3 tests
test words::in_firefox has been running for over 60 seconds
test words::in_firefox ... ok
test words::in_webkit - should panic ... ok
test words::in_chromium ... FAILED

failures:

---- words::in_chromium stdout ----
test words::printed_by_a_test
running late tests


failures:
    words::in_chromium

test result: FAILED. 2 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 3.00s

running 0 tests

test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
";

    #[test]
    fn failed_tests_are_named() {
        let report = report(ONE_OF_THREE);
        assert_eq!(
            report.only_failed(),
            Some(&["words::in_chromium".to_owned()][..])
        );
        assert_eq!(
            report.passed,
            ["words::in_firefox", "words::in_webkit - should panic"]
        );
    }

    #[test]
    fn what_failed_tests_printed_is_collected() {
        let printed = "---- words::in_chromium stdout ----";
        let both = report(&format!("{ONE_OF_THREE}{ONE_OF_THREE}")).failures;
        assert_eq!(both.matches(printed).count(), 2, "{both}");
        assert!(both.contains("running late tests"), "{both}");
        assert!(
            !both.contains("test result") && !both.contains("    words"),
            "{both}"
        );
        assert_eq!(report("running 1 test\ntest words ... ok\n").failures, "");
    }

    #[test]
    fn a_program_that_crashed_has_not_only_failed_tests() {
        let crashed = format!("running 1 test\n{ONE_OF_THREE}");
        assert_eq!(report(&crashed).only_failed(), None);
    }

    #[test]
    fn a_failure_without_a_name_is_not_left_out() {
        let unnamed = ONE_OF_THREE.replace(" 1 failed", " 2 failed");
        assert_eq!(report(&unnamed).only_failed(), None);
        assert_eq!(report("error: could not compile\n").only_failed(), None);
    }

    #[test]
    fn tests_that_did_not_run_have_not_passed() {
        let names = ["words::in_chromium".to_owned()];
        let mut none = report("running 0 tests\n\ntest result: ok. 0 passed; 0 failed\n");
        none.is_success = true;
        assert!(!none.has_passed(&names));
        let mut passed = report("running 1 test\ntest words::in_chromium ... ok\n");
        assert!(!passed.has_passed(&names), "cargo failed");
        passed.is_success = true;
        assert!(passed.has_passed(&names));
    }
}
