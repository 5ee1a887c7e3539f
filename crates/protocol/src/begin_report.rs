//! What the page tells our server when a session began.

use serde::{Deserialize, Serialize};

/// The body of `POST /recordings/{id}/begin`.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct BeginReport {
    /// The model that the service said it uses, if it said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
}

impl BeginReport {
    /// Reads a body. What is no report says nothing.
    pub fn decode(body: &[u8]) -> Self {
        serde_json::from_slice(body).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_report_says_nothing() {
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
