//! Limits new sessions per minute.

use std::{collections::VecDeque, sync::Mutex, time::Duration};

use crate::session_log::lock;

/// Counts the attempts of the last minute.
pub(crate) struct SessionRateLimiter {
    per_minute: Option<u32>,
    attempts: Mutex<VecDeque<Duration>>,
}

impl SessionRateLimiter {
    pub(crate) fn new(per_minute: Option<u32>) -> Self {
        Self {
            per_minute,
            attempts: Mutex::default(),
        }
    }

    /// Counts an attempt and returns whether it exceeds the limit. Refused attempts count too.
    pub(crate) fn exceeded(&self, now: Duration) -> bool {
        let Some(per_minute) = self.per_minute else {
            return false;
        };
        let mut attempts = lock(&self.attempts);
        while attempts.front().is_some_and(|&at| at + MINUTE <= now) {
            attempts.pop_front();
        }
        attempts.push_back(now);
        attempts.len() > per_minute as usize
    }
}

const MINUTE: Duration = Duration::from_secs(60);
