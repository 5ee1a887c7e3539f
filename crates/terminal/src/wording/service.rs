//! The words for problems with the server and with the transcription service.

use inturn_protocol::{CloseCause, ErrorCode};

use super::row::{CHECK_KEY, CHECK_SETTINGS, RETRY, Row, SIGNED_OUT};

/// Words for the errors of a request for a token.
pub(super) fn refusal(code: ErrorCode) -> Row {
    match code {
        ErrorCode::KeyRefused => Row(
            "key-refused",
            "The transcription service rejected the API key.",
            CHECK_KEY,
        ),
        ErrorCode::PaymentRequired => Row(
            "payment-required",
            "The transcription account is out of credit.",
            "Add credit, or tell the person who runs the server.",
        ),
        ErrorCode::AccountForbidden => Row(
            "account-forbidden",
            "The transcription service rejected the account.",
            CHECK_KEY,
        ),
        ErrorCode::RequestRefused => Row(
            "request-refused",
            "The transcription service rejected the settings.",
            CHECK_SETTINGS,
        ),
        ErrorCode::RateLimited => Row(
            "rate-limited",
            "Too many recordings were started.",
            "Wait a minute, then run the command again.",
        ),
        ErrorCode::ServiceFailed => Row(
            "service-failed",
            "The transcription service is having problems.",
            RETRY,
        ),
        ErrorCode::ServiceUnreachable => Row(
            "service-unreachable",
            "The transcription service cannot be reached.",
            "Check your network, then run the command again.",
        ),
        ErrorCode::ServiceTimeout => Row(
            "service-timeout",
            "The transcription service took too long to answer.",
            RETRY,
        ),
        ErrorCode::ServiceReplyInvalid => Row(
            "service-reply-invalid",
            "The transcription service sent an answer that could not be read.",
            RETRY,
        ),
        ErrorCode::SignInNeeded => SIGNED_OUT,
        ErrorCode::WrongPassphrase => Row(
            "wrong-passphrase",
            "The server did not accept the passphrase.",
            "Check it, then run the command again.",
        ),
        ErrorCode::NotAllowed => Row(
            "not-allowed",
            "You are signed in, but you are not allowed to record on this server.",
            "Ask the person who runs the server for access.",
        ),
        ErrorCode::CrossSite | ErrorCode::ProxyBypassed => Row(
            "address-refused",
            "The server must be used by another address.",
            "Ask the person who runs it for the right one.",
        ),
        ErrorCode::HostRefused => Row(
            "host-refused",
            "The server only records for the computer that it runs on.",
            "Ask the person who runs it to start it with --auth proxy, --auth password or \
             --auth open.",
        ),
        ErrorCode::LimitReached => Row(
            "limit-reached",
            "The server's recording limit is reached.",
            "Wait a while, then run the command again.",
        ),
        ErrorCode::LimitsUnavailable => Row(
            "limits-unavailable",
            "The server cannot check its limits right now.",
            RETRY,
        ),
        ErrorCode::Overloaded => Row("server-overloaded", "The server is too busy.", RETRY),
        ErrorCode::NotFound | ErrorCode::MethodNotAllowed => Row(
            "server-unreadable",
            "There is no Inturn server at this address.",
            "Check the address in --server.",
        ),
        ErrorCode::BadRequest | ErrorCode::Internal | ErrorCode::Unknown => Row(
            "server-failed",
            "The server had a problem.",
            "Run the command again, and if it keeps happening, tell the person who runs the \
             server.",
        ),
    }
}

/// Words for the reasons why the service closed a session.
pub(super) fn closed(cause: CloseCause) -> Row {
    match cause {
        CloseCause::Ended => Row(
            "ended-early",
            "The transcription service ended the session.",
            RETRY,
        ),
        CloseCause::ConnectionLost => Row(
            "connection-lost",
            "The connection to the transcription service was lost.",
            "Check your network, then run the command again.",
        ),
        CloseCause::CredentialsMissing => Row(
            "credentials-missing",
            "The transcription service received no API key or token.",
            CHECK_KEY,
        ),
        CloseCause::CredentialsRefused => Row(
            "token-refused",
            "The transcription service rejected the API key or token.",
            CHECK_KEY,
        ),
        CloseCause::TokenExpired => Row(
            "token-expired",
            "The access token expired before the connection opened.",
            RETRY,
        ),
        CloseCause::AccountRefused => Row(
            "account-refused",
            "The transcription service stopped accepting the account.",
            "Check its credit, or tell the person who runs the server.",
        ),
        CloseCause::TooManySessions => Row(
            "too-many-sessions",
            "Too many recordings were started within a minute.",
            "Wait a minute, then run the command again.",
        ),
        CloseCause::FrameTooBig => Row(
            "frame-too-big",
            "This program sent a message that is too large for the transcription service.",
            RETRY,
        ),
        CloseCause::ServiceFault => Row(
            "service-fault",
            "The transcription service had a problem.",
            RETRY,
        ),
        CloseCause::TryAgainLater => Row(
            "service-busy",
            "The transcription service is busy.",
            "Wait a minute, then run the command again.",
        ),
        CloseCause::RequestRefused => Row(
            "session-refused",
            "The transcription service rejected a setting or a message.",
            CHECK_SETTINGS,
        ),
        CloseCause::Inactivity => Row(
            "inactivity",
            "The transcription service heard nothing for a while and stopped.",
            RETRY,
        ),
        CloseCause::FrameDurationRefused => Row(
            "frame-duration",
            "This program sent audio in pieces of the wrong length.",
            RETRY,
        ),
        CloseCause::AudioTooFast => Row(
            "audio-too-fast",
            "This program sent audio faster than the transcription service accepts.",
            RETRY,
        ),
        CloseCause::SessionExpired => Row(
            "session-expired",
            "The connection to the transcription service reached its time limit.",
            RETRY,
        ),
        CloseCause::Unlisted(_) => Row(
            "closed-unlisted",
            "The transcription service closed the connection for an unknown reason.",
            RETRY,
        ),
    }
}
