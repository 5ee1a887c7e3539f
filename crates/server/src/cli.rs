//! The command line: serving, and the commands `check`, `fetch-recogniser`, `health` and
//! `hash-password`.

mod check;
mod fetch;
mod health;
mod password;

use std::ffi::OsString;

use clap::{Arg, ArgAction, ArgMatches, Args, Command, CommandFactory, FromArgMatches};
use inturn_cli::{ConfigError, DotenvFile, explain, one_line_each};

pub use self::{
    check::check,
    fetch::{FetchConfig, FetchRecogniserError, fetch_recogniser},
    health::{HealthError, health},
    password::{PassphraseError, read_passphrase},
};
use crate::config::Config;

/// A parsed command line.
#[derive(Clone, Debug)]
pub enum Invocation {
    /// Serves.
    Serve(Box<Config>),
    /// Checks the configuration. The secrets are not read yet, since reading them is one check.
    Check(Box<Config>),
    /// Fetches the package of the local service's best recogniser.
    FetchRecogniser(FetchConfig),
    /// Queries a running server.
    Health {
        /// The configuration of that server, for its listen address.
        config: Box<Config>,
        /// Whether the server must also be ready, not only alive.
        ready: bool,
    },
    /// Hashes a passphrase.
    HashPassword,
}

impl Invocation {
    /// Parses the command line and the environment. The variables of `dotenv` must be set already.
    ///
    /// # Errors
    ///
    /// As [`Config::read`].
    pub fn read(
        args: impl IntoIterator<Item = OsString>,
        dotenv: Option<DotenvFile>,
    ) -> Result<Self, ConfigError> {
        let args: Vec<OsString> = args.into_iter().collect();
        let mut command = one_line_each(command());
        command
            .try_get_matches_from_mut(&args)
            .and_then(|matches| Self::of(&matches))
            .map_err(|error| explain(&error, &command, &args))?
            .with_dotenv(dotenv)
            .with_secrets()
    }

    fn of(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let config = |matches: &ArgMatches| Config::from_arg_matches(matches).map(Box::new);
        Ok(match matches.subcommand() {
            Some((CHECK, matches)) => Self::Check(config(matches)?),
            Some((FETCH, matches)) => {
                Self::FetchRecogniser(FetchConfig::from_arg_matches(matches)?)
            }
            Some((HEALTH, matches)) => Self::Health {
                config: config(matches)?,
                ready: matches.get_flag(READY),
            },
            Some(_) => Self::HashPassword,
            None => Self::Serve(config(matches)?),
        })
    }

    fn with_dotenv(mut self, dotenv: Option<DotenvFile>) -> Self {
        if let Self::Serve(config) | Self::Check(config) = &mut self {
            config.dotenv = dotenv;
        }
        self
    }

    fn with_secrets(mut self) -> Result<Self, ConfigError> {
        if let Self::Serve(config) = &mut self {
            config.read_secrets()?;
        }
        Ok(self)
    }
}

/// The server's flags, and the subcommands. Subcommands about a server take the same flags.
fn command() -> Command {
    let with_flags = |name: &'static str| {
        Config::command()
            .name(name)
            .disable_version_flag(true)
            .after_help("")
    };
    let ready = Arg::new(READY)
        .long(READY)
        .action(ArgAction::SetTrue)
        .help("Query /readyz instead: whether the server is ready for requests");
    Config::command()
        .args_conflicts_with_subcommands(true)
        .disable_help_subcommand(true)
        .subcommand(with_flags(CHECK).about(
            "Checks everything the server needs, prints one line for each check, and exits with 1 \
             if any check fails",
        ))
        .subcommand(FetchConfig::augment_args(Command::new(FETCH)).about(
            "Fetches the package of Moonshine, the best recogniser of the local service, unless it \
             works already, and exits with 1 if that fails",
        ))
        .subcommand(with_flags(HEALTH).arg(ready).about(
            "Queries /healthz of the server at --listen, and exits with 1 if it is not healthy",
        ))
        .subcommand(
            Command::new(HASH_PASSWORD)
                .about("Reads a passphrase and prints its hash for INTURN_PASSWORD_HASH"),
        )
}

const CHECK: &str = "check";
const FETCH: &str = "fetch-recogniser";
const HEALTH: &str = "health";
const HASH_PASSWORD: &str = "hash-password";
const READY: &str = "ready";

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn read(args: &[&str]) -> Result<Invocation, ConfigError> {
        let args = std::iter::once("inturn").chain(args.iter().copied());
        Invocation::read(args.map(OsString::from), None)
    }

    #[test]
    fn the_commands_are_consistent() {
        command().debug_assert();
    }

    #[test]
    fn each_command_is_parsed_with_its_flags() {
        assert!(
            matches!(read(&["--chunk-ms=60"]), Ok(Invocation::Serve(it)) if it.page.chunk_ms == 60)
        );
        assert!(matches!(
            read(&["check", "--chunk-ms=60"]),
            Ok(Invocation::Check(it)) if it.page.chunk_ms == 60
        ));
        assert!(matches!(
            read(&["health"]),
            Ok(Invocation::Health { ready: false, .. })
        ));
        assert!(matches!(
            read(&["health", "--ready", "--listen=127.0.0.1:7"]),
            Ok(Invocation::Health { ready: true, config }) if config.listen.listen.port() == 7
        ));
        assert!(matches!(
            read(&["fetch-recogniser", "--moonshine-dir=m", "--from=a.whl"]),
            Ok(Invocation::FetchRecogniser(FetchConfig { moonshine_dir: Some(folder), from }))
                if folder == Path::new("m") && from == Some("a.whl".into())
        ));
        assert!(matches!(
            read(&["hash-password"]),
            Ok(Invocation::HashPassword)
        ));
    }

    #[test]
    fn a_bad_command_line_is_one_sentence() {
        for (args, needle) in [
            (&["stray"][..], "stray"),
            (&["check", "stray"], "stray"),
            (&["check", "--colour"], "--colour"),
            (&["check", "--chunk-ms=49"], "--chunk-ms"),
            (&["fetch-recogniser", "--chunk-ms=60"], "--chunk-ms"),
            (&["fetch-recogniser", "--from"], "--from"),
            (&["hash-password", "--chunk-ms=60"], "--chunk-ms"),
            (&["--chunk-ms=60", "check"], "check"),
        ] {
            let sentence = match read(args) {
                Err(ConfigError::Flag(sentence)) => sentence,
                other => panic!("{args:?}: {other:?}"),
            };
            assert!(sentence.contains(needle), "{args:?}: {sentence}");
            assert!(
                sentence.ends_with('.') && !sentence.contains('\n'),
                "{sentence}"
            );
        }
    }

    #[test]
    fn help_lists_the_commands() {
        assert!(matches!(
            read(&["--help"]),
            Err(ConfigError::Help(text))
                if [CHECK, FETCH, HEALTH, HASH_PASSWORD, "--listen"]
                    .iter()
                    .all(|it| text.contains(it))
        ));
    }
}
