//! The settings of a recording.

use std::sync::Arc;

use inturn_client_core::audio::ChunkLength;
use inturn_service::Tls;

use crate::tokens::Tokens;

/// The settings of a recording.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// Where the tokens of its sessions come from.
    pub tokens: Tokens,
    /// Length of the audio in a message to the service. 100 ms by default.
    pub chunk: ChunkLength,
    /// Seconds without words after which the countdown to the end of the recording begins
    /// ([`Event::IdleCountdown`](crate::Event::IdleCountdown)). 0, the default, is never.
    pub idle_secs: u32,
    /// Encryption. By default, the system's certificates decide which servers are trusted.
    pub tls: Tls,
}

impl Options {
    /// Creates the default settings, with tokens from an Inturn server
    /// ([`ServerTokens`](crate::ServerTokens)) or from the service
    /// ([`ServiceTokens`](crate::ServiceTokens)).
    pub fn new(tokens: impl Into<Tokens>) -> Self {
        Self {
            tokens: tokens.into(),
            chunk: ChunkLength::default(),
            idle_secs: 0,
            tls: Tls::default(),
        }
    }

    /// Sets the length of the audio in a message.
    #[must_use]
    pub fn with_chunk(mut self, chunk: ChunkLength) -> Self {
        self.chunk = chunk;
        self
    }

    /// Sets after how many seconds without words the countdown begins; 0 for never.
    #[must_use]
    pub fn with_idle_secs(mut self, secs: u32) -> Self {
        self.idle_secs = secs;
        self
    }

    /// Encrypts all connections with this configuration.
    #[must_use]
    pub fn with_tls(mut self, config: Arc<rustls::ClientConfig>) -> Self {
        self.tls = Tls::new(config);
        self
    }
}
