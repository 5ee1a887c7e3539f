//! The secret part of all tokens.

/// The start of all tokens, which must not leak.
pub(crate) const SECRET: &str = "tok3n-that-must-not-leak-";
