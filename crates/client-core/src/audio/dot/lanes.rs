//! How many sums there are.

/// Sums that are gathered side by side: four vector registers of four hide the time that one
/// addition takes.
pub(in crate::audio) const LANES: usize = 16;
