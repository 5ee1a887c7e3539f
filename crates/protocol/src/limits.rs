//! The service's own bounds, and the rate Inturn keeps to.

/// The only sample rate Inturn sends, in Hz: the service's default and its models' own.
pub const SAMPLE_RATE_HZ: u32 = 16_000;

/// Bounds of one binary audio frame, in milliseconds of audio, both included.
///
/// Outside them the service ends the session with 3007.
pub const FRAME_MS: std::ops::RangeInclusive<u32> = 50..=1000;

/// The largest WebSocket message the service takes, in bytes; above it the session ends with 1009.
pub const MAX_MESSAGE_BYTES: usize = 128 * 1024;

/// The longest session, in seconds, and the token endpoint's default cap.
pub const MAX_SESSION_SECS: u32 = 10_800;
