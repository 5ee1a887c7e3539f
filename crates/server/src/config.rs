//! The configuration: one struct per concern, and an environment variable for every flag.
//!
//! Nothing here uses the network. [`Config::read`] turns the command line and the environment into
//! valid values, or into an error of one sentence that names the flag or variable to fix.

mod access;
mod cost;
mod limits;
mod listen;
mod local;
mod log;
mod page;
mod password_hash;
mod path_prefix;
mod service;
mod serving;
mod session;
mod storage;
mod warning;

use std::ffi::OsString;

pub use access::{
    AccessConfig, AccessSecrets, AuthMode, InvalidName, InvalidNetwork, Name, Network,
};
use clap::{CommandFactory, FromArgMatches, Parser};
pub use cost::CostConfig;
use inturn_cli::{ConfigError, DotenvFile, explain, one_line_each, read_api_key};
use inturn_service::ApiKey;
pub use limits::{BudgetTooSmall, InvalidRedisUrl, LimitsConfig, RedisUrl, WhenRedisIsAway};
pub use listen::ListenConfig;
pub use local::LocalConfig;
pub use log::{LogConfig, LogFormat};
pub use page::PageSettings;
pub use password_hash::PasswordHash;
pub(crate) use path_prefix::plain_prefix;
pub use service::ServiceConfig;
pub use serving::ServingConfig;
pub use session::SessionConfig;
pub use storage::StorageConfig;
pub(crate) use warning::ConfigWarning;

/// The server's whole configuration.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "inturn",
    version,
    about = "Live transcription in the browser: serves the page and hands out session tokens.",
    after_help = "The API key comes from ASSEMBLYAI_API_KEY, or from the file named by \
                  ASSEMBLYAI_API_KEY_FILE. Variables are also read from .env in the current \
                  folder. Without a key, the server uses a local service."
)]
pub struct Config {
    /// The listen address, and what is served.
    #[command(flatten)]
    pub listen: ListenConfig,
    /// Limits and timeouts of connections.
    #[command(flatten)]
    pub serving: ServingConfig,
    /// Who can get tokens.
    #[command(flatten)]
    pub access: AccessConfig,
    /// Limits on tokens and recordings.
    #[command(flatten)]
    pub limits: LimitsConfig,
    /// What sessions cost, and when the page ends a forgotten one.
    #[command(flatten)]
    pub cost: CostConfig,
    /// The speech service, and the timeout of calls to it.
    #[command(flatten)]
    pub service: ServiceConfig,
    /// The parameters of each session.
    #[command(flatten)]
    pub session: SessionConfig,
    /// The page's defaults for capturing audio.
    #[command(flatten)]
    pub page: PageSettings,
    /// What the page stores on people's devices.
    #[command(flatten)]
    pub storage: StorageConfig,
    /// The local service, which is used if there is no key.
    #[command(flatten)]
    pub local: LocalConfig,
    /// What is logged, and how.
    #[command(flatten)]
    pub log: LogConfig,
    /// The API key of the account that pays for the sessions. There is no flag for it, because
    /// flags are visible in the list of processes.
    #[arg(skip)]
    pub key: Option<ApiKey>,
    /// The `.env` file that was read, if there is one.
    #[arg(skip)]
    pub dotenv: Option<DotenvFile>,
}

impl Config {
    /// Parses the command line and the environment, and reads the key and the other secrets.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Help`] for `--help` and `--version`. Any other error is one sentence that
    /// names the flag or variable to fix.
    pub fn read(args: impl IntoIterator<Item = OsString>) -> Result<Self, ConfigError> {
        let mut config = Self::parse_flags(args)?;
        config.read_secrets()?;
        Ok(config)
    }

    /// Reads the key and the other secrets.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Secret`] if one of them can't be used.
    pub fn read_secrets(&mut self) -> Result<(), ConfigError> {
        self.key = read_api_key()?;
        self.access.secrets = AccessSecrets::from_environment()?;
        self.limits.read_redis_file()?;
        Ok(())
    }

    /// Parses the command line and the variables of the flags. Does not read the secrets.
    ///
    /// # Errors
    ///
    /// As [`Config::read`].
    pub fn parse_flags(args: impl IntoIterator<Item = OsString>) -> Result<Self, ConfigError> {
        let args: Vec<OsString> = args.into_iter().collect();
        let mut command = one_line_each(Self::command());
        command
            .try_get_matches_from_mut(&args)
            .and_then(|matches| Self::from_arg_matches(&matches))
            .map_err(|error| explain(&error, &command, &args))
    }

    /// Returns what is risky in the configuration and in the permissions of the secrets' files.
    pub(crate) fn warnings(&self) -> Vec<ConfigWarning> {
        let has_key = self.key.is_some() && !self.local.local_service;
        let key_recipient = has_key.then(|| self.service.url());
        warning::warnings(key_recipient.as_ref(), self.dotenv.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Secrets, which must not be given as flags.
    const SECRETS: [&str; 4] = [
        "INTURN_PROXY_SECRET",
        "INTURN_PASSWORD_HASH",
        "INTURN_SIGN_IN_SECRET",
        "INTURN_LIMITS_REDIS",
    ];

    fn parse(args: &[&str]) -> Result<Config, ConfigError> {
        Config::parse_flags(
            std::iter::once("inturn")
                .chain(args.iter().copied())
                .map(OsString::from),
        )
    }

    #[test]
    fn the_flags_are_consistent() {
        Config::command().debug_assert();
    }

    #[test]
    fn every_flag_is_documented_with_its_default() {
        let page = include_str!("../../../docs/operating.md");
        for arg in Config::command().get_arguments() {
            let (Some(long), Some(variable)) = (arg.get_long(), arg.get_env()) else {
                continue;
            };
            let row = format!("| `--{long}` | `{}` | ", variable.display());
            let row = page.lines().find(|line| line.starts_with(&row));
            let row = row.unwrap_or_else(|| panic!("--{long} is missing"));
            for default in arg.get_default_values() {
                let default = default.to_string_lossy();
                assert!(
                    row.contains(&*default),
                    "--{long} is {default} by default: {row}"
                );
            }
        }
    }

    #[test]
    fn every_flag_has_a_variable_of_the_same_name() {
        for arg in Config::command().get_arguments() {
            let Some(long) = arg
                .get_long()
                .filter(|long| !matches!(*long, "help" | "version"))
            else {
                continue;
            };
            let expected = format!("INTURN_{}", long.to_uppercase().replace('-', "_"));
            assert_eq!(
                arg.get_env().and_then(|name| name.to_str()),
                Some(expected.as_str()),
                "--{long}"
            );
        }
    }

    #[test]
    fn every_secret_can_be_in_a_file() {
        let mut expected = SECRETS.map(|name| format!("{name}_FILE")).to_vec();
        expected.push("ASSEMBLYAI_API_KEY_FILE".to_owned());
        expected.sort_unstable();
        // The others are those of the terminal client.
        let mut known = inturn_cli::FILE_VARIABLES.to_vec();
        known.retain(|name| !name.starts_with("INTURN_SERVER_"));
        known.sort_unstable();
        assert_eq!(known, expected);
    }

    #[test]
    fn every_variable_in_docs_and_deploy_exists() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let flags = Config::command();
        let mut known: Vec<String> = flags
            .get_arguments()
            .filter_map(|arg| arg.get_env()?.to_str().map(str::to_owned))
            .collect();
        for secret in SECRETS {
            known.extend([secret.to_string(), format!("{secret}_FILE")]);
        }
        let mut files = vec![root.join("Dockerfile"), root.join("docs/operating.md")];
        let mut folders = vec![root.join("deploy")];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("a folder") {
                let path = entry.expect("an entry").path();
                let kind = if path.is_dir() {
                    &mut folders
                } else {
                    &mut files
                };
                kind.push(path);
            }
        }
        assert!(files.len() > 4, "{files:?}");
        for file in files {
            let text = std::fs::read_to_string(&file).expect("text");
            for (at, _) in text.match_indices("INTURN_") {
                let is_name_char = |c: char| c.is_ascii_uppercase() || c == '_';
                let rest = &text[at..];
                let end = rest.find(|c| !is_name_char(c)).unwrap_or(rest.len());
                let name = &rest[..end];
                let is_known = known.iter().any(|it| it == name) || name == "INTURN_";
                assert!(is_known, "{}: {name}", file.display());
            }
        }
    }

    #[test]
    fn a_bad_value_is_one_sentence_that_names_the_flag() {
        for (args, needles) in [
            (&["--listen", "nowhere"][..], &["--listen", "nowhere"][..]),
            (&["--region", "mars"], &["--region", "mars", "us", "eu"]),
            (&["--chunk-ms", "49"], &["--chunk-ms", "49", "50 to 1000"]),
            (&["--chunk-ms", "soon"], &["--chunk-ms", "soon"]),
            (&["--chunk-ms"], &["--chunk-ms"]),
            (
                &["--token-expires-in-seconds", "601"],
                &["--token-expires-in-seconds", "1 to 600"],
            ),
            (
                &["--inactivity-timeout-seconds", "4"],
                &["--inactivity-timeout-seconds", "5 to 3600"],
            ),
            (&["--max-session-duration-seconds", "59"], &["60 to 10800"]),
            (
                &["--upstream-timeout-seconds", "10"],
                &["--upstream-timeout-seconds", "1 to 9"],
            ),
            (&["--service-url", "ftp://x"], &["--service-url", "http"]),
            (
                &["--service-url", "https://me:pw@x"],
                &["--service-url", "password"],
            ),
            (
                &["--limits-redis", "http://me:pw@x"],
                &["--limits-redis", "redis://"],
            ),
            (
                &["--limits-when-redis-is-away", "ajar"],
                &["ajar", "closed", "open"],
            ),
            (
                &["--all-tokens-per-day", "1000001"],
                &["--all-tokens-per-day", "0 to 1000000"],
            ),
            (&["--cost-per-hour", "free"], &["--cost-per-hour", "0.45"]),
            (&["--cost-per-hour", "inf"], &["--cost-per-hour", "0.45"]),
            (&["--cost-per-hour", "NaN"], &["--cost-per-hour", "0.45"]),
            (&["--cost-per-hour", "-1"], &["--cost-per-hour", "0.45"]),
            (&["--cost-per-hour=-1"], &["--cost-per-hour", "0.45"]),
            (&["--cost-per-hour", "0,45"], &["--cost-per-hour", "0.45"]),
            (&["--cost-currency", ""], &["--cost-currency", "CHF"]),
            (
                &["--cost-currency", "doubloons"],
                &["--cost-currency", "1 to 8"],
            ),
            (&["--cost-currency", "\u{202e}"], &["\\u{202e}", "CHF"]),
            (&["--cost-currency", "$\n"], &["--cost-currency", "CHF"]),
            (&["--idle-minutes=-1"], &["--idle-minutes", "0 to 1440"]),
            (
                &["--idle-minutes", "1441"],
                &["--idle-minutes", "0 to 1440"],
            ),
            (
                &["--idle-minutes", "1.5"],
                &["--idle-minutes", "whole number"],
            ),
            (
                &["--recording-minimum-seconds", "0"],
                &["--recording-minimum-seconds", "60 to 10800"],
            ),
            (&["--log-filter", "a=b=c=,"], &["--log-filter"]),
            (
                &["--format-turns", "perhaps"],
                &["--format-turns", "perhaps"],
            ),
            (
                &["--session-parameter", "speaker_label=true"],
                &["--session-parameter names \"speaker_label\""],
            ),
            (
                &["--session-parameter", "max_speakers=11pw"],
                &["--session-parameter can't set max_speakers"],
            ),
            (&["--colour"], &["--colour"]),
            (&["stray"], &["stray"]),
            (
                &["--region", "eu", "--service-url", "http://x"],
                &["--region", "--service-url"],
            ),
        ] {
            let sentence = match parse(args) {
                Err(ConfigError::Flag(sentence)) => sentence,
                other => panic!("{args:?}: {other:?}"),
            };
            for needle in needles {
                assert!(sentence.contains(needle), "{args:?}: {sentence}");
            }
            assert!(
                sentence.ends_with('.') && !sentence.contains('\n'),
                "{args:?}: {sentence}"
            );
            assert!(!sentence.contains("pw"), "{sentence}");
        }
    }

    #[test]
    fn help_is_not_an_error() {
        assert!(
            matches!(parse(&["--help"]), Err(ConfigError::Help(text)) if text.contains("--listen"))
        );
        assert!(matches!(parse(&["--version"]), Err(ConfigError::Help(_))));
    }

    #[test]
    fn each_region_has_its_host() {
        let host = |args: &[&str]| {
            parse(args)
                .map(|config| config.service.url().to_string())
                .ok()
        };
        assert_eq!(
            host(&[]).as_deref(),
            Some("https://streaming.assemblyai.com")
        );
        assert_eq!(
            host(&["--region", "eu"]).as_deref(),
            Some("https://streaming.eu.assemblyai.com")
        );
        assert_eq!(
            host(&["--service-url", "http://127.0.0.1:9/x/"]).as_deref(),
            Some("http://127.0.0.1:9/x")
        );
    }
}
