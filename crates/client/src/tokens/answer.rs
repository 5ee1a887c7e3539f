//! The answer to a request for a token.

use inturn_client_core::problem::TokenFailure;

/// The answer to a request for a token. It has no `Debug`, because it may contain one.
pub(crate) enum Answer {
    /// An answer of an Inturn server, or one in its form.
    Reply { status: u16, body: String },
    /// No answer, or an error of the service.
    Failed(TokenFailure),
}
