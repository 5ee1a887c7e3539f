//! `Heartbeat` messages, one every five seconds of real time.

use std::time::Duration;

use inturn_protocol::Heartbeat;

use crate::clock::millis;

/// Schedules the heartbeats of one session.
pub(super) struct HeartbeatClock {
    /// When the next heartbeat is due.
    pub(super) next: Duration,
    /// Received audio at the last heartbeat.
    audio_ms_before: u64,
}

impl HeartbeatClock {
    pub(super) fn start(now: Duration, audio_ms: u64) -> Self {
        Self {
            next: now + INTERVAL,
            audio_ms_before: audio_ms,
        }
    }

    /// Returns a heartbeat if one is due. `open` is the time since the socket was opened.
    pub(super) fn take_due(
        &mut self,
        now: Duration,
        open: Duration,
        audio_ms: u64,
    ) -> Option<Heartbeat> {
        if now < self.next {
            return None;
        }
        let elapsed = now + INTERVAL - self.next;
        let gained_ms = (audio_ms - self.audio_ms_before) as f64;
        *self = Self::start(now, audio_ms);
        Some(Heartbeat {
            total_audio_received_ms: audio_ms,
            total_duration_ms: millis(open),
            realtime_factor: gained_ms / elapsed.as_secs_f64() / 1_000.0,
            max_speech_probability: 0.0,
        })
    }
}

/// The service's interval.
const INTERVAL: Duration = Duration::from_secs(5);
