//! `language_codes`: the languages a session is steered to.

use inturn_protocol::SpeechModel;

use super::list::{json_array, not_one_of};
use crate::refusal::Refusal;

/// Reads a JSON array, or one code as it is.
pub(super) fn parse(text: &str) -> Result<Vec<String>, Refusal> {
    if text.trim_start().starts_with('[') {
        json_array(NAME, text)
    } else {
        Ok(vec![text.to_owned()])
    }
}

/// Checks a list, from the query or from an update.
pub(crate) fn check(codes: &[String], model: &SpeechModel) -> Result<(), Refusal> {
    if codes.len() > MOST_CODES {
        let why = format!("Value error, Max {MOST_CODES} items");
        return Err(Refusal::input(NAME, &why));
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
/// As the vendor's own notes and the LiveKit plugin have it.
const MOST_CODES: usize = 10;
/// Any language; stands alone.
const MULTI: &str = "multi";
/// The 19 languages of Universal-3.5, in the order of the service's own refusal.
const CODES: [&str; 19] = [
    "en", "es", "de", "fr", "it", "pt", "tr", "nl", "sv", "no", "da", "fi", "hi", "vi", "ar", "he",
    "ja", "zh", "ca",
];
/// The 13 more of Universal-3.6.
const NEWER_CODES: [&str; 13] = [
    "ur", "ru", "ko", "gl", "ro", "et", "fa", "yue", "af", "mr", "zu", "xh", "nn",
];
/// The models that know no more than [`CODES`].
const OLDER_MODELS: [&str; 2] = ["universal-3-5-pro", "_universal-3-5-notetaker"];
