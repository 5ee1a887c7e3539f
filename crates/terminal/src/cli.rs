//! The command line: recording, and the commands `devices`, `check`, `completions` and `man`.

mod duration;
mod input;
mod output;
mod session;
mod whom;

use std::{ffi::OsString, io};

use clap::{
    ArgMatches, Command, CommandFactory, FromArgMatches, Parser, Subcommand, parser::ValueSource,
};
use inturn_cli::{ConfigError, explain, one_line_each};

pub use self::{
    duration::{InvalidDuration, Span},
    input::{Input, InputConfig, PcmEncoding, Silence, is_standard_input},
    output::OutputConfig,
    session::{SessionConfig, SessionError, TurnPreset},
    whom::{ServerUrl, ServerUrlError, WhomConfig},
};

/// The settings of a recording.
#[derive(Clone, Debug, Parser)]
#[command(
    name = NAME,
    version,
    about = "Live transcription in the terminal: prints the words of the microphone, of what the \
             computer plays, or of files, until Ctrl+C.",
    after_help = AFTER_HELP
)]
pub struct Config {
    /// What to transcribe.
    #[command(flatten)]
    pub input: InputConfig,
    /// Who transcribes.
    #[command(flatten)]
    pub whom: WhomConfig,
    /// How to transcribe.
    #[command(flatten)]
    pub session: SessionConfig,
    /// Where the words go.
    #[command(flatten)]
    pub output: OutputConfig,
}

/// A parsed command line.
#[derive(Clone, Debug)]
pub enum Invocation {
    /// Transcribes.
    Listen(Box<Config>),
    /// Checks all that a recording needs.
    Check(Box<Config>),
    /// Lists the devices.
    Devices,
    /// Prints the completions for a shell.
    Completions(clap_complete::Shell),
    /// Prints the man page.
    Man,
}

#[derive(Subcommand)]
enum Commands {
    /// Lists the microphones, and the outputs whose sound can be captured.
    Devices,
    /// Checks the device, the key or the server, and the service; prints one line for each, and
    /// exits with 1 if any check fails.
    Check(Box<Config>),
    /// Prints completions for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Prints the man page.
    Man,
}

impl Invocation {
    /// Parses the command line and the environment.
    ///
    /// # Errors
    ///
    /// [`ConfigError`]: one sentence that names the flag or the variable.
    pub fn read(args: impl IntoIterator<Item = OsString>) -> Result<Self, ConfigError> {
        let args: Vec<OsString> = args.into_iter().collect();
        let mut command = one_line_each(command());
        let parsed = command
            .try_get_matches_from_mut(&args)
            .and_then(|matches| Ok((Self::of(&matches)?, matches)));
        let (mut invocation, matches) = parsed.map_err(|it| explain(&it, &command, &args))?;
        if let Self::Listen(config) | Self::Check(config) = &mut invocation {
            let matches = matches.subcommand().map_or(&matches, |(_, it)| it);
            config.check(|id| matches.value_source(id) == Some(ValueSource::CommandLine))?;
        }
        Ok(invocation)
    }

    fn of(matches: &ArgMatches) -> Result<Self, clap::Error> {
        if matches.subcommand().is_none() {
            return Ok(Self::Listen(Box::new(Config::from_arg_matches(matches)?)));
        }
        Ok(match Commands::from_arg_matches(matches)? {
            Commands::Devices => Self::Devices,
            Commands::Check(config) => Self::Check(config),
            Commands::Completions { shell } => Self::Completions(shell),
            Commands::Man => Self::Man,
        })
    }
}

impl Config {
    /// Checks what clap does not: combinations of flags. A flag wins over a variable.
    fn check(&mut self, is_flag: impl Fn(&str) -> bool) -> Result<(), ConfigError> {
        let input = self.input.check(is_flag("device"));
        let session = self.session.parameters().map(drop);
        let whom = self.whom.settle(&is_flag, SessionConfig::flag(&is_flag));
        input
            .and(session.map_err(|error| error.to_string()))
            .and(whom)
            .and(self.output.check())
            .map_err(ConfigError::Flag)
    }
}

/// Writes the completions for a shell.
pub fn completions(shell: clap_complete::Shell, output: &mut dyn io::Write) {
    clap_complete::generate(shell, &mut command(), NAME, output);
}

/// Writes the man page.
///
/// # Errors
///
/// As the output.
pub fn man_page(output: &mut dyn io::Write) -> io::Result<()> {
    clap_mangen::Man::new(command()).render(output)
}

fn command() -> Command {
    Commands::augment_subcommands(Config::command())
        .args_conflicts_with_subcommands(true)
        .disable_help_subcommand(true)
        .mut_subcommand("check", |it| it.disable_version_flag(true).after_help(""))
}

const NAME: &str = "inturn-listen";

const AFTER_HELP: &str = "\
With --server, tokens come from a team's server. Otherwise the API key is read from \
ASSEMBLYAI_API_KEY, or from the file named by ASSEMBLYAI_API_KEY_FILE. Without either, a local \
service inside this program recognises the words. Variables are also read from .env in the current \
folder.

The first Ctrl+C ends the recording and waits for the last words; the second one ends at once.

Exit status: 0 after Ctrl+C, at the end of the input, or after --for or --stop-after-silence; \
1 failed; 2 wrong use; 3 no microphone; 4 key, token or sign-in refused; 5 connection lost for \
good; 130 after a second Ctrl+C.";

#[cfg(test)]
mod tests;
