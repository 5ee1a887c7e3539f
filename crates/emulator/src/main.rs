//! The binary: `inturn-emulator`.

mod cli;
mod listen;

use std::future::{Future, IntoFuture};
use std::io::IsTerminal;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use clap::error::ErrorKind;
use inturn_emulator::Emulator;
use tracing_subscriber::EnvFilter;

use cli::Cli;
use listen::{PromptListener, TlsListener};

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
        Err(error) => return refuse_flags(&error),
    };
    match run(&cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Options(sentence)) => {
            eprintln!("inturn-emulator: {sentence}");
            ExitCode::from(2)
        }
        Err(Failure::Machine(error)) => {
            eprintln!("inturn-emulator: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Why the emulator does not run.
enum Failure {
    /// Whoever started it must change a flag or a file.
    Options(String),
    /// Something else.
    Machine(anyhow::Error),
}

#[tokio::main]
async fn run(cli: &Cli) -> Result<(), Failure> {
    let options = cli.options().map_err(Failure::Options)?;
    let tls = match (&cli.tls_cert, &cli.tls_key) {
        (Some(cert), Some(key)) => Some(listen::tls_config(cert, key).map_err(Failure::Options)?),
        _ => None,
    };
    let emulator = Emulator::new(options).map_err(|error| Failure::Options(error.to_string()))?;
    let listener = listen::bind(cli.listen).await.map_err(Failure::Options)?;
    let address = listener.local_addr().map_err(machine)?;
    println!("recogniser: {}", emulator.recogniser());
    if let Some(reason) = emulator.script_reason() {
        println!("no real words: {reason}");
    }
    match tls {
        None => {
            println!("listening on http://{address}");
            serve(&emulator, PromptListener(listener)).await
        }
        Some(config) => {
            println!("listening on https://{address}");
            let listener = TlsListener::new(listener, config).map_err(machine)?;
            serve(&emulator, listener).await
        }
    }
}

async fn serve<L: axum::serve::Listener>(emulator: &Emulator, listener: L) -> Result<(), Failure>
where
    L::Addr: std::fmt::Debug,
{
    let signal = stop_signal().map_err(machine)?;
    let stopping = emulator.clone();
    let server = axum::serve(listener, emulator.router()).with_graceful_shutdown(async move {
        signal.await;
        tracing::info!("stopping: closing all sessions");
        stopping.shut_down().await;
    });
    // Connections that are kept alive without a session must not hold the stop up for ever.
    let overdue = async {
        emulator.stopped().await;
        tokio::time::sleep(STOP_WAIT).await;
    };
    tokio::select! {
        served = server.into_future() => served.map_err(machine),
        () = overdue => Ok(()),
    }
}

/// SIGINT or SIGTERM.
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

/// One sentence for a bad flag or variable; help and version as they are.
fn refuse_flags(error: &clap::Error) -> ExitCode {
    if matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
    ) {
        print!("{error}");
        return ExitCode::SUCCESS;
    }
    let text = error.to_string();
    // Some of clap's errors list what is missing on the lines below the first.
    let sentence: Vec<&str> = text
        .lines()
        .take_while(|line| !line.is_empty())
        .map(str::trim)
        .collect();
    let sentence = sentence.join(" ");
    eprintln!(
        "inturn-emulator: {}",
        sentence.strip_prefix("error: ").unwrap_or(&sentence)
    );
    ExitCode::from(2)
}

fn machine(error: std::io::Error) -> Failure {
    Failure::Machine(error.into())
}

/// The emulator gives its clients ten seconds to let go.
const STOP_WAIT: Duration = Duration::from_secs(12);
