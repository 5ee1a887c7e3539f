//! The page's report to our server that a session began.

use serde::{Deserialize, Serialize};

/// The body of `POST /recordings/{id}/begin`.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct BeginReport {
    /// The model that the service reported, if it reported one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
}

impl BeginReport {
    /// Decodes a body. Returns an empty report if the body is not one.
    pub fn decode(body: &[u8]) -> Self {
        serde_json::from_slice(body).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invalid_body_decodes_as_an_empty_report() {
        for (body, model) in [
            (r#"{"model":"universal-9","more":[]}"#, Some("universal-9")),
            (r#"{"model":null}"#, None),
            (r#"{"model":7}"#, None),
            ("{}", None),
            ("[]", None),
            ("", None),
        ] {
            let report = BeginReport::decode(body.as_bytes());
            assert_eq!(report.model.as_deref(), model, "{body}");
        }
    }
}
