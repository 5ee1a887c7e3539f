//! What counts: this replica, and a Redis for all replicas if there is one.

use std::sync::Arc;

use super::{memory::Memory, redis::Shared};

/// Where requests are counted.
pub(super) struct Counters {
    pub(super) memory: Memory,
    pub(super) shared: Option<Arc<Shared>>,
}
