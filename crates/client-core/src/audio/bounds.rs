//! Limits of the audio pipeline's rates and chunk lengths.

/// Sample rate of the output, in hertz. All models of the service are trained on it.
pub const OUTPUT_RATE_HZ: u32 = 16_000;
/// Lowest input rate, in hertz: telephone headsets.
pub const MIN_INPUT_RATE_HZ: u32 = 8_000;
/// Highest input rate, in hertz: the fastest sound cards that browsers open.
pub const MAX_INPUT_RATE_HZ: u32 = 192_000;

/// Shortest chunk that the service accepts, in milliseconds.
pub(super) const MIN_CHUNK_MS: u32 = 50;
/// Longest chunk that the service accepts, in milliseconds.
pub(super) const MAX_CHUNK_MS: u32 = 1_000;
