//! Ids of recordings.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::rand::{SecureRandom, SystemRandom};

/// A random id of a recording. It can't be guessed, so knowing it is enough to end the recording.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) struct RecordingId([u8; 16]);

impl RecordingId {
    /// Creates a random id. Returns `None` if the operating system has no random bytes.
    pub(super) fn new() -> Option<Self> {
        let mut bytes = [0; 16];
        SystemRandom::new().fill(&mut bytes).ok()?;
        Some(Self(bytes))
    }

    /// Parses the output of [`fmt::Display`].
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        bytes.try_into().ok().map(Self)
    }

    #[cfg(test)]
    pub(super) const fn numbered(number: u128) -> Self {
        Self(number.to_be_bytes())
    }
}

impl fmt::Display for RecordingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl fmt::Debug for RecordingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecordingId(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_round_trips_and_other_texts_are_no_ids() {
        let id = RecordingId::new().expect("random bytes");
        assert_ne!(RecordingId::new(), Some(id));
        let text = id.to_string();
        assert!(text.len() == 22 && !format!("{id:?}").contains(&text));
        assert_eq!(RecordingId::parse(&text), Some(id));
        for text in [
            "",
            "x",
            &text[1..],
            &format!("{text}A"),
            "../../../../../../../x",
        ] {
            assert_eq!(RecordingId::parse(text), None, "{text}");
        }
    }
}
