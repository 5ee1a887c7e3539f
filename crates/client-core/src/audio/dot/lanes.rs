//! The number of parallel sums.

/// Number of partial sums computed in parallel. Four vector registers of four lanes hide the
/// latency of an addition.
pub(in crate::audio) const LANES: usize = 16;
