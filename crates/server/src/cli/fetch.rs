//! `inturn fetch-recogniser`: fetches Moonshine's package and tests it.

use std::{
    ffi::OsString,
    io::{self, IsTerminal, Write},
    path::{Path, PathBuf},
};

use clap::Args;
use inturn_cli::{broken_remedy, describe, shell_word};
use inturn_emulator::{MoonshinePaths, RecogniserKind};
use inturn_fetch::{DISK_MB, DOWNLOAD_MB, FetchError, Source, Step, System};

/// Flags of `inturn fetch-recogniser`.
#[derive(Args, Clone, Debug)]
pub struct FetchConfig {
    /// Folder to unpack Moonshine's package into. `INTURN_MOONSHINE_DIR`, default
    /// `inturn/moonshine` in `~/.local/share`.
    #[arg(long, env = "INTURN_MOONSHINE_DIR", value_name = "DIR")]
    pub moonshine_dir: Option<PathBuf>,

    /// File of the package, or its http or https address. Without it, pip downloads the package.
    #[arg(long, value_name = "FILE|URL")]
    pub from: Option<OsString>,
}

/// Why there is no recogniser.
#[derive(Debug, thiserror::Error)]
pub enum FetchRecogniserError {
    /// A part of the release is missing. The package is of no use without it.
    #[error("{0}: put inturn-moonshine of the same release next to inturn.")]
    NoProgram(String),
    /// No variable names a person's folder.
    #[error("The folder for data is unknown: name one with --moonshine-dir.")]
    NoFolder,
    /// The package can't be fetched.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// The package is complete, but does not work.
    #[error("The package is in {folder}, but does not work: {reason}. {remedy}")]
    Broken {
        /// Where it is.
        folder: PathBuf,
        /// Why it does not work.
        reason: String,
        /// What to do, as a sentence.
        remedy: &'static str,
    },
}

/// Fetches Moonshine's package, unless it works already, and tests it. Prints what it does.
///
/// # Errors
///
/// One sentence for a person. An incomplete package is never left in the folder.
pub async fn fetch_recogniser(config: &FetchConfig) -> Result<(), FetchRecogniserError> {
    let paths = MoonshinePaths {
        program: None,
        folder: config.moonshine_dir.clone(),
    };
    let mut console = Console::new();
    paths.program().map_err(FetchRecogniserError::NoProgram)?;
    if paths.test().is_ok() {
        console.line(&format!("{}. Nothing to do.", works(&paths)));
        return Ok(());
    }
    let folder = paths
        .package_folder()
        .ok_or(FetchRecogniserError::NoFolder)?;
    let source = Source::read(config.from.as_deref())?;
    if let Some(system) = System::this() {
        console.line(&format!(
            "Fetching Moonshine's package for {system} (about {DOWNLOAD_MB} MB to download, \
             {DISK_MB} MB on the disk)."
        ));
    }
    inturn_fetch::fetch(&folder, &source, &mut |step| console.show(&step)).await?;
    paths
        .test()
        .map_err(|reason| FetchRecogniserError::Broken {
            folder: folder.clone(),
            reason,
            remedy: broken_remedy(&paths),
        })?;
    console.line(&format!("{}. {}", works(&paths), next_step(&folder)));
    Ok(())
}

fn works(paths: &MoonshinePaths) -> String {
    describe(RecogniserKind::Moonshine, paths)
}

/// Says what is left to do so that the server uses the package.
fn next_step(folder: &Path) -> String {
    if MoonshinePaths::is_usual(folder) {
        "The server uses it from its next start on.".to_owned()
    } else {
        format!(
            "Start the server with --moonshine-dir {} to use it.",
            shell_word(folder)
        )
    }
}

/// The standard output. Only a terminal shows how a download proceeds.
struct Console {
    is_terminal: bool,
    /// The megabytes shown last, and whether the line is still open.
    shown_mb: u64,
    is_open: bool,
}

impl Console {
    fn new() -> Self {
        Self {
            is_terminal: io::stdout().is_terminal(),
            shown_mb: 0,
            is_open: false,
        }
    }

    fn show(&mut self, step: &Step) {
        match step {
            Step::Received { received, total } => self.progress(*received, *total),
            Step::Kept => self.line("The download of an earlier run is complete."),
            Step::Pip => self.line("Downloading with pip …"),
            Step::Download { host } => self.line(&format!("Downloading from {host} …")),
            Step::Check { bytes } => {
                self.line(&format!("Comparing the SHA-256 of {} MB …", mb(*bytes)));
            }
            Step::Unpack { folder } => {
                self.line(&format!("Unpacking into {} …", folder.display()));
            }
        }
    }

    fn progress(&mut self, received: u64, total: Option<u64>) {
        let received_mb = mb(received);
        if !self.is_terminal || received_mb == self.shown_mb {
            return;
        }
        self.shown_mb = received_mb;
        self.is_open = true;
        let total = total.map_or_else(String::new, |total| format!(" of {}", mb(total)));
        let mut output = io::stdout();
        // If standard output is closed, the work goes on.
        let _ = write!(output, "\r{received_mb}{total} MB").and_then(|()| output.flush());
    }

    fn line(&mut self, text: &str) {
        let end = if self.is_open { "\n" } else { "" };
        self.is_open = false;
        let _ = writeln!(io::stdout(), "{end}{text}");
    }
}

fn mb(bytes: u64) -> u64 {
    bytes / 1_000_000
}
