//! A run of the program, as far as outputs see it.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
    time::Duration,
};

use inturn_client_core::{
    Moment,
    session::{Event, Progress, State},
};
use inturn_terminal::{
    Recordings,
    output::{Format, Output, OutputError, OutputOptions, Target},
};
use inturn_transcript::{
    Change, RecordingId, RecordingInfo, Session, Turn, TurnId, TurnState, Word, Words,
};

pub(crate) const LIVE: State = State::Listening(Progress::Live);

/// The recordings of a run, and an output that follows them.
pub(crate) struct Run {
    pub(crate) output: Output,
    pub(crate) recordings: Recordings,
    pub(crate) now: Moment,
}

/// A standard output that a test can read.
#[derive(Clone, Default)]
pub(crate) struct Stdout(Arc<Mutex<Vec<u8>>>);

impl Run {
    pub(crate) fn new(format: Format, target: &Target) -> Result<Self, OutputError> {
        let options = OutputOptions::default();
        Self::with(format, target, options, Box::new(io::sink()))
    }

    pub(crate) fn with(
        format: Format,
        target: &Target,
        options: OutputOptions,
        stdout: Box<dyn Write + Send>,
    ) -> Result<Self, OutputError> {
        Ok(Self {
            output: Output::open(format, target, options, stdout)?,
            recordings: Recordings::default(),
            now: Moment::default(),
        })
    }

    pub(crate) fn event(&mut self, event: &Event) -> Result<(), OutputError> {
        let touched = self.recordings.handle(event);
        self.output
            .event(event, &self.recordings, &touched, self.now)?;
        written(&self.output)
    }

    /// Begins recording `id`.
    pub(crate) fn begin(&mut self, id: u128) -> Result<(), OutputError> {
        self.event(&Event::Began(RecordingInfo {
            id: RecordingId(id),
            started_unix_ms: 1_795_561_500_000 + id as u64 * 60_000,
            utc_offset_min: 60,
        }))?;
        self.event(&Event::State(LIVE))?;
        self.change(Change::SessionBegan(Session {
            number: 1,
            start_ms: 0,
            end_ms: None,
        }))
    }

    pub(crate) fn change(&mut self, change: Change) -> Result<(), OutputError> {
        self.event(&Event::Changed(change))
    }

    pub(crate) fn end(&mut self) -> Result<(), OutputError> {
        self.event(&Event::State(State::Idle))
    }

    pub(crate) fn finish(&mut self) -> Result<(), OutputError> {
        self.output.finish(&self.recordings)?;
        written(&self.output)
    }

    /// Lets time pass, with the calls for which the output asks.
    pub(crate) fn pass_ms(&mut self, ms: u64) -> Result<(), OutputError> {
        let until = self.now + Duration::from_millis(ms);
        while let Some(wake) = self.output.next_wake().filter(|it| *it <= until) {
            self.now = self.now.max(wake);
            self.output.wake(&self.recordings, self.now)?;
        }
        self.now = until;
        Ok(())
    }
}

/// Waits until a stream is written.
pub(crate) fn written(output: &Output) -> Result<(), OutputError> {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.expect("a runtime").block_on(output.written())
}

impl Stdout {
    pub(crate) fn text(&self) -> String {
        let bytes = self.0.lock().expect("no test has panicked").clone();
        String::from_utf8(bytes).expect("text")
    }
}

impl Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0
            .lock()
            .expect("no test has panicked")
            .extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Returns a turn that starts at as many seconds as its number.
pub(crate) fn turn(session: u32, id: u32, state: TurnState, text: &str) -> Change {
    let mut words = Words::default();
    for word in text.split_whitespace() {
        words.push(Word {
            text: word,
            start_ms: id * 1_000,
            end_ms: id * 1_000 + 500,
            confidence: 0.5,
            is_final: state != TurnState::Open,
            ..Word::default()
        });
    }
    Change::Turn(Turn {
        state,
        start_ms: id * 1_000,
        words,
        ..Turn::new(TurnId { session, turn: id })
    })
}
