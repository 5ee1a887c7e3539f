//! Moonshine, whose library runs in a process of its own for each session.
//!
//! The library recognises whole pieces of audio. So the open part of a turn is recognised again as
//! it grows, at times that depend on the audio alone. What lies before a pause is settled, so that
//! no piece gets long: see [`turn`].

mod install;
mod process;
mod turn;
mod word_times;

use std::path::PathBuf;

pub use self::install::MoonshinePaths;
use self::{
    install::Install,
    process::{Limits, Process},
    turn::Turn,
};
use super::{
    interface::{RecognisedWord, Recogniser, RecogniserKind, RecogniserSource},
    resample::Resampler,
};

/// The program, the library and a model, after a successful test.
pub(crate) struct MoonshineSource {
    program: PathBuf,
    install: Install,
}

impl MoonshinePaths {
    /// Finds all parts, and starts the recogniser once.
    ///
    /// # Errors
    ///
    /// Returns what is missing or does not work, as a sentence without a full stop.
    pub fn test(&self) -> Result<(), String> {
        MoonshineSource::find(self).map(drop)
    }
}

impl MoonshineSource {
    /// Finds all parts, and starts a process once to test them.
    pub(crate) fn find(paths: &MoonshinePaths) -> Result<Self, String> {
        let source = Self {
            program: paths.program()?,
            install: Install::find(paths.folder.as_deref())?,
        };
        source.start()?.transcribe(&TEST_PIECE)?;
        Ok(source)
    }

    fn start(&self) -> Result<Process, String> {
        Process::start(&self.program, &self.install, Limits::default())
    }
}

impl RecogniserSource for MoonshineSource {
    fn kind(&self) -> RecogniserKind {
        RecogniserKind::Moonshine
    }

    fn open(&self, rate_hz: u32) -> Result<Box<dyn Recogniser>, String> {
        let resampler = (rate_hz != inturn_moonshine::SAMPLE_RATE_HZ)
            .then(|| Resampler::new(rate_hz, inturn_moonshine::SAMPLE_RATE_HZ));
        Ok(Box::new(MoonshineRecogniser {
            process: self.start()?,
            turn: Turn::new(self.install.language.clone()),
            resampler,
            frame: Vec::new(),
        }))
    }

    fn needs_thread(&self) -> bool {
        true
    }
}

/// The recogniser of one session.
struct MoonshineRecogniser {
    process: Process,
    turn: Turn,
    resampler: Option<Resampler>,
    frame: Vec<i16>,
}

impl Recogniser for MoonshineRecogniser {
    fn begin_turn(&mut self) {
        self.turn.begin();
    }

    fn process(&mut self, samples: &[i16], voiced: bool) {
        self.frame.clear();
        match &mut self.resampler {
            Some(resampler) => resampler.push(samples, &mut self.frame),
            None => self.frame.extend_from_slice(samples),
        }
        self.turn.push(&self.frame, voiced);
    }

    fn words(&mut self) -> Result<Vec<RecognisedWord>, String> {
        self.turn.words(|piece| self.process.transcribe(piece))
    }

    fn finish_turn(&mut self) -> Result<Vec<RecognisedWord>, String> {
        self.turn.finish(|piece| self.process.transcribe(piece))
    }
}

/// A tenth of a second of silence.
const TEST_PIECE: [i16; 1_600] = [0; 1_600];
