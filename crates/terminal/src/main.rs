//! `inturn-listen`.

use std::{io, process::ExitCode};

use inturn_terminal::cli::{self, Invocation};

fn main() -> ExitCode {
    match Invocation::read(std::env::args_os()) {
        Ok(Invocation::Man) => {
            let _ = cli::man_page(&mut io::stdout());
        }
        Err(e) => eprintln!("{e}"),
        Ok(_) => {}
    }
    ExitCode::SUCCESS
}
