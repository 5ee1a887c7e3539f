//! The repository's commands: `serve`, `listen`, `test`, `check`, `advisories`, `bench` and `dist`.
//!
//! Each command installs what it needs, prints each step, and prints one message if it fails.
//! The modules `arguments`, `cycles`, `dependencies`, `fingerprint`, `links`, `lockfile`,
//! `os_release` and `style` only compute; the others run programs.

#![expect(clippy::print_stdout, reason = "prints its help")]

mod advisories;
mod arguments;
mod axe_core;
mod bench;
mod browsers;
mod check;
mod client;
mod compress;
mod cycles;
mod dependencies;
mod dist;
mod engines;
mod failure;
mod files;
mod fingerprint;
mod hash_names;
mod jobs;
mod links;
mod lockfile;
mod moonshine;
mod npm;
mod os_release;
mod packages;
mod pipeline;
mod redis;
mod run;
mod rustup;
mod sbom;
mod sdk;
mod secrets;
mod serve;
mod shrink;
mod speech;
mod style;
mod system_packages;
mod test;
mod tools;
mod workspace;

use std::{env, process::ExitCode};

use arguments::Task;
use workspace::Workspace;

fn main() -> ExitCode {
    let task = match Task::parse(env::args().skip(1)) {
        Ok(task) => task,
        Err(message) => {
            eprintln!("{message}");
            return ExitCode::from(USAGE_EXIT_CODE);
        }
    };
    let workspace = Workspace::of_this_crate();
    let outcome = match task {
        Task::Help => {
            print!("{}", arguments::HELP);
            Ok(())
        }
        Task::Serve { server_args } => serve::run(&workspace, &server_args),
        Task::Listen { listen_args } => serve::listen(&workspace, &listen_args),
        Task::Test { cargo_args } => test::run(&workspace, &cargo_args),
        Task::Bench { sections } => bench::run(&workspace, &sections),
        Task::Check => check::run(&workspace),
        Task::Advisories => advisories::run(&workspace),
        Task::Dist => dist::run(&workspace),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("\n{failure}");
            ExitCode::FAILURE
        }
    }
}

/// Exit code for an invalid command line. Shells and the server use the same number.
const USAGE_EXIT_CODE: u8 = 2;
