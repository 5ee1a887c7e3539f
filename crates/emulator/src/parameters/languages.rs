//! `language_codes`: the languages that a session expects.

use inturn_protocol::SpeechModel;

use super::list::{json_array, not_one_of};
use crate::refusal::Refusal;

/// Parses a JSON array or a single code.
pub(super) fn parse(text: &str) -> Result<Vec<String>, Refusal> {
    if text.trim_start().starts_with('[') {
        json_array(NAME, text)
    } else {
        Ok(vec![text.to_owned()])
    }
}

/// Checks a list from the query or from `UpdateConfiguration`.
pub(crate) fn check(codes: &[String], model: &SpeechModel) -> Result<(), Refusal> {
    if codes.len() > MAX_CODES {
        let reason = format!("Value error, Max {MAX_CODES} items");
        return Err(Refusal::input(NAME, &reason));
    }
    let known = |code: &String| {
        code == MULTI || CODES.contains(&code.as_str()) || NEWER_CODES.contains(&code.as_str())
    };
    if let Some(index) = codes.iter().position(|code| !known(code)) {
        let values = CODES.into_iter().chain(NEWER_CODES).chain([MULTI]);
        return Err(not_one_of(NAME, index, values));
    }
    let older = OLDER_MODELS.contains(&model.as_str());
    let newer_code = |code: &String| NEWER_CODES.contains(&code.as_str());
    if let Some(index) = codes.iter().position(|code| older && newer_code(code)) {
        return Err(not_one_of(NAME, index, CODES.into_iter().chain([MULTI])));
    }
    if codes.len() > 1 && codes.iter().any(|code| code == MULTI) {
        return Err(Refusal::input(
            NAME,
            "Value error, 'multi' cannot be combined with other codes",
        ));
    }
    Ok(())
}

const NAME: &str = "language_codes";
/// Source: the vendor's notes and the LiveKit plugin.
const MAX_CODES: usize = 10;
/// Any language. Can't be combined with other codes.
const MULTI: &str = "multi";
/// The 19 languages of Universal-3.5, in the order of the service's error message.
const CODES: [&str; 19] = [
    "en", "es", "de", "fr", "it", "pt", "tr", "nl", "sv", "no", "da", "fi", "hi", "vi", "ar", "he",
    "ja", "zh", "ca",
];
/// The 13 languages that Universal-3.6 adds.
const NEWER_CODES: [&str; 13] = [
    "ur", "ru", "ko", "gl", "ro", "et", "fa", "yue", "af", "mr", "zu", "xh", "nn",
];
/// Models that support only [`CODES`].
const OLDER_MODELS: [&str; 2] = ["universal-3-5-pro", "_universal-3-5-notetaker"];
