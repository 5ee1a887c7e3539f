//! `inturn-listen`: live transcription in the terminal.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use inturn_cli::{ConfigError, Dotenv};
use inturn_terminal::{
    cli::{self, Config, Invocation},
    run::{self, Failure},
    wording::ExitStatus,
};
use tokio::runtime::Builder;

fn main() -> ExitCode {
    #[expect(unsafe_code, reason = "the only way to set variables")]
    // SAFETY: no other thread exists yet.
    let dotenv = unsafe { Dotenv::set_variables() };
    if let Err(error) = dotenv {
        return fail(ExitStatus::WrongUse, &error);
    }
    let invocation = match Invocation::read(std::env::args_os()) {
        Ok(invocation) => invocation,
        Err(ConfigError::Help(text)) => {
            // Fails if the reader has closed the pipe, as `head` does: not an error.
            let _ = writeln!(io::stdout(), "{}", text.trim_end());
            return ExitCode::SUCCESS;
        }
        Err(error) => return fail(ExitStatus::WrongUse, &error),
    };
    match invocation {
        Invocation::Listen(config) => listen(&config),
        Invocation::Check(_) | Invocation::Devices => ExitCode::SUCCESS,
        Invocation::Completions(shell) => {
            cli::completions(shell, &mut io::stdout());
            ExitCode::SUCCESS
        }
        Invocation::Man => {
            let _ = cli::man_page(&mut io::stdout());
            ExitCode::SUCCESS
        }
    }
}

fn listen(config: &Config) -> ExitCode {
    let runtime = match Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(ExitStatus::Failed, &error),
    };
    let result = runtime.block_on(run::listen(config));
    // Does not wait for a read of standard input.
    runtime.shutdown_background();
    match result {
        Ok(status) => ExitCode::from(status.code()),
        Err(Failure { status, message }) => fail(status, &message),
    }
}

fn fail(status: ExitStatus, message: &dyn std::fmt::Display) -> ExitCode {
    // If standard error is closed, the exit status is all that is left.
    let _ = writeln!(io::stderr(), "inturn-listen: {message}");
    ExitCode::from(status.code())
}
