//! Lengths of transcripts.

/// Measured lengths, in turns. The longest transcript has 100,000 words.
pub(super) const TURNS: [u32; 4] = [10, 100, 1_000, 10_000];

/// Ratio up to which a cost counts as constant: the noise between two equal measurements.
pub(super) const CONSTANT: f64 = 1.5;
