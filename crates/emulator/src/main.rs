//! The `inturn-emulator` binary.

#![expect(
    clippy::print_stdout,
    reason = "prints its address for the programs that start it"
)]

mod cli;
mod listen;

use std::{
    future::{Future, IntoFuture},
    io::IsTerminal,
    process::ExitCode,
    time::Duration,
};

use clap::{Parser, error::ErrorKind};
use inturn_emulator::Emulator;
use tracing_subscriber::EnvFilter;

use self::{
    cli::Cli,
    listen::{NoDelayListener, TlsListener},
};

fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter(
            EnvFilter::try_from_env("INTURN_EMULATOR_LOG")
                .unwrap_or_else(|_| EnvFilter::new("info")),
        )
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return print_flag_error(&error),
    };
    match run(&cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Usage(message)) => {
            eprintln!("inturn-emulator: {message}");
            ExitCode::from(2)
        }
        Err(Failure::Other(error)) => {
            eprintln!("inturn-emulator: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Why the emulator can't run.
enum Failure {
    /// A flag, a variable or a file is wrong.
    Usage(String),
    /// Any other error.
    Other(anyhow::Error),
}

#[tokio::main]
async fn run(cli: &Cli) -> Result<(), Failure> {
    let options = cli.options().map_err(Failure::Usage)?;
    let tls = match (&cli.tls_cert, &cli.tls_key) {
        (Some(cert), Some(key)) => Some(listen::tls_config(cert, key).map_err(Failure::Usage)?),
        _ => None,
    };
    let emulator = Emulator::new(options).map_err(|error| Failure::Usage(error.to_string()))?;
    let listener = listen::bind(cli.listen).await.map_err(Failure::Usage)?;
    let address = listener.local_addr().map_err(other)?;
    println!("recogniser: {}", emulator.recogniser());
    if let Some(reason) = emulator.fallback_reason() {
        println!("no better recogniser: {reason}");
    }
    match tls {
        None => {
            println!("listening on http://{address}");
            serve(&emulator, NoDelayListener(listener)).await
        }
        Some(config) => {
            println!("listening on https://{address}");
            let listener = TlsListener::new(listener, config).map_err(other)?;
            serve(&emulator, listener).await
        }
    }
}

async fn serve<L: axum::serve::Listener>(emulator: &Emulator, listener: L) -> Result<(), Failure>
where
    L::Addr: std::fmt::Debug,
{
    let signal = stop_signal().map_err(other)?;
    let stopping = emulator.clone();
    let server = axum::serve(listener, emulator.router()).with_graceful_shutdown(async move {
        signal.await;
        tracing::info!("stopping: closing all sessions");
        stopping.shut_down().await;
    });
    // Idle keep-alive connections must not delay the shutdown forever.
    let shutdown_timeout = async {
        emulator.stopped().await;
        tokio::time::sleep(SHUTDOWN_TIMEOUT).await;
    };
    tokio::select! {
        served = server.into_future() => served.map_err(other),
        () = shutdown_timeout => Ok(()),
    }
}

/// Completes on SIGINT or SIGTERM.
#[cfg(unix)]
fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Completes on Ctrl-C.
#[cfg(not(unix))]
fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    Ok(async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}

/// Prints the error for a wrong flag or variable in one line. Prints help and version unchanged.
fn print_flag_error(error: &clap::Error) -> ExitCode {
    if matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
    ) {
        // Fails if the reader has closed the pipe, as `head` does.
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    let text = error.to_string();
    // Some of clap's errors continue on the next lines, until an empty line.
    let lines: Vec<&str> = text
        .lines()
        .take_while(|line| !line.is_empty())
        .map(str::trim)
        .collect();
    let message = lines.join(" ");
    eprintln!(
        "inturn-emulator: {}",
        message.strip_prefix("error: ").unwrap_or(&message)
    );
    ExitCode::from(2)
}

fn other(error: std::io::Error) -> Failure {
    Failure::Other(error.into())
}

/// Longer than the ten seconds that [`Emulator::shut_down`] waits for clients.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(12);
