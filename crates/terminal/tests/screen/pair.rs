//! Two recordings that run together, on one terminal.

use inturn_client_core::session::{Event, Progress, State};
use inturn_terminal::{
    Origin, Side, Track,
    output::PlainLines,
    screen::{Screen, Status, Style},
};
use inturn_transcript::{Change, Transcript};

use super::terminal::{STYLE, Terminal};

pub(crate) const YOU: usize = 0;
pub(crate) const MEETING: usize = 1;

/// How much later the second recording began.
pub(crate) const OFFSET_MS: u32 = 2_000;

/// The screen of two recordings, and the same as lines of text.
pub(crate) struct Pair {
    pub(crate) terminal: Terminal,
    screen: Screen,
    plain: PlainLines,
    transcripts: [Transcript; 2],
    statuses: [Status; 2],
    /// The lines of text so far.
    pub(crate) lines: String,
}

impl Pair {
    /// Both are live.
    pub(crate) fn new(columns: u16, rows: u16) -> Self {
        let style = Style {
            columns,
            rows,
            ..STYLE
        };
        let mut pair = Self {
            terminal: Terminal::new(style),
            screen: Screen::new(style, 2),
            plain: PlainLines::new(false, 2),
            transcripts: Default::default(),
            statuses: Default::default(),
            lines: String::new(),
        };
        for at in [YOU, MEETING] {
            pair.event(at, &Event::State(State::Listening(Progress::Live)));
        }
        pair
    }

    /// Shows an event of the recording at the place `at`.
    pub(crate) fn event(&mut self, at: usize, event: &Event) {
        let touched = match event {
            Event::Changed(change) => self.transcripts[at].apply(change),
            _ => Vec::new(),
        };
        self.statuses[at].note(event);
        let tracks = tracks(&self.transcripts);
        let output = match event {
            Event::Changed(_) => self.screen.changed(&tracks, at, &touched),
            _ => self.screen.status(&tracks, at, &self.statuses[at]),
        };
        self.lines += &self.plain.event(event, &tracks, at, &touched);
        self.terminal.feed(&output);
    }

    pub(crate) fn change(&mut self, at: usize, change: Change) {
        self.event(at, &Event::Changed(change));
    }

    pub(crate) fn status(&mut self, at: usize, change: impl FnOnce(&mut Status)) {
        change(&mut self.statuses[at]);
        let tracks = tracks(&self.transcripts);
        let output = self.screen.status(&tracks, at, &self.statuses[at]);
        self.terminal.feed(&output);
    }

    pub(crate) fn close(&mut self) {
        let tracks = tracks(&self.transcripts);
        self.lines += &self.plain.finish(&tracks);
        let output = self.screen.close(&tracks);
        self.terminal.feed(&output);
    }

    pub(crate) fn rows(&mut self) -> Vec<String> {
        self.terminal.rows()
    }
}

fn tracks(transcripts: &[Transcript; 2]) -> [Track<'_>; 2] {
    let track = |at: usize, side, origin, offset_ms| Track {
        side: Some(side),
        origin,
        transcript: &transcripts[at],
        offset_ms,
    };
    [
        track(YOU, Side::You, Origin::Microphone, 0),
        track(MEETING, Side::Meeting, Origin::Playback, OFFSET_MS),
    ]
}
