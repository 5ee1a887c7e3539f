//! The local service of both programs: its flags, and the emulator behind it.

use std::path::PathBuf;

use clap::Args;
use inturn_emulator::{
    Emulator, MoonshinePaths, Options, OptionsError, RecogniserChoice, ServiceLimits,
};
use inturn_service::ApiKey;
use ring::rand::{SecureRandom, SystemRandom};

use crate::recogniser::{describe, install_remedy};

/// Flags of the local service's recogniser.
#[derive(Args, Clone, Debug)]
pub struct RecogniserConfig {
    /// Speech recogniser of the local service; `auto` uses the most accurate one that is installed:
    /// Moonshine, else PocketSphinx, else the script. `INTURN_RECOGNISER`, default `auto`.
    #[arg(
        long,
        env = "INTURN_RECOGNISER",
        value_name = "NAME",
        value_enum,
        default_value_t
    )]
    pub recogniser: RecogniserChoice,

    /// Folder with Moonshine's unpacked package, or with a model for it. `INTURN_MOONSHINE_DIR`,
    /// default `inturn/moonshine` in `~/.local/share`, `/usr/local/share` or `/usr/share`.
    #[arg(long, env = "INTURN_MOONSHINE_DIR", value_name = "DIR")]
    pub moonshine_dir: Option<PathBuf>,
}

/// An emulator whose random key never leaves this process, so that no other program can open
/// sessions.
#[derive(Clone)]
pub struct PrivateEmulator {
    /// The emulator.
    pub emulator: Emulator,
    /// Its only key.
    pub key: ApiKey,
    /// Where Moonshine was looked for.
    pub moonshine: MoonshinePaths,
}

/// A more accurate recogniser that is not available.
#[derive(Clone, Debug)]
pub struct Advice<'a> {
    /// Why it is not used.
    pub reason: &'a str,
    /// How to install it, as a sentence.
    pub remedy: String,
}

/// Why the local service can't start.
#[derive(Debug, thiserror::Error)]
pub enum LocalError {
    /// The emulator rejected its options.
    #[error("{error}")]
    Options {
        /// The cause.
        error: OptionsError,
        /// What to do, as a sentence.
        remedy: String,
    },
    /// The system provided no random bytes for the key.
    #[error("the system can't provide random bytes")]
    NoRandomness,
}

impl PrivateEmulator {
    /// Creates the emulator. Unless the script is chosen, this opens the recogniser once as a test.
    ///
    /// # Errors
    ///
    /// [`LocalError`] if the chosen recogniser is not installed.
    pub fn new(config: &RecogniserConfig, limits: ServiceLimits) -> Result<Self, LocalError> {
        let key_text = random_key()?;
        let key = ApiKey::parse(&key_text).ok().flatten();
        let key = key.ok_or(LocalError::NoRandomness)?;
        let moonshine = MoonshinePaths {
            // It is next to this program.
            program: None,
            folder: config.moonshine_dir.clone(),
        };
        let emulator = Emulator::new(Options {
            api_keys: vec![key_text],
            recogniser: config.recogniser,
            moonshine: moonshine.clone(),
            limits: for_people(limits),
            ..Options::default()
        })
        .map_err(|error| LocalError::Options {
            error,
            remedy: match config.recogniser {
                RecogniserChoice::Moonshine => install_remedy(&moonshine),
                _ => "Install the recogniser, or set --recogniser script.".to_owned(),
            },
        })?;
        Ok(Self {
            emulator,
            key,
            moonshine,
        })
    }

    /// Describes the recogniser and its accuracy.
    pub fn description(&self) -> String {
        describe(self.emulator.recogniser(), &self.moonshine)
    }

    /// Why Moonshine is not used although it was looked for, and how to install it.
    pub fn advice(&self) -> Option<Advice<'_>> {
        let reason = self.emulator.fallback_reason()?;
        Some(Advice {
            reason,
            remedy: install_remedy(&self.moonshine),
        })
    }
}

impl LocalError {
    /// Returns what to do, as a sentence.
    pub fn remedy(&self) -> &str {
        match self {
            Self::Options { remedy, .. } => remedy,
            Self::NoRandomness => "Check the random number generator of the system.",
        }
    }
}

/// People read along, so they get a partial for each change of the words. The service's intervals
/// are for tests of clients.
fn for_people(limits: ServiceLimits) -> ServiceLimits {
    ServiceLimits {
        eager_partials: true,
        ..limits
    }
}

/// Generates a key of 256 random bits in hexadecimal.
fn random_key() -> Result<String, LocalError> {
    let mut bytes = [0_u8; 32];
    let filled = SystemRandom::new().fill(&mut bytes);
    filled.map_err(|_| LocalError::NoRandomness)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_see_words_as_soon_as_they_change() {
        let limits = for_people(ServiceLimits {
            sessions_per_owner: Some(3),
            ..ServiceLimits::default()
        });
        assert!(limits.eager_partials && limits.sessions_per_owner == Some(3));
    }

    #[test]
    fn each_emulator_has_a_key_of_its_own() {
        let config = RecogniserConfig {
            recogniser: RecogniserChoice::Script,
            moonshine_dir: None,
        };
        let started = || PrivateEmulator::new(&config, ServiceLimits::default());
        let [one, two] = [started(), started()].map(|it| it.expect("the script needs no library"));
        assert_eq!(one.key.header().len(), 64);
        assert_ne!(one.key.header(), two.key.header());
        assert!(one.description().starts_with("script") && one.advice().is_none());
    }
}
