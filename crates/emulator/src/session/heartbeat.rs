//! `Heartbeat` messages: a sign of life every five seconds of wall time.

use std::time::Duration;

use inturn_protocol::Heartbeat;

use crate::clock::millis;

/// Knows when the next one is due.
pub(super) struct HeartbeatClock {
    pub(super) next: Duration,
    audio_ms_before: u64,
}

impl HeartbeatClock {
    pub(super) fn start(now: Duration, audio_ms: u64) -> Self {
        Self {
            next: now + EVERY,
            audio_ms_before: audio_ms,
        }
    }

    /// The heartbeat of this moment, if it is due. `open` is how long the socket has been.
    pub(super) fn beat(
        &mut self,
        now: Duration,
        open: Duration,
        audio_ms: u64,
    ) -> Option<Heartbeat> {
        if now < self.next {
            return None;
        }
        let since = now + EVERY - self.next;
        let gained_ms = (audio_ms - self.audio_ms_before) as f64;
        *self = Self::start(now, audio_ms);
        Some(Heartbeat {
            total_audio_received_ms: audio_ms,
            total_duration_ms: millis(open),
            realtime_factor: gained_ms / since.as_secs_f64() / 1_000.0,
            max_speech_probability: 0.0,
        })
    }
}

/// As the service has it.
const EVERY: Duration = Duration::from_secs(5);
