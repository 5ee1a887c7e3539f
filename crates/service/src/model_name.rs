//! Names of speech models.

use std::str::FromStr;

use inturn_protocol::SpeechModel;

/// The name of a speech model, with valid syntax.
///
/// Unknown names are accepted, because the service adds models.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ModelName(SpeechModel);

impl ModelName {
    /// The model.
    pub fn model(&self) -> &SpeechModel {
        &self.0
    }
}

impl FromStr for ModelName {
    type Err = ModelNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if text.is_empty() || text.len() > MAX_NAME_BYTES || !text.bytes().all(plain) {
            return Err(ModelNameError);
        }
        Ok(Self(SpeechModel::new(text)))
    }
}

/// The text is not a valid model name.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("it must be a name of letters, digits and - _ . such as universal-3-6-pro")]
pub struct ModelNameError;

/// More than twice the longest name on the service's list.
const MAX_NAME_BYTES: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_word_of_plain_characters() {
        let long = "x".repeat(MAX_NAME_BYTES + 1);
        for (text, is_name) in [
            ("universal-3-6-pro", true),
            ("a_model.of-2030", true),
            ("", false),
            ("two words", false),
            ("line\nbreak", false),
            ("<script>", false),
            (&long, false),
        ] {
            assert_eq!(text.parse::<ModelName>().is_ok(), is_name, "{text:?}");
        }
    }
}
