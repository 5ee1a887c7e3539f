//! Limits of the service, and Inturn's sample rate.

/// The only sample rate that Inturn sends, in Hz: the service's default, and its models' own rate.
pub const SAMPLE_RATE_HZ: u32 = 16_000;

/// Bounds of a binary audio frame, in milliseconds of audio, inclusive.
///
/// If a frame is outside of them, the service ends the session with 3007.
pub const FRAME_MS: std::ops::RangeInclusive<u32> = 50..=1000;

/// Size of the largest WebSocket message that the service accepts, in bytes. A larger one ends the
/// session with 1009.
pub const MAX_MESSAGE_BYTES: usize = 128 * 1024;

/// Maximum length of a session, in seconds, and the token endpoint's default limit.
pub const MAX_SESSION_SECS: u32 = 10_800;
