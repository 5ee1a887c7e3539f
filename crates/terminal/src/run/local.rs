//! The local service: the emulator inside this program, on a free loopback port.

use std::{io, net::Ipv4Addr};

use inturn_cli::{describe, install_remedy};
use inturn_emulator::{
    Emulator, MoonshinePaths, Options, OptionsError, RecogniserChoice, ServiceLimits,
};
use inturn_service::{ApiKey, ServiceUrl};
use ring::rand::{SecureRandom, SystemRandom};
use tokio::{net::TcpListener, task::JoinHandle};

use crate::cli::WhomConfig;

/// The running local service. Dropping it ends it.
#[derive(Debug)]
pub struct LocalService {
    url: ServiceUrl,
    key: ApiKey,
    description: String,
    advice: Option<String>,
    task: JoinHandle<()>,
}

/// Why the local service can't start.
#[derive(Debug, thiserror::Error)]
pub enum LocalError {
    /// The chosen recogniser is not available.
    #[error("The local service can't start: {error}. {remedy}")]
    Recogniser {
        /// The cause.
        error: OptionsError,
        /// What to do, as a sentence.
        remedy: String,
    },
    /// No loopback port.
    #[error("The local service can't listen on 127.0.0.1: {0}.")]
    Port(#[from] io::Error),
    /// No random bytes for its key.
    #[error("The system can't provide random bytes.")]
    NoRandomness,
}

impl LocalService {
    /// Starts the local service.
    ///
    /// # Errors
    ///
    /// [`LocalError`]: one sentence, or two with the remedy.
    pub async fn start(config: &WhomConfig) -> Result<Self, LocalError> {
        let key_text = random_key()?;
        let key = ApiKey::parse(&key_text).ok().flatten();
        let key = key.ok_or(LocalError::NoRandomness)?;
        let moonshine = MoonshinePaths {
            // It is next to this program.
            program: None,
            folder: config.moonshine_dir.clone(),
        };
        let emulator = Emulator::new(Options {
            // Other programs of this machine can't open sessions.
            api_keys: vec![key_text],
            recogniser: config.recogniser,
            moonshine: moonshine.clone(),
            limits: ServiceLimits {
                eager_partials: true,
                ..ServiceLimits::default()
            },
            ..Options::default()
        });
        let emulator = emulator.map_err(|error| LocalError::Recogniser {
            error,
            remedy: match config.recogniser {
                RecogniserChoice::Moonshine => install_remedy(&moonshine),
                _ => "Install the recogniser, or use --recogniser script.".to_owned(),
            },
        })?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let url = url.parse().map_err(io::Error::other)?;
        let description = describe(emulator.recogniser(), &moonshine);
        let advice = emulator.fallback_reason();
        let advice = advice.map(|reason| {
            let remedy = install_remedy(&moonshine);
            format!("A more accurate one is not used: {reason}. {remedy}")
        });
        let router = emulator.router();
        let task = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::error!(%error, "the local service has ended");
            }
        });
        Ok(Self {
            url,
            key,
            description,
            advice,
            task,
        })
    }

    /// Its address.
    pub fn url(&self) -> &ServiceUrl {
        &self.url
    }

    /// Its key, which only this process has.
    pub fn key(&self) -> &ApiKey {
        &self.key
    }

    /// Describes its recogniser and how accurate it is.
    pub fn description(&self) -> &str {
        &self.description
    }

    /// Why a more accurate recogniser is not used, and how to install it.
    pub fn advice(&self) -> Option<&str> {
        self.advice.as_deref()
    }
}

impl Drop for LocalService {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Generates a key of 256 random bits in hexadecimal.
fn random_key() -> Result<String, LocalError> {
    let mut bytes = [0_u8; 32];
    let filled = SystemRandom::new().fill(&mut bytes);
    filled.map_err(|_| LocalError::NoRandomness)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
