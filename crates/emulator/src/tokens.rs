//! Temporary tokens.

use std::{collections::HashMap, sync::Mutex, time::Duration};

use ring::rand::{SecureRandom, SystemRandom};

use crate::{owners::TokenOwner, session_log::lock};

/// Mints and redeems the tokens of one emulator.
pub(crate) struct Tokens {
    random: SystemRandom,
    minted: Mutex<HashMap<String, Token>>,
    single_use: bool,
}

struct Token {
    expires_at: Duration,
    grant: TokenGrant,
    used: bool,
}

/// Rights of the session that a token opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TokenGrant {
    /// Longest duration of the session.
    pub(crate) session_secs: u32,
    /// User to whom the token belongs, if the mounting program named one.
    pub(crate) owner: Option<TokenOwner>,
}

/// Why a token can't open a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenProblem {
    /// It was never minted.
    Unknown,
    /// It has expired.
    Expired,
    /// It has already opened a session.
    Used,
}

impl Tokens {
    pub(crate) fn new(single_use: bool) -> Self {
        Self {
            random: SystemRandom::new(),
            minted: Mutex::default(),
            single_use,
        }
    }

    /// Mints a token. Fails if the system provides no random bytes.
    pub(crate) fn mint(
        &self,
        now: Duration,
        window_secs: u32,
        grant: TokenGrant,
    ) -> Result<String, ring::error::Unspecified> {
        let mut bytes = [0; TOKEN_CHARACTERS - TOKEN_PREFIX.len()];
        self.random.fill(&mut bytes)?;
        let mut text = String::from(TOKEN_PREFIX);
        text.extend(
            bytes
                .iter()
                .map(|byte| char::from(ALPHABET[usize::from(byte % 64)])),
        );
        let token = Token {
            expires_at: now + Duration::from_secs(u64::from(window_secs)),
            grant,
            used: false,
        };
        let mut minted = lock(&self.minted);
        minted.retain(|_, token| token.expires_at + RETENTION > now);
        minted.insert(text.clone(), token);
        Ok(text)
    }

    /// Redeems a token for a session.
    pub(crate) fn redeem(&self, text: &str, now: Duration) -> Result<TokenGrant, TokenProblem> {
        let mut minted = lock(&self.minted);
        let token = minted.get_mut(text).ok_or(TokenProblem::Unknown)?;
        if now >= token.expires_at {
            return Err(TokenProblem::Expired);
        }
        if std::mem::replace(&mut token.used, true) && self.single_use {
            return Err(TokenProblem::Used);
        }
        Ok(token.grant.clone())
    }

    /// Returns a new session id, a random UUID.
    pub(crate) fn session_id(&self) -> Result<String, ring::error::Unspecified> {
        let mut bytes = [0_u8; 16];
        self.random.fill(&mut bytes)?;
        Ok(uuid::Builder::from_random_bytes(bytes)
            .into_uuid()
            .to_string())
    }
}

/// Whether the text has the prefix of a token. API keys never have it.
pub(crate) fn looks_like_token(text: &str) -> bool {
    text.starts_with(TOKEN_PREFIX)
}

/// Prefix of the measured token.
const TOKEN_PREFIX: &str = "AQI";
/// Length of the measured token. A client must be able to carry it in a URL.
const TOKEN_CHARACTERS: usize = 2_583;
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/// How long an expired token is kept. Until then the error is "expired", later it is "unknown".
const RETENTION: Duration = Duration::from_secs(3_600);
