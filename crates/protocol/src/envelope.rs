//! The one shape of every error our server answers with.

use serde::{Deserialize, Serialize, Serializer};

use crate::lenient::{self, some_whole};

/// An error body: a sentence for people, a code for programs.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct ErrorEnvelope {
    /// One sentence a person can act on. Never the cause, which goes to the server's log.
    pub error: String,
    /// What went wrong, for programs.
    pub code: ErrorCode,
    /// When to ask again, in seconds, where waiting helps.
    #[serde(
        default,
        deserialize_with = "some_whole",
        skip_serializing_if = "Option::is_none"
    )]
    pub retry_after_seconds: Option<u32>,
}

/// What went wrong. The names are part of the interface: they are added to, never changed.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(from = "String")]
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
    /// Nobody is signed in, or no longer.
    SignInNeeded,
    /// The passphrase is not the right one.
    WrongPassphrase,
    /// The person is signed in, and not among those who may ask.
    NotAllowed,
    /// Another site's page asked.
    CrossSite,
    /// The server was reached around the proxy that signs people in.
    ProxyBypassed,
    /// The page was opened by a name that this server does not go by.
    HostRefused,
    /// This person, or all together, have asked for as much as they may for now.
    LimitReached,
    /// What counts the limits is away, and nobody is let through uncounted.
    LimitsUnavailable,
    /// The server has as many connections as it takes.
    Overloaded,
    /// The request's body or its parameters are not what this address takes.
    BadRequest,
    /// There is nothing at this address.
    NotFound,
    /// This address does not take that method.
    MethodNotAllowed,
    /// Our server failed.
    Internal,
    /// A code from a newer server than this client.
    Unknown,
}

impl ErrorEnvelope {
    /// Reads the body of an answer. Returns `None` if it is not one: perhaps the page of a proxy.
    /// Only the sentence and the code must be there.
    pub fn decode(text: &str) -> Option<Self> {
        lenient::read_text(text)
    }
}

impl ErrorCode {
    /// The name on the wire.
    pub fn name(self) -> &'static str {
        let entry = NAMES.iter().find(|(_, code)| *code == self);
        entry.map_or("unknown", |(name, _)| name)
    }
}

impl From<String> for ErrorCode {
    fn from(name: String) -> Self {
        let entry = NAMES.iter().find(|(it, _)| *it == name);
        entry.map_or(Self::Unknown, |(_, code)| *code)
    }
}

impl Serialize for ErrorCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// All but [`ErrorCode::Unknown`], which stands for every other name.
const NAMES: &[(&str, ErrorCode)] = &[
    ("key_refused", ErrorCode::KeyRefused),
    ("payment_required", ErrorCode::PaymentRequired),
    ("account_forbidden", ErrorCode::AccountForbidden),
    ("request_refused", ErrorCode::RequestRefused),
    ("rate_limited", ErrorCode::RateLimited),
    ("service_failed", ErrorCode::ServiceFailed),
    ("service_unreachable", ErrorCode::ServiceUnreachable),
    ("service_timeout", ErrorCode::ServiceTimeout),
    ("service_reply_invalid", ErrorCode::ServiceReplyInvalid),
    ("sign_in_needed", ErrorCode::SignInNeeded),
    ("wrong_passphrase", ErrorCode::WrongPassphrase),
    ("not_allowed", ErrorCode::NotAllowed),
    ("cross_site", ErrorCode::CrossSite),
    ("proxy_bypassed", ErrorCode::ProxyBypassed),
    ("host_refused", ErrorCode::HostRefused),
    ("limit_reached", ErrorCode::LimitReached),
    ("limits_unavailable", ErrorCode::LimitsUnavailable),
    ("overloaded", ErrorCode::Overloaded),
    ("bad_request", ErrorCode::BadRequest),
    ("not_found", ErrorCode::NotFound),
    ("method_not_allowed", ErrorCode::MethodNotAllowed),
    ("internal", ErrorCode::Internal),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_from_a_newer_server_is_survived() {
        let body = r#"{"error":"No.","code":"sign_in_again","more":1}"#;
        let envelope = ErrorEnvelope::decode(body).expect("decodes");
        assert_eq!(envelope.code, ErrorCode::Unknown);
    }

    #[test]
    fn the_wire_form_is_flat() {
        let envelope = ErrorEnvelope {
            error: "Wait.".to_owned(),
            code: ErrorCode::RateLimited,
            retry_after_seconds: Some(12),
        };
        let text = r#"{"error":"Wait.","code":"rate_limited","retry_after_seconds":12}"#;
        assert_eq!(serde_json::to_string(&envelope).expect("encodes"), text);
        assert_eq!(ErrorEnvelope::decode(text), Some(envelope));
    }

    #[test]
    fn somebody_elses_answer_is_no_envelope() {
        for text in [
            "",
            "{}",
            r#"{"error":"No."}"#,
            r#"{"error":{},"code":"internal"}"#,
        ] {
            assert_eq!(ErrorEnvelope::decode(text), None, "{text}");
        }
    }
}
