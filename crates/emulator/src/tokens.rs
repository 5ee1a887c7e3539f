//! Temporary tokens: minted, redeemed, remembered for a while after.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use ring::rand::{SecureRandom, SystemRandom};

use crate::owners::TokenOwner;
use crate::session_log::locked;

/// The tokens of one emulator.
pub(crate) struct Tokens {
    random: SystemRandom,
    minted: Mutex<HashMap<String, Token>>,
    single_use: bool,
}

struct Token {
    expires_at: Duration,
    grant: Grant,
    used: bool,
}

/// What a token gives to the session that it opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Grant {
    /// The session's cap.
    pub(crate) session_secs: u32,
    pub(crate) owner: Option<TokenOwner>,
}

/// Why a token opens no session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenProblem {
    /// Nobody minted it.
    Unknown,
    /// Its window is over.
    Expired,
    /// It has opened a session before.
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

    /// Mints a token, or fails if the machine has no random bytes.
    pub(crate) fn mint(
        &self,
        now: Duration,
        window_secs: u32,
        grant: Grant,
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
        let mut minted = locked(&self.minted);
        minted.retain(|_, token| token.expires_at + REMEMBERED > now);
        minted.insert(text.clone(), token);
        Ok(text)
    }

    /// Opens a session with a token.
    pub(crate) fn redeem(&self, text: &str, now: Duration) -> Result<Grant, TokenProblem> {
        let mut minted = locked(&self.minted);
        let token = minted.get_mut(text).ok_or(TokenProblem::Unknown)?;
        if now >= token.expires_at {
            return Err(TokenProblem::Expired);
        }
        if std::mem::replace(&mut token.used, true) && self.single_use {
            return Err(TokenProblem::Used);
        }
        Ok(token.grant.clone())
    }

    /// A session's id: a random UUID.
    pub(crate) fn session_id(&self) -> Result<String, ring::error::Unspecified> {
        let mut bytes = [0_u8; 16];
        self.random.fill(&mut bytes)?;
        Ok(uuid::Builder::from_random_bytes(bytes)
            .into_uuid()
            .to_string())
    }
}

/// Whether a text has the look of a token, known or not; keys never begin so.
pub(crate) fn looks_like_token(text: &str) -> bool {
    text.starts_with(TOKEN_PREFIX)
}

/// The measured token began with these letters and was this long; a client must cope.
const TOKEN_PREFIX: &str = "AQI";
const TOKEN_CHARACTERS: usize = 2_583;
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/// Long enough to tell a late client that its token has expired, not that it never was.
const REMEMBERED: Duration = Duration::from_secs(3_600);
