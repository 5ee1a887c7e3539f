//! `inturn-find-secrets FOLDER [all]`: fails if a program of the tests has printed a secret.
//!
//! With `all`, for a run of all tests, it also fails if a source did not print the text that it
//! always prints ([`OutputSource::expected_text`]). Without it, the folder may be empty.

#![expect(clippy::print_stdout, reason = "prints what it found")]

use std::{env, path::Path, process::ExitCode};

use inturn_testkit::{OutputSource, search};

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let (folder, expected) = match arguments.as_slice() {
        [folder] => (folder, &[][..]),
        [folder, all] if all == "all" => (folder, OutputSource::EXPECTED),
        _ => {
            eprintln!("Usage: inturn-find-secrets FOLDER [all]");
            return ExitCode::from(USAGE_ERROR);
        }
    };
    match search(Path::new(folder), expected) {
        Ok(report) => {
            println!(
                "no key, token, passphrase or other secret in {} bytes of output ({} files)",
                report.bytes, report.files
            );
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// The exit code for wrong arguments, by the convention of shells.
const USAGE_ERROR: u8 = 2;
