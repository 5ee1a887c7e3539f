//! The counters: this replica's own, and those of all replicas in a Redis if one is configured.

use std::sync::Arc;

use super::{memory::MemoryLimits, redis::RedisLimits};

/// Where requests are counted.
pub(super) struct Counters {
    pub(super) memory: MemoryLimits,
    pub(super) redis: Option<Arc<RedisLimits>>,
}
