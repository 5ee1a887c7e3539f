//! What has failed in a recording, as far as it decides when to try again.

use super::backoff::Backoff;

/// Counts of failures. A success of the same kind resets each.
#[derive(Debug, Default)]
pub(super) struct Failures {
    /// Failed attempts to open a live session.
    pub(super) live: Backoff,
    /// Failed attempts to have a hole transcribed.
    pub(super) fill: Backoff,
    /// Number of sessions in a row that were given up without a turn although there was sound.
    pub(super) deaf_sessions: u32,
    /// Number of sessions in a row that were lost after `Terminate` and settled no word.
    pub(super) lost_endings: u32,
    /// Number of sessions for the first hole that were lost after `Terminate`.
    pub(super) lost_fills: u32,
    /// Number of tokens that had expired since a session lasted.
    pub(super) expired_tokens: u32,
    /// Whether the wait for the next live session must not be shortened.
    pub(super) is_limited: bool,
}
