//! The body of all error responses of our server.

use serde::{Deserialize, Serialize, Serializer};

use crate::{
    json::Json,
    lenient::{self, some_whole},
};

/// An error body with a sentence for people and a code for programs.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct ErrorEnvelope {
    /// One sentence that a person can act on. It omits the cause, which goes to the server's log.
    pub error: String,
    /// The kind of error, for programs.
    pub code: ErrorCode,
    /// When to retry, in seconds, if waiting helps.
    #[serde(
        deserialize_with = "some_whole",
        skip_serializing_if = "Option::is_none"
    )]
    pub retry_after_seconds: Option<u32>,
}

/// The kinds of errors. The names are part of the interface: new ones may be added, but none may
/// change.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(from = "String")]
pub enum ErrorCode {
    /// The service refused our API key.
    KeyRefused,
    /// The service requires a payment for the account.
    PaymentRequired,
    /// The service does not serve this account or network.
    AccountForbidden,
    /// The service rejected our request as invalid: an unknown configuration, or a bug of ours.
    RequestRefused,
    /// The service's rate limit was reached.
    RateLimited,
    /// The service failed on its side.
    ServiceFailed,
    /// The service could not be reached.
    ServiceUnreachable,
    /// The service did not answer in time.
    ServiceTimeout,
    /// The service's answer contained no token.
    ServiceReplyInvalid,
    /// The person is not signed in, or the sign-in has expired.
    SignInNeeded,
    /// The passphrase is wrong.
    WrongPassphrase,
    /// The person is signed in but not allowed to use the service.
    NotAllowed,
    /// The request came from a page of another site.
    CrossSite,
    /// The request bypassed the proxy that signs people in.
    ProxyBypassed,
    /// The page was opened with a host name that this server does not accept.
    HostRefused,
    /// This person, or all people together, have reached a limit.
    LimitReached,
    /// The store that counts the limits is unavailable, and requests are not allowed without it.
    LimitsUnavailable,
    /// The server has reached its connection limit.
    Overloaded,
    /// The request's body or parameters are invalid.
    BadRequest,
    /// There is no resource at this address.
    NotFound,
    /// This address does not accept the method.
    MethodNotAllowed,
    /// Our server failed.
    Internal,
    /// The code is unknown: the server is newer than this client.
    Unknown,
}

impl ErrorEnvelope {
    /// Decodes a response body. Returns `None` if it is not an envelope, for example a proxy's
    /// page. Only the sentence and the code are required.
    pub fn decode(text: &str) -> Option<Self> {
        Self::from_json(&Json::parse(text).ok()?)
    }

    /// Like [`ErrorEnvelope::decode`], for a body that is parsed already.
    pub fn from_json(json: &Json) -> Option<Self> {
        lenient::read(json)
    }
}

impl ErrorCode {
    /// Returns the name on the wire.
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

/// All codes except [`ErrorCode::Unknown`], which represents every other name.
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
    fn an_unknown_code_decodes_as_unknown() {
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
    fn a_foreign_answer_is_not_an_envelope() {
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
