//! Lines for the console: few, short and without secrets, whatever the service says.

use std::fmt;

use super::exchange::Effect;

/// What may be written to the console, and what was written already.
#[derive(Default)]
pub(super) struct Console {
    noted: Vec<String>,
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
        let mut line = text.to_owned();
        for secret in &self.secrets {
            line = without(&line, secret);
        }
        // What a service says may hold anything: a line stays a line.
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

    /// A line about an oddity, unless there was one of this name.
    pub(super) fn once(&mut self, name: &str, text: &str) -> Option<Effect> {
        if self.noted.len() >= MAX_ODDITIES || self.noted.iter().any(|noted| noted == name) {
            return None;
        }
        self.noted.push(name.to_owned());
        Some(self.line(text))
    }
}

/// `text` with an ellipsis for each `secret` in it. By bytes, which costs a fraction of the standard
/// library's search, and a secret is ASCII.
fn without(text: &str, secret: &str) -> String {
    let mut shown = String::new();
    let mut rest = text;
    loop {
        let mut places = rest.as_bytes().windows(secret.len().max(1));
        let found = places.position(|place| place == secret.as_bytes());
        // Both ends of a whole match are ends of characters, so that neither part is ever missing.
        let parts = found.and_then(|at| Some((rest.get(..at)?, rest.get(at + secret.len()..)?)));
        let Some((before, behind)) = parts else {
            shown.push_str(rest);
            return shown;
        };
        shown.push_str(before);
        shown.push('…');
        rest = behind;
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

#[cfg(test)]
mod tests {
    use super::*;

    fn hiding(token: &str, url: &str, text: &str) -> String {
        let mut console = Console::default();
        console.hide(token, url);
        match console.line(text) {
            Effect::Log(line) => line,
            other => panic!("no note: {other:?}"),
        }
    }

    #[test]
    fn a_secret_is_hidden_wherever_it_stands() {
        let line = hiding(
            "a+b",
            "wss://x/?token=a%2Bb",
            "a+b said é a+ba+b, a%2Bb and a+",
        );
        assert_eq!(line, "… said é ……, … and a+");
    }

    #[test]
    fn no_secret_hides_nothing() {
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
