//! The socket's query, read as the service reads it.
//!
//! The types and bounds are those of `inturn-protocol`. What only the service knows is here: which
//! model is really used, and which languages and redaction policies there are.

pub(crate) mod languages;
mod list;
mod models;
mod redaction;

use inturn_protocol::ConnectionParameters;

use crate::refusal::Refusal;

/// Reads and checks a query. `speech_model` is then the model in use, which may differ from the one
/// that was asked for, and `language_codes` holds what `language_code` said too.
///
/// `accepted_models` are names that the service does not list and that are accepted all the same.
pub(crate) fn read(
    query: &str,
    accepted_models: &[String],
) -> Result<ConnectionParameters, Refusal> {
    let mut rest = form_urlencoded::Serializer::new(String::new());
    let (mut codes, mut policies) = (None, None);
    let mut unlisted = None;
    for (name, text) in form_urlencoded::parse(query.as_bytes()) {
        match &*name {
            // One parameter with two names; the later one holds.
            "language_codes" | "language_code" => codes = Some(languages::parse(&text)?),
            "redact_pii_policies" => policies = Some(redaction::parse(&text)?),
            "speech_model" if accepted_models.iter().any(|accepted| *accepted == text) => {
                // Checked as a listed model of the same family would be.
                rest.append_pair(&name, models::listed_relative(&text));
                unlisted = Some(text.into_owned());
            }
            _ => {
                rest.append_pair(&name, &text);
            }
        }
    }
    let mut parameters = ConnectionParameters::from_query(&rest.finish())
        .map_err(|error| Refusal::parameter(&error))?;
    let asked = unlisted.or_else(|| Some(parameters.speech_model?.as_str().to_owned()));
    let model = models::in_use(asked.as_deref());
    if let Some(codes) = &codes {
        languages::check(codes, &model)?;
    }
    parameters.speech_model = Some(model);
    parameters.language_codes = codes;
    parameters.redact_pii_policies = policies;
    Ok(parameters)
}
