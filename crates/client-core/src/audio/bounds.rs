//! The rates and lengths that the audio path works with.

/// The rate of what goes out, in hertz: what every model of the service is trained on.
pub const OUTPUT_RATE_HZ: u32 = 16_000;
/// The lowest input rate, in hertz: telephone headsets.
pub const MIN_INPUT_RATE_HZ: u32 = 8_000;
/// The highest input rate, in hertz: the fastest sound cards that browsers open.
pub const MAX_INPUT_RATE_HZ: u32 = 192_000;

/// The shortest chunk that the service takes, in milliseconds.
pub(super) const MIN_CHUNK_MS: u32 = 50;
/// The longest chunk that the service takes, in milliseconds.
pub(super) const MAX_CHUNK_MS: u32 = 1_000;
