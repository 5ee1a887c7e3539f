//! `inturn`: live transcription in the browser.

use std::{
    io,
    io::Write,
    process::{ExitCode, exit},
};

use inturn_cli::{ConfigError, Dotenv};
use inturn_server::{
    Config, RunError,
    cli::{self, Invocation},
    hash_password, logging, run,
};
use tokio::{
    runtime::{Builder, Runtime},
    sync::oneshot,
};

fn main() -> ExitCode {
    #[expect(unsafe_code, reason = "the only way to set variables")]
    // SAFETY: no other thread exists yet.
    let dotenv = unsafe { Dotenv::set_variables() };
    let dotenv = match dotenv {
        Ok(dotenv) => dotenv,
        Err(error) => return fail(&error, WRONG_USE),
    };
    let invocation = match Invocation::read(std::env::args_os(), dotenv) {
        Ok(invocation) => invocation,
        Err(ConfigError::Help(text)) => {
            // Fails if the reader has closed the pipe, as `head` does: not an error.
            let _ = writeln!(io::stdout(), "{}", text.trim_end());
            return ExitCode::SUCCESS;
        }
        Err(error) => return fail(&error, WRONG_USE),
    };
    match invocation {
        Invocation::Serve(config) => serve(&config),
        Invocation::Check(config) => with_runtime(async {
            let report = cli::check(*config).await;
            let _ = write!(io::stdout(), "{report}");
            ExitCode::from(if report.is_ok() { 0 } else { FAILED })
        }),
        Invocation::FetchRecogniser(config) => with_runtime(async {
            match cli::fetch_recogniser(&config).await {
                Ok(()) => ExitCode::SUCCESS,
                Err(error) => fail(&error, FAILED),
            }
        }),
        Invocation::Health { config, ready } => with_runtime(async {
            match cli::health(&config.listen, ready).await {
                Ok(()) => ExitCode::SUCCESS,
                Err(error) => fail(&error, FAILED),
            }
        }),
        Invocation::HashPassword => print_hash(),
    }
}

fn serve(config: &Config) -> ExitCode {
    if let Err(error) = logging::start(&config.log) {
        return fail(&format!("Logging can't be started: {error}."), FAILED);
    }
    raise_open_files_limit();
    let runtime = match Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&format!("The runtime can't be started: {error}."), FAILED),
    };
    let served = runtime.block_on(async { run(config, shutdown_signal()?).await });
    // Drops what is still open, such as sockets of the local service: the grace period is over.
    runtime.shutdown_background();
    let is_log_flushed = logging::flush();
    let (error, status) = match served {
        Ok(()) => return ExitCode::SUCCESS,
        Err(error @ RunError::State(_)) => (error, WRONG_USE),
        Err(error) => (error, FAILED),
    };
    if is_log_flushed {
        return fail(&error, status);
    }
    // Standard error is blocked. Writing the message to it would block too.
    ExitCode::from(status)
}

/// Runs a command on a single-threaded runtime.
fn with_runtime(command: impl Future<Output = ExitCode>) -> ExitCode {
    match Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => {
            let code = runtime.block_on(command);
            // Does not wait for a DNS lookup that is still running.
            runtime.shutdown_background();
            code
        }
        Err(error) => fail(&format!("The runtime can't be started: {error}."), FAILED),
    }
}

fn print_hash() -> ExitCode {
    let passphrase = match cli::read_passphrase() {
        Ok(passphrase) => passphrase,
        Err(error) => return fail(&error, WRONG_USE),
    };
    match hash_password(&passphrase) {
        Some(hash) => match writeln!(io::stdout(), "{hash}") {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => fail(&format!("The hash can't be written: {error}."), FAILED),
        },
        None => fail(&"The system can't provide random bytes.", FAILED),
    }
}

/// Raises the soft limit of open files to the hard limit.
///
/// The usual soft limit of 1024 would let a thousand browsers with idle connections block all other
/// clients. It is that low for programs that use `select`; this one does not.
#[cfg(unix)]
fn raise_open_files_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let wanted = Rlimit {
        current: limit.maximum.or(Some(DEFAULT_OPEN_FILES)),
        ..limit
    };
    // On failure the server runs with the old limit.
    let _ = setrlimit(Resource::Nofile, wanted);
}

#[cfg(not(unix))]
fn raise_open_files_limit() {}

/// Completes at the first SIGINT or SIGTERM. At the second, the program exits at once.
fn shutdown_signal() -> Result<impl Future<Output = ()> + Send + 'static, RunError> {
    let mut signals = Signals::new()?;
    let (sender, received) = oneshot::channel();
    tokio::spawn(async move {
        signals.next().await;
        // Fails if the server has already stopped by itself.
        let _ = sender.send(());
        signals.next().await;
        logging::flush();
        exit(i32::from(FAILED));
    });
    Ok(async move {
        // The task above drops its sender only together with the runtime.
        let _ = received.await;
    })
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

fn fail(message: &dyn std::fmt::Display, status: u8) -> ExitCode {
    // If standard error is closed, the exit status is all that is left.
    let _ = writeln!(io::stderr(), "inturn: {message}");
    ExitCode::from(status)
}

/// Used if the hard limit is infinite: Linux' default maximum for one process (`fs.nr_open`).
#[cfg(unix)]
const DEFAULT_OPEN_FILES: u64 = 1 << 20;

/// Exit status for a bad flag, variable or secret, or an unbuilt page. Shells and `clap` use it.
const WRONG_USE: u8 = 2;

/// Exit status for any other failure.
const FAILED: u8 = 1;
