//! The one shape of every error our server answers with.

use serde::{Deserialize, Serialize};

/// An error body: a sentence for people, a code for programs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorEnvelope {
    /// One sentence a person can act on. Never the cause, which goes to the server's log.
    pub error: String,
    /// What went wrong, for programs.
    pub code: ErrorCode,
    /// When to ask again, in seconds, where waiting helps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_seconds: Option<u32>,
}

/// What went wrong. The names are part of the interface: they are added to, never changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// The service refused our API key.
    KeyRefused,
    /// The service wants the account to pay.
    PaymentRequired,
    /// The service does not serve this account or network.
    AccountForbidden,
    /// The service called our request wrong: a configuration it does not know, or our bug.
    RequestRefused,
    /// The service wants fewer requests.
    RateLimited,
    /// The service failed on its side.
    ServiceFailed,
    /// The service could not be reached.
    ServiceUnreachable,
    /// The service did not answer in time.
    ServiceTimeout,
    /// The service answered with something that is no token.
    ServiceReplyInvalid,
    /// There is nothing at this address.
    NotFound,
    /// This address does not take that method.
    MethodNotAllowed,
    /// Our server failed.
    Internal,
    /// A code from a newer server than this client.
    #[serde(other)]
    Unknown,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_from_a_newer_server_is_survived() {
        let body = r#"{"error":"No.","code":"sign_in_again","more":1}"#;
        let envelope: ErrorEnvelope = serde_json::from_str(body).expect("decodes");
        assert_eq!(envelope.code, ErrorCode::Unknown);
    }

    #[test]
    fn the_wire_form_is_flat() {
        let envelope = ErrorEnvelope {
            error: "Wait.".to_owned(),
            code: ErrorCode::RateLimited,
            retry_after_seconds: Some(12),
        };
        assert_eq!(
            serde_json::to_string(&envelope).expect("encodes"),
            r#"{"error":"Wait.","code":"rate_limited","retry_after_seconds":12}"#
        );
    }
}
