//! What the program is asked for on its command line: to serve, or one of the small commands beside it.

mod check;
mod health;
mod password;

use std::ffi::OsString;

use clap::{Arg, ArgAction, ArgMatches, Command, CommandFactory, FromArgMatches};

pub use self::{
    check::{Report, check},
    health::{HealthError, health},
    password::{PassphraseError, read_passphrase},
};
use crate::config::{self, Config, ConfigError, DotenvFile};

/// What the program is asked for.
#[derive(Clone, Debug)]
pub enum Invocation {
    /// To serve.
    Serve(Box<Config>),
    /// To tell what is wrong. The secrets are not read yet, since that may be what is.
    Check(Box<Config>),
    /// To ask a running server how it is.
    Health {
        /// Where that server was told to listen.
        config: Box<Config>,
        /// Whether it must be of use too, not only alive.
        ready: bool,
    },
    /// To hash a passphrase.
    HashPassword,
}

impl Invocation {
    /// Reads the command line and the environment, which holds what stands in `dotenv`.
    ///
    /// # Errors
    ///
    /// As [`Config::read`].
    pub fn read(
        args: impl IntoIterator<Item = OsString>,
        dotenv: Option<DotenvFile>,
    ) -> Result<Self, ConfigError> {
        let args: Vec<OsString> = args.into_iter().collect();
        let mut command = config::one_line_each(command());
        command
            .try_get_matches_from_mut(&args)
            .and_then(|matches| Self::of(&matches))
            .map_err(|error| config::explain(&error, &command, &args))?
            .with_dotenv(dotenv)
            .with_secrets()
    }

    fn of(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let config = |matches: &ArgMatches| Config::from_arg_matches(matches).map(Box::new);
        Ok(match matches.subcommand() {
            Some((CHECK, matches)) => Self::Check(config(matches)?),
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

/// The flags of the server, and the commands beside it; those that concern a server take its flags.
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
        .help("Ask /readyz: whether it is of use too");
    Config::command()
        .args_conflicts_with_subcommands(true)
        .disable_help_subcommand(true)
        .subcommand(with_flags(CHECK).about(
            "Tells, a line each, what must be so for the server to be of use, and exits with 1 if \
             anything is not",
        ))
        .subcommand(with_flags(HEALTH).arg(ready).about(
            "Asks the server at the address of --listen how it is, and exits with 1 if it is not well",
        ))
        .subcommand(Command::new(HASH_PASSWORD).about(
            "Reads a passphrase and prints its hash for INTURN_PASSWORD_HASH",
        ))
}

const CHECK: &str = "check";
const HEALTH: &str = "health";
const HASH_PASSWORD: &str = "hash-password";
const READY: &str = "ready";

#[cfg(test)]
mod tests {
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
    fn each_command_is_understood_with_its_flags() {
        assert!(
            matches!(read(&["--chunk-ms=60"]), Ok(Invocation::Serve(it)) if it.page.chunk_ms == 60)
        );
        assert!(
            matches!(read(&["check", "--chunk-ms=60"]), Ok(Invocation::Check(it)) if it.page.chunk_ms == 60)
        );
        assert!(matches!(
            read(&["health"]),
            Ok(Invocation::Health { ready: false, .. })
        ));
        assert!(matches!(
            read(&["health", "--ready", "--listen=127.0.0.1:7"]),
            Ok(Invocation::Health { ready: true, config }) if config.listen.listen.port() == 7
        ));
        assert!(matches!(
            read(&["hash-password"]),
            Ok(Invocation::HashPassword)
        ));
    }

    #[test]
    fn what_is_not_understood_is_one_sentence() {
        for (args, needle) in [
            (&["stray"][..], "stray"),
            (&["check", "stray"], "stray"),
            (&["check", "--colour"], "--colour"),
            (&["check", "--chunk-ms=49"], "--chunk-ms"),
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
    fn help_tells_of_the_commands() {
        assert!(matches!(
            read(&["--help"]),
            Err(ConfigError::Help(text))
                if [CHECK, HEALTH, HASH_PASSWORD, "--listen"].iter().all(|it| text.contains(it))
        ));
    }
}
