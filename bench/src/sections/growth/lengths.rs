//! The lengths that are compared.

/// How long the transcripts are. The longest has 100,000 words.
pub(super) const TURNS: [u32; 4] = [10, 100, 1_000, 10_000];

/// Up to here a cost counts as constant: the noise of these machines between two like measurements.
pub(super) const CONSTANT: f64 = 1.5;
