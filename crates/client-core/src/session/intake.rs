//! The source of a recording's audio: a microphone that may stall, disappear and come back.

use std::time::Duration;

use super::{
    io::{Device, Hold, Sound},
    silence::SilenceDetector,
    timers::{
        BLOCK_WATCHDOG_INTERVAL, FIRST_BLOCK_CHECKS, LOST_CHECKS, SETTLING_TIME, STALL_CHECKS,
        STALL_NOTICE, Timer, Timers,
    },
};
use crate::{
    Moment,
    audio::{ChunkLength, Level, Pipeline},
};

/// The microphone of a recording, and the pipeline for its audio.
#[derive(Debug)]
pub(super) struct Intake {
    pub(super) source: Source,
    /// `None` once all audio is in the upload.
    pub(super) pipeline: Option<Pipeline>,
    pub(super) chunk: ChunkLength,
    /// Why the open microphone delivers no sound, if the shell reports a reason.
    pub(super) hold: Option<Hold>,
    pub(super) silence: SilenceDetector,
    /// When the last block came, or the last one before a stall.
    pub(super) last_block: Moment,
    /// Number of checks since the last block.
    missed: u32,
    /// The silence for the last stall, if a report of what was dropped in it may still come.
    counted: Option<Counted>,
}

/// Silence that the clock has measured.
#[derive(Debug)]
struct Counted {
    at: Moment,
    length: Duration,
}

/// Where the audio comes from.
#[derive(Debug)]
pub(super) enum Source {
    /// The microphone is reported as on, and no block has arrived yet. Runs
    /// [`Timer::BlockWatchdog`].
    Opened,
    /// Blocks arrive. Runs [`Timer::BlockWatchdog`].
    Open,
    /// Blocks arrive again after a stall. They are held until it is clear whether all blocks of the
    /// stall were only late. Runs [`Timer::Settle`].
    Settling(Vec<Held>),
    /// Nothing arrives. Silence takes its place. Runs [`Timer::BlockWatchdog`].
    Absent(Absence),
    /// The microphone is off. Blocks captured before may still arrive. Runs [`Timer::AudioEnd`].
    /// After a stall, they are held until the last one: what is missing then was not captured.
    Ending(Option<Vec<Held>>),
    /// All audio is in the upload.
    Ended,
}

/// What waits.
#[derive(Debug)]
pub(super) enum Held {
    Block {
        planar: Vec<f32>,
        channels: usize,
    },
    /// So many frames that the system has dropped.
    Dropped(u64),
}

/// A time without a microphone, or with one that delivers nothing.
#[derive(Debug)]
pub(super) struct Absence {
    /// Its start, in milliseconds of the timeline.
    pub(super) from_ms: u32,
    /// The time up to which silence was put on the timeline.
    pub(super) filled_until: Moment,
    /// The search for a microphone. `None` if the one that is open is expected to go on.
    pub(super) search: Option<Search>,
}

/// The search for a microphone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Search {
    /// The shell opens this one.
    Requested(Device),
    /// None could be opened. Runs [`Timer::Reopen`].
    Waiting,
    /// One that runs at this rate is reported as on, and no block has arrived yet. Runs
    /// [`Timer::FirstBlock`].
    Opened { rate_hz: u32, device: Device },
}

/// What to do with a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arrival {
    /// It is the next part of the timeline.
    Next,
    /// It is the first one after an absence.
    Return,
    /// It must wait.
    Hold,
    /// It comes from a microphone that was given up, or after the end.
    Ignore,
}

impl Intake {
    /// Creates the intake of a microphone that was just opened.
    pub(super) fn new(pipeline: Pipeline, chunk: ChunkLength) -> Self {
        Self {
            source: Source::Opened,
            pipeline: Some(pipeline),
            chunk,
            hold: None,
            silence: SilenceDetector::default(),
            last_block: Moment::default(),
            missed: 0,
            counted: None,
        }
    }

    /// Returns `true` if the person records: the microphone is on, or will be again by itself.
    pub(super) fn is_open(&self) -> bool {
        !matches!(self.source, Source::Ending(_) | Source::Ended)
    }

    /// Returns `true` once all audio is in the upload.
    pub(super) fn has_ended(&self) -> bool {
        matches!(self.source, Source::Ended)
    }

    /// Returns the search for a microphone, if there is one.
    pub(super) fn search(&self) -> Option<Search> {
        match &self.source {
            Source::Absent(absence) => absence.search,
            _ => None,
        }
    }

    /// Returns `true` if the shell has opened a microphone, whether it delivers or not.
    pub(super) fn has_microphone(&self) -> bool {
        matches!(self.search(), None | Some(Search::Opened { .. }))
    }

    /// Handles the arrival of a block. Does not move the watchdog's next check: setting a timer for
    /// each block would cost more than processing the block.
    pub(super) fn on_block(&mut self, now: Moment, timers: &mut Timers) -> Arrival {
        match &self.source {
            Source::Opened => {
                self.open(now, timers);
                Arrival::Next
            }
            Source::Open => {
                self.missed = 0;
                if now.since(self.last_block) < STALL_NOTICE {
                    self.last_block = now;
                    return Arrival::Next;
                }
                self.source = Source::Settling(Vec::new());
                timers.stop(Timer::BlockWatchdog);
                timers.set(Timer::Settle, now + SETTLING_TIME);
                Arrival::Hold
            }
            Source::Settling(_) => Arrival::Hold,
            Source::Absent(absence) => match absence.search {
                None | Some(Search::Opened { .. }) => Arrival::Return,
                Some(Search::Requested(_) | Search::Waiting) => Arrival::Ignore,
            },
            Source::Ending(None) => Arrival::Next,
            Source::Ending(Some(_)) => Arrival::Hold,
            Source::Ended => Arrival::Ignore,
        }
    }

    /// Adds to what waits.
    pub(super) fn hold_back(&mut self, next: Held) {
        if let Source::Settling(held) | Source::Ending(Some(held)) = &mut self.source {
            held.push(next);
        }
    }

    /// Records that the microphone is turned off.
    pub(super) fn end(&mut self, now: Moment) {
        let is_open = matches!(self.source, Source::Open);
        let is_stalled = is_open && now.since(self.last_block) >= STALL_NOTICE;
        self.source = Source::Ending(is_stalled.then(Vec::new));
    }

    /// Waits for the first block of a microphone that is reported as on.
    pub(super) fn await_first_block(&mut self, now: Moment, timers: &mut Timers) {
        self.source = Source::Opened;
        self.hold = None;
        self.missed = 0;
        timers.set(Timer::BlockWatchdog, now + BLOCK_WATCHDOG_INTERVAL);
    }

    /// Records that blocks arrive.
    pub(super) fn open(&mut self, now: Moment, timers: &mut Timers) {
        self.source = Source::Open;
        self.last_block = now;
        self.missed = 0;
        timers.set(Timer::BlockWatchdog, now + BLOCK_WATCHDOG_INTERVAL);
    }

    /// Counts a check that found no new block. Returns `true` if the microphone is given up. Time
    /// is measured in checks, because after a stall of this thread, the check may come before the
    /// waiting blocks.
    pub(super) fn miss(&mut self) -> bool {
        self.missed += 1;
        let limit = match self.source {
            Source::Opened => FIRST_BLOCK_CHECKS,
            _ => LOST_CHECKS,
        };
        self.missed >= limit
    }

    /// Starts the count of checks anew.
    pub(super) fn forget_misses(&mut self) {
        self.missed = 0;
    }

    /// Returns how much of the time since the last block before a stall is missing.
    pub(super) fn missing(&self, now: Moment, held: &[Held]) -> Duration {
        let frames = held.iter().map(Held::frames);
        let arrived = self.length(frames.fold(0, u64::saturating_add));
        now.since(self.last_block).saturating_sub(arrived)
    }

    /// Returns the length of so many frames.
    pub(super) fn length(&self, frames: u64) -> Duration {
        let rate_hz = self.pipeline.as_ref().map_or(0, Pipeline::input_rate_hz);
        let micros = frames.saturating_mul(1_000_000).checked_div(rate_hz.into());
        Duration::from_micros(micros.unwrap_or(0))
    }

    /// Records that silence was put in the place of a stall.
    pub(super) fn count(&mut self, now: Moment, length: Duration) {
        // No browser reports what was dropped.
        if !cfg!(target_family = "wasm") {
            self.counted = Some(Counted { at: now, length });
        }
    }

    /// Returns how much of what the system has dropped has no silence in its place yet. A report
    /// may come just after the stall that it is about.
    pub(super) fn uncounted(&mut self, now: Moment, frames: u64) -> Duration {
        let length = self.length(frames);
        let counted = self.counted.as_mut();
        let Some(counted) = counted.filter(|it| now.since(it.at) <= LATE_REPORT) else {
            return length;
        };
        let known = length.min(counted.length);
        counted.length -= known;
        length - known
    }

    /// Returns the loudness of the last block, and measures the silence.
    pub(super) fn measure(&mut self, frames: usize) -> (Level, Option<bool>) {
        let Some(pipeline) = &self.pipeline else {
            return (Level::default(), None);
        };
        let level = pipeline.level();
        let rate_hz = pipeline.input_rate_hz();
        (level, self.silence.add(frames, rate_hz, level))
    }

    /// Returns what comes from the microphone. `captured_ms` is the end of the timeline.
    pub(super) fn sound(&self, captured_ms: u32) -> Sound {
        match (&self.source, self.hold) {
            (Source::Ending(_) | Source::Ended, _) => Sound::Arriving,
            (_, Some(hold)) if self.has_microphone() => Sound::Held(hold),
            (Source::Absent(absence), _) if absence.search.is_some() => Sound::Missing {
                secs: captured_ms.saturating_sub(absence.from_ms) / 1_000,
            },
            (Source::Absent(_), _) => Sound::Stalled,
            (Source::Opened | Source::Open, _) if self.missed >= STALL_CHECKS => Sound::Stalled,
            _ => self.silence.sound(),
        }
    }
}

impl Held {
    fn frames(&self) -> u64 {
        match self {
            Self::Block { planar, channels } => {
                planar.len().checked_div(*channels).unwrap_or(0) as u64
            }
            Self::Dropped(frames) => *frames,
        }
    }
}

/// How long after a stall a report of what was dropped in it may come.
const LATE_REPORT: Duration = Duration::from_secs(1);
