//! Parses the socket's query as the service does.
//!
//! Types and bounds come from `inturn-protocol`. This module adds what only the service knows: the
//! model that is really used, and the valid languages and redaction policies.

pub(crate) mod languages;
mod list;
mod models;
mod redaction;

use inturn_protocol::ConnectionParameters;

use crate::refusal::Refusal;

/// Parses and checks a query.
///
/// In the result, `speech_model` is the model in use, which can differ from the requested one, and
/// `language_codes` contains the value of `language_code` too. `accepted_models` are accepted in
/// addition to the service's models.
pub(crate) fn parse(
    query: &str,
    accepted_models: &[String],
) -> Result<ConnectionParameters, Refusal> {
    let mut rest = form_urlencoded::Serializer::new(String::new());
    let (mut codes, mut policies) = (None, None);
    let mut unlisted = None;
    for (name, text) in form_urlencoded::parse(query.as_bytes()) {
        match &*name {
            // Two names of one parameter; the last one wins.
            "language_codes" | "language_code" => codes = Some(languages::parse(&text)?),
            "redact_pii_policies" => policies = Some(redaction::parse(&text)?),
            "speech_model" if accepted_models.iter().any(|accepted| *accepted == text) => {
                // The other parameters are checked as for a listed model of the same family.
                rest.append_pair(&name, models::listed_model_of_family(&text));
                unlisted = Some(text.into_owned());
            }
            _ => {
                rest.append_pair(&name, &text);
            }
        }
    }
    let mut parameters = ConnectionParameters::from_query(&rest.finish())
        .map_err(|error| Refusal::parameter(&error))?;
    let requested = unlisted.or_else(|| Some(parameters.speech_model?.as_str().to_owned()));
    let model = models::in_use(requested.as_deref());
    if let Some(codes) = &codes {
        languages::check(codes, &model)?;
    }
    parameters.speech_model = Some(model);
    parameters.language_codes = codes;
    parameters.redact_pii_policies = policies;
    Ok(parameters)
}
