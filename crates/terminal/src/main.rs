//! `inturn-listen`: live transcription in the terminal.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use inturn_cli::{ConfigError, Dotenv};
use inturn_terminal::{
    check,
    cli::{self, Config, Invocation},
    devices, log,
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
        Invocation::Check(config) => with_runtime(async {
            let report = check(&config).await;
            let _ = write!(io::stdout(), "{report}");
            match report.is_ok() {
                true => ExitStatus::Stopped.into(),
                false => ExitStatus::Failed.into(),
            }
        }),
        Invocation::Devices => with_runtime(async {
            match inturn_client::devices().await {
                Ok(found) if found.is_empty() => fail(ExitStatus::NoMicrophone, &devices::NONE),
                Ok(found) => {
                    let _ = write!(io::stdout(), "{}", devices::list(&found));
                    ExitCode::SUCCESS
                }
                Err(error) => fail(ExitStatus::NoMicrophone, &error),
            }
        }),
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
    if let Some(filter) = &config.output.log_filter
        && let Err(error) = log::start(filter)
    {
        return fail(ExitStatus::Failed, &error);
    }
    with_runtime(async {
        match run::listen(config).await {
            Ok(status) => status.into(),
            Err(Failure { status, message }) => fail(status, &message),
        }
    })
}

/// Runs a command on a single-threaded runtime: it waits most of the time.
fn with_runtime(command: impl Future<Output = ExitCode>) -> ExitCode {
    let runtime = match Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(ExitStatus::Failed, &error),
    };
    let code = runtime.block_on(command);
    // Does not wait for a read of standard input.
    runtime.shutdown_background();
    code
}

fn fail(status: ExitStatus, message: &dyn std::fmt::Display) -> ExitCode {
    // If standard error is closed, the exit status is all that is left.
    let _ = writeln!(io::stderr(), "inturn-listen: {message}");
    status.into()
}
