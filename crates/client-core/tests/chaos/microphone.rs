//! The microphone: its blocks come in real time, with jitter and stalls, and not always.

use super::script::{SAMPLES_PER_MS, Script};

/// A microphone that may be turned on and off, and what it has captured of the script. Times are in
/// microseconds of the virtual clock.
#[derive(Debug)]
pub(crate) struct Microphone {
    pub(crate) script: Script,
    pub(crate) power: Power,
    /// Identifies the open stream, or the request for one.
    pub(crate) number: u64,
    pub(crate) stream: Option<Stream>,
    /// Length of a block at the service's rate, in samples.
    block: u64,
    jitter_us: u64,
    late_until: u64,
    /// When the last block came.
    pub(crate) last_at: u64,
    /// When the first block came, or the first one after at least a second without.
    pub(crate) steady_since: u64,
    /// When the script began.
    script_from: Option<u64>,
    /// The parts of the script that the recorder got.
    pub(crate) heard: Vec<Heard>,
    /// Why the next block may not continue the last part.
    pub(crate) interruption: Interruption,
    /// Length of speech that the recorder got, in samples.
    pub(crate) speech: u64,
    spoken_words: usize,
}

/// Whether the microphone is on, as far as the recorder may know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Power {
    #[default]
    Off,
    Requested,
    On,
    /// It is off, and its last blocks are on their way.
    Closing,
}

/// A part of the script that was captured without interruption, in samples.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Heard {
    pub(crate) from: u64,
    pub(crate) to: u64,
    /// How much later its samples are on the recorder's timeline, in milliseconds. `None` if the
    /// recorder never took a block at once.
    pub(crate) offset_ms: Option<i64>,
    /// What came before it.
    pub(crate) after: Interruption,
}

/// Why nothing was captured.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Interruption {
    /// The person paused the recording.
    pub(crate) is_pause: bool,
    /// The microphone delivered nothing.
    pub(crate) is_loss: bool,
    /// The microphone delivered zeros. The recorder cannot know for how long.
    pub(crate) is_mute: bool,
}

/// The audio of one device.
#[derive(Debug)]
pub(crate) struct Stream {
    rate_hz: u64,
    /// When the frames began to be captured without interruption, and how many were delivered.
    from: u64,
    frames: u64,
    block: Vec<f32>,
    /// The next time in which it captures nothing.
    silence: Option<(u64, u64)>,
    /// A time in which it captures zeros.
    muted: (u64, u64),
    /// The time up to which the system holds it, as the shell has reported it.
    pub(crate) held_until: u64,
}

/// The shortest stop of the blocks that the recorder must show, in microseconds.
const STOP_US: u64 = 1_000_000;

impl Microphone {
    pub(crate) fn new(script: Script, block: u64, jitter_ms: u64) -> Self {
        Self {
            script,
            power: Power::Off,
            number: 0,
            stream: None,
            block,
            jitter_us: jitter_ms * 1_000,
            late_until: 0,
            last_at: 0,
            steady_since: 0,
            script_from: None,
            heard: Vec::new(),
            interruption: Interruption::default(),
            speech: 0,
            spoken_words: 0,
        }
    }

    /// Turns a device on that captures from `from` on. Its blocks come in time.
    pub(crate) fn open(&mut self, from: u64, rate_hz: u32) {
        self.script_from.get_or_insert(from);
        let rate_hz = u64::from(rate_hz);
        let block = self.block * rate_hz / (SAMPLES_PER_MS * 1_000);
        self.power = Power::On;
        self.late_until = 0;
        self.stream = Some(Stream {
            rate_hz,
            from,
            frames: 0,
            block: vec![0.0; block as usize],
            silence: None,
            muted: (0, 0),
            held_until: 0,
        });
    }

    /// Loses the device, with the blocks that were on their way.
    pub(crate) fn lose(&mut self) {
        self.stream = None;
        self.power = Power::Off;
        self.interruption.is_loss = true;
    }

    /// Delivers nothing until `until`, then everything.
    pub(crate) fn delay(&mut self, until: u64) {
        self.late_until = until;
    }

    /// Captures nothing from now until `until`, and loses the blocks that were on their way.
    pub(crate) fn skip_to(&mut self, until: u64) {
        self.late_until = 0;
        if let Some(stream) = &mut self.stream {
            stream.from = until.max(stream.from);
            stream.frames = 0;
            stream.silence = stream.silence.filter(|(_, it)| *it > until);
            self.interruption.is_loss = true;
        }
    }

    /// Captures nothing from `from` until `until`.
    pub(crate) fn stop(&mut self, from: u64, until: u64) {
        if let Some(stream) = &mut self.stream {
            let (first, last) = stream.silence.unwrap_or((from, until));
            stream.silence = Some((first.min(from), last.max(until)));
            self.interruption.is_loss = true;
        }
    }

    /// Captures zeros from `from` until `until`.
    pub(crate) fn mute(&mut self, from: u64, until: u64) {
        if let Some(stream) = &mut self.stream {
            stream.muted = (from, until);
            self.interruption.is_mute = true;
        }
    }

    /// Returns when the next block comes.
    pub(crate) fn next_at(&mut self, jitter_us: u64) -> Option<u64> {
        let full_at = self.full_at()?;
        let at = (full_at + jitter_us).max(self.late_until);
        Some(at.max(self.last_at))
    }

    /// Returns the time up to which the system holds the open device.
    pub(crate) fn held_until(&self) -> u64 {
        self.stream.as_ref().map_or(0, |it| it.held_until)
    }

    pub(crate) fn jitter_us(&self) -> u64 {
        self.jitter_us
    }

    /// Returns when the next block is full.
    pub(crate) fn full_at(&mut self) -> Option<u64> {
        self.stream.as_mut().map(Stream::full_at)
    }

    /// Takes the next block, which is full. Returns it with the part of the script in it.
    pub(crate) fn take_block(&mut self, now: u64) -> Option<(Vec<f32>, (u64, u64))> {
        let start = self.script_from?;
        let stream = self.stream.as_mut()?;
        let full_at = stream.full_at();
        let began_at = stream.time(stream.frames);
        let position = (stream.from - start) * SAMPLES_PER_MS / 1_000;
        let at = |frames: u64| position + frames * SAMPLES_PER_MS * 1_000 / stream.rate_hz;
        let mut block = std::mem::take(&mut stream.block);
        let next = stream.frames + block.len() as u64;
        let mut part = (at(stream.frames), at(next));
        let (muted_from, muted_until) = stream.muted;
        if full_at > muted_from && began_at < muted_until {
            block.fill(0.0);
            part.1 = part.0;
        } else {
            self.script.fill(&mut block, at, stream.frames);
        }
        stream.frames = next;
        if now >= self.last_at + STOP_US || next == block.len() as u64 {
            self.steady_since = now;
        }
        self.last_at = now;
        Some((block, part))
    }

    /// Takes the block back, so that its memory is used again.
    pub(crate) fn put_back(&mut self, block: Vec<f32>) {
        if let Some(stream) = &mut self.stream {
            stream.block = block;
        }
    }

    /// Records that the recorder has got a part of the script, which may be empty. Its end is
    /// `offset_ms` later on the timeline, if that is known.
    pub(crate) fn count(&mut self, (from, to): (u64, u64), offset_ms: Option<i64>) {
        if from == to {
            return;
        }
        match self.heard.last_mut() {
            Some(last) if last.to == from => {
                last.to = to;
                last.offset_ms = offset_ms.or(last.offset_ms);
            }
            _ => {
                let after = std::mem::take(&mut self.interruption);
                self.heard.push(Heard {
                    from,
                    to,
                    offset_ms,
                    after,
                });
            }
        }
        let words = &self.script.words;
        while let Some(word) = words.get(self.spoken_words) {
            let (start, end) = (word.start.max(from), word.end.min(to));
            self.speech += end.saturating_sub(start);
            if word.end > to {
                break;
            }
            self.spoken_words += 1;
        }
    }
}

impl Stream {
    fn time(&self, frames: u64) -> u64 {
        self.from + frames * 1_000_000 / self.rate_hz
    }

    fn full_at(&mut self) -> u64 {
        loop {
            let full_at = self.time(self.frames + self.block.len() as u64);
            match self.silence {
                // A block that is not full by then is not delivered.
                Some((from, until)) if full_at > from => {
                    self.from = until.max(self.time(self.frames));
                    self.frames = 0;
                    self.silence = None;
                }
                _ => return full_at,
            }
        }
    }
}
