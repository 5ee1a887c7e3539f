//! `inturn`: live transcription in the browser.

use std::{
    io,
    io::Write,
    path::Path,
    process::{ExitCode, exit},
};

use inturn_server::{
    Config, ConfigError, RunError,
    cli::{self, Invocation},
    config::{Dotenv, DotenvError, DotenvFile},
    hash_password, logging, run,
};
use tokio::{
    runtime::{Builder, Runtime},
    sync::oneshot,
};

fn main() -> ExitCode {
    // Before there is a second thread: variables are set here.
    let dotenv = match read_dotenv() {
        Ok(dotenv) => dotenv,
        Err(error) => return fail(&error, WRONG_USE),
    };
    let invocation = match Invocation::read(std::env::args_os(), dotenv) {
        Ok(invocation) => invocation,
        Err(ConfigError::Help(text)) => {
            // A reader that has gone away, such as `head`, has read enough.
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
            ExitCode::from(if report.is_good() { 0 } else { FAILED })
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
    take_all_descriptors();
    let runtime = match Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&format!("The runtime can't be started: {error}."), FAILED),
    };
    let served = runtime.block_on(async { run(config, until_told_to_stop()?).await });
    // Whatever is still open, such as a socket of the local service, has had its time.
    runtime.shutdown_background();
    let is_log_read = logging::flush();
    let (error, status) = match served {
        Ok(()) => return ExitCode::SUCCESS,
        Err(error @ RunError::State(_)) => (error, WRONG_USE),
        Err(error) => (error, FAILED),
    };
    if is_log_read {
        return fail(&error, status);
    }
    // Writing the sentence too would wait for a reader that has stopped.
    ExitCode::from(status)
}

/// Runs a command that needs no more than one thread.
fn with_runtime(command: impl Future<Output = ExitCode>) -> ExitCode {
    match Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => {
            let code = runtime.block_on(command);
            // A name server that does not answer is not waited for.
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
        None => fail(&"The system gives no random bytes.", FAILED),
    }
}

/// Sets the variables of `.env` in the current folder; those that are set already win.
fn read_dotenv() -> Result<Option<DotenvFile>, DotenvError> {
    let path = Path::new(".env");
    let Some(found) = Dotenv::read(path)? else {
        return Ok(None);
    };
    for (name, value) in found.missing(|name| std::env::var_os(name)) {
        // SAFETY: no other thread runs yet that could read the environment meanwhile.
        unsafe { std::env::set_var(name, value) };
    }
    Ok(Some(found.file(path)))
}

/// Takes as many open files as the system lets this process have.
///
/// What it starts with, mostly 1024, is no more than a thousand browsers that keep their
/// connections open; nobody after them would be served. That low number is for programs that use
/// `select`, which this one does not.
#[cfg(unix)]
fn take_all_descriptors() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let wanted = Rlimit {
        current: limit.maximum.or(Some(MANY_DESCRIPTORS)),
        ..limit
    };
    // Refused, the limit stays what it was, and the server runs with it.
    let _ = setrlimit(Resource::Nofile, wanted);
}

#[cfg(not(unix))]
fn take_all_descriptors() {}

/// Done at the first interrupt or request to terminate; at the second, the program ends at once.
fn until_told_to_stop() -> Result<impl Future<Output = ()> + Send + 'static, RunError> {
    let mut signals = Signals::new()?;
    let (told, stop) = oneshot::channel();
    tokio::spawn(async move {
        signals.next().await;
        // Nobody waits any more once the server has ended by itself.
        let _ = told.send(());
        signals.next().await;
        logging::flush();
        exit(i32::from(FAILED));
    });
    Ok(async move {
        // The task above ends without a word only with the runtime.
        let _ = stop.await;
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

fn fail(sentence: &dyn std::fmt::Display, status: u8) -> ExitCode {
    // Without a standard error there is nobody to tell.
    let _ = writeln!(io::stderr(), "inturn: {sentence}");
    ExitCode::from(status)
}

/// Where the system names no limit of its own: what Linux lets a process have at most by default.
#[cfg(unix)]
const MANY_DESCRIPTORS: u64 = 1 << 20;

/// The program was asked for something it can't do: what shells and `clap` use too.
const WRONG_USE: u8 = 2;

/// The program was asked rightly, and failed.
const FAILED: u8 = 1;
