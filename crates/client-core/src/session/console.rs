//! Lines for the console: few, short and without secrets, whatever the service says.

use std::collections::BTreeSet;
use std::fmt;

use super::Effect;

/// What may be written to the console, and what was written already.
#[derive(Default)]
pub(super) struct Console {
    noted: BTreeSet<String>,
    secrets: Vec<String>,
}

impl Console {
    /// Keeps `token` out of all lines from now on, in place of the one before: as it is, and as it
    /// stands at the end of `url`. A service may repeat either in an error.
    pub(super) fn hide(&mut self, token: &str, url: &str) {
        let escaped = url.rsplit_once('=').map_or(token, |(_, escaped)| escaped);
        self.secrets = vec![token.to_owned(), escaped.to_owned()];
    }

    /// A line.
    pub(super) fn line(&self, text: &str) -> Effect {
        let mut text = text.to_owned();
        for secret in &self.secrets {
            text = text.replace(secret, "…");
        }
        if let Some((end, _)) = text.char_indices().nth(MAX_CHARS) {
            text.truncate(end);
            text.push('…');
        }
        Effect::Note(text)
    }

    /// A line about an oddity, unless there was one of this name.
    pub(super) fn once(&mut self, name: &str, text: &str) -> Option<Effect> {
        if self.noted.len() >= MAX_ODDITIES || !self.noted.insert(name.to_owned()) {
            return None;
        }
        Some(self.line(text))
    }
}

impl fmt::Debug for Console {
    /// Leaves the secrets out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Console")
            .field("noted", &self.noted)
            .finish_non_exhaustive()
    }
}

/// Twice the service's longest known error text.
const MAX_CHARS: usize = 250;

/// A service gone mad must not fill the console.
const MAX_ODDITIES: usize = 32;
