//! Finds samples that a sound server has dropped because they were not read in time.
//!
//! The protocol doesn't report this. PipeWire drops the oldest samples and counts them as read, so
//! the server's read index runs ahead of what has arrived. PulseAudio drops the newest samples and
//! doesn't count them, so its write index falls behind the clock.

use std::time::Duration;

/// Compares what has arrived with what the server says.
#[derive(Debug)]
pub(super) struct Losses {
    bytes_per_second: u64,
    frame_bytes: u64,
    received_bytes: u64,
    /// How far the read index was ahead of the received bytes.
    read_ahead: Option<i64>,
    baseline: Option<Timing>,
    last_write_index: i64,
    /// How many replies in a row, without a baseline, had new samples.
    running_replies: u32,
    suspect: Option<Suspect>,
    /// A loss that belongs after bytes that are still to arrive.
    pending: Option<Suspect>,
}

/// The server's reply to a question about its timing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timing {
    /// The server's clock.
    pub(super) server: Duration,
    /// Our monotonic clock, when the reply was read.
    pub(super) local: Duration,
    /// The bytes that the server has captured for us.
    pub(super) write_index: i64,
    /// The bytes that the server has sent to us or dropped.
    pub(super) read_index: i64,
}

#[derive(Clone, Copy, Debug)]
struct Suspect {
    bytes: u64,
    /// The place of the loss, in bytes from the start of the stream.
    after: i64,
}

impl Losses {
    pub(super) fn new(rate_hz: u32, frame_bytes: usize) -> Self {
        let frame_bytes = frame_bytes as u64;
        Self {
            bytes_per_second: u64::from(rate_hz) * frame_bytes,
            frame_bytes,
            received_bytes: 0,
            read_ahead: None,
            baseline: None,
            last_write_index: 0,
            running_replies: 0,
            suspect: None,
            pending: None,
        }
    }

    /// Counts samples that are about to be delivered. Returns the frames that were lost before
    /// them.
    pub(super) fn before_samples(&mut self, bytes: usize) -> Option<u64> {
        let is_reached = |loss: &mut Suspect| loss.after <= self.received_bytes.cast_signed();
        let lost = self.pending.take_if(is_reached);
        self.received_bytes += bytes as u64;
        lost.map(|loss| loss.bytes / self.frame_bytes)
    }

    /// The bytes that have arrived.
    pub(super) fn received_bytes(&self) -> u64 {
        self.received_bytes
    }

    /// Takes a reply of the server.
    pub(super) fn timing(&mut self, now: Timing) {
        let read_ahead = now.read_index - self.received_bytes.cast_signed();
        let skipped = read_ahead - *self.read_ahead.get_or_insert(read_ahead);
        self.read_ahead = Some(read_ahead);
        if skipped > 0 {
            self.lose(skipped.cast_unsigned(), self.received_bytes.cast_signed());
        }
        let is_running = now.write_index > self.last_write_index;
        self.last_write_index = now.write_index;
        let Some(baseline) = self.baseline else {
            // A device may need two seconds until it delivers, and may deliver the last samples of
            // the one before it.
            self.running_replies = if is_running {
                self.running_replies + 1
            } else {
                0
            };
            self.baseline = (self.running_replies >= MIN_RUNNING_REPLIES).then_some(now);
            return;
        };
        // A change of the server's clock must not look like a loss; neither must a late reply.
        let server = now.server.saturating_sub(baseline.server);
        let elapsed = server.min(now.local.saturating_sub(baseline.local));
        let captured = now.write_index - baseline.write_index;
        let missing = self.bytes_in(elapsed).saturating_sub_signed(captured);
        if missing < self.bytes_in(MIN_LOSS) {
            self.suspect = None;
            if elapsed >= BASELINE_AGE {
                self.baseline = Some(now);
            }
            return;
        }
        // A server that was stalled itself still has the samples: the next reply tells.
        match self.suspect.take() {
            None => {
                self.suspect = Some(Suspect {
                    bytes: missing,
                    after: now.write_index,
                });
            }
            Some(suspect) => {
                self.lose(missing.min(suspect.bytes), suspect.after);
                self.baseline = Some(now);
            }
        }
    }

    /// Forgets the clock. For times in which the server captures nothing, and for another device.
    pub(super) fn restart(&mut self) {
        self.baseline = None;
        self.running_replies = 0;
        self.suspect = None;
    }

    fn lose(&mut self, bytes: u64, after: i64) {
        let before = self.pending.take().map_or(0, |loss| loss.bytes);
        self.pending = Some(Suspect {
            bytes: before + bytes,
            after,
        });
    }

    fn bytes_in(&self, time: Duration) -> u64 {
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        micros.saturating_mul(self.bytes_per_second / 1_000) / 1_000
    }
}

/// Shorter losses can't be distinguished from the steps in which sound cards deliver.
const MIN_LOSS: Duration = Duration::from_millis(200);
/// Replies with new samples, after which a device is taken to deliver steadily.
const MIN_RUNNING_REPLIES: u32 = 3;
/// The time after which the comparison starts anew, so that the deviation of two clocks never adds
/// up to a loss.
const BASELINE_AGE: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: u32 = 48_000;
    const FRAME: usize = 8;

    /// A server that captures in real time, and answers every 100 ms.
    struct Server {
        losses: Losses,
        now: Duration,
        captured: i64,
        read: i64,
        lost: Vec<u64>,
    }

    impl Server {
        fn new() -> Self {
            Self {
                losses: Losses::new(RATE, FRAME),
                now: Duration::from_secs(1_000),
                captured: 0,
                read: 0,
                lost: Vec::new(),
            }
        }

        fn bytes(ms: i64) -> i64 {
            ms * i64::from(RATE) / 1_000 * FRAME as i64
        }

        fn pass(&mut self, ms: u64) {
            self.now += Duration::from_millis(ms);
        }

        fn capture(&mut self, ms: i64) {
            self.captured += Self::bytes(ms);
        }

        fn deliver(&mut self, bytes: i64) {
            self.read += bytes;
            let bytes = usize::try_from(bytes).unwrap();
            self.lost.extend(self.losses.before_samples(bytes));
        }

        fn answer(&mut self) {
            self.losses.timing(Timing {
                server: self.now,
                local: self.now,
                write_index: self.captured,
                read_index: self.read,
            });
        }

        fn run(&mut self, steps: u32) {
            for _ in 0..steps {
                self.pass(100);
                self.capture(100);
                self.deliver(Self::bytes(100));
                self.answer();
            }
        }
    }

    #[test]
    fn steady_sound_loses_nothing() {
        let mut server = Server::new();
        server.run(1_000);
        assert!(server.lost.is_empty());
    }

    #[test]
    fn clocks_that_differ_lose_nothing() {
        let mut server = Server::new();
        for _ in 0..36_000 {
            server.now += Duration::from_micros(100_030);
            server.capture(100);
            server.deliver(Server::bytes(100));
            server.answer();
        }
        assert!(server.lost.is_empty());
    }

    #[test]
    fn samples_that_pulseaudio_drops_are_counted_after_those_it_kept() {
        let mut server = Server::new();
        server.run(20);
        // Nothing is read for 8 s; 5 s fit into the server.
        server.pass(8_000);
        server.capture(5_000);
        server.answer();
        server.deliver(Server::bytes(2_500));
        server.pass(100);
        server.capture(100);
        server.answer();
        assert!(server.lost.is_empty());
        server.deliver(Server::bytes(2_500));
        server.run(1);
        assert_eq!(server.lost, [3 * 48_000]);
        server.run(50);
        assert_eq!(server.lost.len(), 1);
    }

    #[test]
    fn samples_that_pipewire_skips_are_counted() {
        let mut server = Server::new();
        server.run(20);
        server.pass(8_000);
        server.capture(8_000);
        server.read += Server::bytes(7_980);
        server.deliver(Server::bytes(20));
        server.answer();
        server.run(50);
        assert_eq!(server.lost, [48 * 7_980]);
    }

    #[test]
    fn a_server_that_was_stalled_itself_has_lost_nothing() {
        let mut server = Server::new();
        server.run(20);
        server.pass(3_000);
        server.answer();
        server.capture(3_000);
        server.deliver(Server::bytes(3_000));
        server.run(50);
        assert!(server.lost.is_empty());
    }

    #[test]
    fn a_change_of_the_server_s_clock_is_no_loss() {
        let mut server = Server::new();
        server.run(20);
        let changed = Timing {
            server: server.now + Duration::from_secs(3_600),
            local: server.now,
            write_index: server.captured,
            read_index: server.read,
        };
        server.losses.timing(changed);
        server.losses.timing(changed);
        server.run(50);
        assert!(server.lost.is_empty());
    }

    #[test]
    fn a_device_that_starts_slowly_has_lost_nothing() {
        let mut server = Server::new();
        for _ in 0..20 {
            server.pass(100);
            server.answer();
        }
        server.run(50);
        assert!(server.lost.is_empty());
    }

    #[test]
    fn another_device_that_starts_slowly_has_lost_nothing() {
        let mut server = Server::new();
        server.run(20);
        server.losses.restart();
        server.run(1);
        for _ in 0..20 {
            server.pass(100);
            server.answer();
        }
        server.run(50);
        assert!(server.lost.is_empty());
    }

    #[test]
    fn a_time_without_capture_is_no_loss() {
        let mut server = Server::new();
        server.run(20);
        server.pass(60_000);
        server.losses.restart();
        server.run(50);
        assert!(server.lost.is_empty());
    }
}
