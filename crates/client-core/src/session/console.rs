//! Lines for the console: few, short and without secrets, for any input from the service.

use std::fmt;

use super::io::Effect;

/// The oddities already logged, and the secrets to redact.
#[derive(Default)]
pub(super) struct Console {
    logged: Vec<String>,
    secrets: Vec<String>,
}

impl Console {
    /// Redacts `token` in all following lines: both as it is, and escaped as at the end of `url`. A
    /// service may repeat either in an error. Only the last few tokens are remembered.
    pub(super) fn hide(&mut self, token: &str, url: &str) {
        let escaped = url.rsplit_once('=').map_or(token, |(_, escaped)| escaped);
        let known = self.secrets.iter().any(|secret| secret == token);
        if !known {
            let forgotten = self.secrets.len().saturating_sub(MAX_SECRETS - 2);
            self.secrets.drain(..forgotten);
            self.secrets.push(token.to_owned());
            self.secrets.push(escaped.to_owned());
        }
    }

    /// Returns the effect that logs `text` as one short line without secrets.
    pub(super) fn line(&self, text: &str) -> Effect {
        let mut line = text.to_owned();
        for secret in &self.secrets {
            line = redact(&line, secret);
        }
        // Text from the service may hold any character. A line must stay one line.
        line = line
            .chars()
            .map(|it| if it.is_ascii_control() { ' ' } else { it })
            .collect();
        if line.chars().nth(MAX_CHARS).is_some() {
            line = line.chars().take(MAX_CHARS).collect();
            line.push('…');
        }
        Effect::Log(line)
    }

    /// Logs an oddity once per `name`.
    pub(super) fn line_once(&mut self, name: &str, text: &str) -> Option<Effect> {
        if self.logged.len() >= MAX_ODDITIES || self.logged.iter().any(|logged| logged == name) {
            return None;
        }
        self.logged.push(name.to_owned());
        Some(self.line(text))
    }
}

/// Replaces each `secret` in `text` by an ellipsis. Searches bytes, because the standard library's
/// string search adds more code; a secret is ASCII.
fn redact(text: &str, secret: &str) -> String {
    let mut shown = String::new();
    let mut rest = text;
    loop {
        let mut places = rest.as_bytes().windows(secret.len().max(1));
        let found = places.position(|place| place == secret.as_bytes());
        // A match starts and ends at character boundaries, so `get` always returns both parts.
        let parts = found.and_then(|at| Some((rest.get(..at)?, rest.get(at + secret.len()..)?)));
        let Some((before, after)) = parts else {
            shown.push_str(rest);
            return shown;
        };
        shown.push_str(before);
        shown.push('…');
        rest = after;
    }
}

impl fmt::Debug for Console {
    /// Omits the secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Console")
            .field("logged", &self.logged)
            .finish_non_exhaustive()
    }
}

/// Maximum length of a line: twice the service's longest known error text.
const MAX_CHARS: usize = 250;

/// Maximum number of secrets: two per token, for the two sessions that may be open and for those
/// that were lost just before.
const MAX_SECRETS: usize = 16;

/// Maximum number of oddities that are logged, so that a faulty service does not flood the console.
const MAX_ODDITIES: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    fn hiding(token: &str, url: &str, text: &str) -> String {
        let mut console = Console::default();
        console.hide(token, url);
        match console.line(text) {
            Effect::Log(line) => line,
            other => panic!("not a log effect: {other:?}"),
        }
    }

    #[test]
    fn a_secret_is_redacted_at_any_position() {
        let line = hiding(
            "a+b",
            "wss://x/?token=a%2Bb",
            "a+b said é a+ba+b, a%2Bb and a+",
        );
        assert_eq!(line, "… said é ……, … and a+");
    }

    #[test]
    fn an_empty_secret_redacts_nothing() {
        assert_eq!(hiding("", "", "all of it"), "all of it");
    }

    #[test]
    fn a_line_is_one_short_line() {
        assert_eq!(hiding("t", "u", "a\nb\u{1b}[c"), "a b [c");
        let long = hiding("tt", "uu", &"é".repeat(1_000));
        assert_eq!(long.chars().count(), MAX_CHARS + 1);
        assert!(long.ends_with('…'));
    }
}
