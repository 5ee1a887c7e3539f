//! The commands of the house: `serve`, `test`, `check`, `advisories`, `bench` and `dist`.
//!
//! Each sets up what it needs, says what it does, and ends with one sentence when it can't go on.
//! Files that only compute (`arguments`, `arrows`, `circles`, `fingerprint`, `lockfile`, `os_release`) are
//! apart from those that run programs.

mod advisories;
mod arguments;
mod arrows;
mod bench;
mod browsers;
mod check;
mod circles;
mod client;
mod compress;
mod dist;
mod engines;
mod failure;
mod fingerprint;
mod lockfile;
mod os_release;
mod pipeline;
mod redis;
mod run;
mod rustup;
mod secrets;
mod serve;
mod shrink;
mod system_packages;
mod test;
mod tools;
mod workspace;

use std::{env, process::ExitCode};

use arguments::Command;
use workspace::Workspace;

fn main() -> ExitCode {
    let command = match Command::parse(env::args().skip(1)) {
        Ok(command) => command,
        Err(sentence) => {
            eprintln!("{sentence}");
            return ExitCode::from(USAGE_ERROR);
        }
    };
    let workspace = Workspace::of_this_source();
    let outcome = match command {
        Command::Help => {
            print!("{}", arguments::HELP);
            Ok(())
        }
        Command::Serve { server_args } => serve::run(&workspace, &server_args),
        Command::Test { cargo_args } => test::run(&workspace, &cargo_args),
        Command::Bench { sections } => bench::run(&workspace, &sections),
        Command::Check => check::run(&workspace),
        Command::Advisories => advisories::run(&workspace),
        Command::Dist => dist::run(&workspace),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("\n{failure}");
            ExitCode::FAILURE
        }
    }
}

/// What shells and the server use for a command line that makes no sense.
const USAGE_ERROR: u8 = 2;
