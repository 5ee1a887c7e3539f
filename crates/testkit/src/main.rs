//! `inturn-search-printed FOLDER [all]`: fails if a program of the tests has printed a secret.
//!
//! After `all` tests, every kind of program must have printed what it always prints; after a few tests
//! there may be nothing.

use std::{env, path::Path, process::ExitCode};

use inturn_testkit::{Place, search};

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let (folder, expected) = match arguments.as_slice() {
        [folder] => (folder, &[][..]),
        [folder, all] if all == "all" => (folder, Place::EXPECTED),
        _ => {
            eprintln!("Usage: inturn-search-printed FOLDER [all]");
            return ExitCode::from(USAGE_ERROR);
        }
    };
    match search(Path::new(folder), expected) {
        Ok(report) => {
            println!(
                "no key, token, passphrase or other secret in {} bytes that programs printed ({} files)",
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

/// What shells use for a command line that makes no sense.
const USAGE_ERROR: u8 = 2;
