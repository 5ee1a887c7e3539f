//! A recorder on a virtual clock, with a browser, a server and a service that follow a script.

use std::{collections::BTreeMap, time::Duration};

use inturn_client_core::{
    Moment,
    audio::ChunkLength,
    recording::{RecordingId, RecordingInfo},
    session::{Attempt, Effect, Event, Input, Recorder, State},
};
use inturn_transcript::Transcript;

use super::{ledger::Ledger, script::Scheduled};
pub(crate) use super::{
    ledger::TOKEN,
    replies::{
        BEGIN, LEASE, SEND_TERMINATE, TERMINATION, end, limited_token_body, partial, token_body,
        turn,
    },
    script::{Answer, RATE_HZ, Script, Uplink},
};

/// Id and start time of each recording.
pub(crate) const INFO: RecordingInfo = RecordingInfo {
    id: RecordingId(7),
    started_unix_ms: 1_700_000_000_000,
    utc_offset_min: 60,
};

/// A test run of the recorder. Time starts at an arbitrary value, like a browser's clock.
#[derive(Debug)]
pub(crate) struct Story {
    pub(crate) recorder: Recorder,
    pub(crate) ledger: Ledger,
    pub(crate) script: Script,
    pub(crate) now: Moment,
    /// Attempt of the last socket.
    pub(crate) socket: Attempt,
    /// All effects with their times.
    pub(crate) log: Vec<(Moment, Effect)>,
    pub(super) read: usize,
    /// The transcript, built from the events.
    pub(crate) transcript: Transcript,
    /// The lines of [`Story::lines`] for each effect.
    pub(super) descriptions: Vec<Vec<String>>,
    pub(super) events: BTreeMap<(Moment, u32), Scheduled>,
    pub(super) scheduled: u32,
    /// Bytes in each socket, with the time of that value.
    pub(super) unsent: BTreeMap<u32, (Moment, f64)>,
    /// The line of the last state.
    pub(super) shown_state: String,
}

impl Story {
    pub(crate) fn new(script: Script) -> Self {
        Self {
            recorder: Recorder::new(ChunkLength::default()),
            ledger: Ledger::default(),
            script,
            now: Moment::from_millis(1_234.5),
            socket: Attempt(0),
            log: Vec::new(),
            read: 0,
            transcript: Transcript::default(),
            descriptions: Vec::new(),
            events: BTreeMap::new(),
            scheduled: 0,
            unsent: BTreeMap::new(),
            shown_state: String::new(),
        }
    }

    /// Starts a recording with an open session.
    pub(crate) fn listening() -> Self {
        Self::listening_to(Script::default())
    }

    pub(crate) fn listening_to(script: Script) -> Self {
        let mut story = Self::new(script);
        story.handle(Input::Record);
        story.advance(0);
        assert_eq!(story.state(), "listening");
        story.lines();
        story
    }

    /// Passes an input to the recorder, and schedules the script's reactions to its effects.
    pub(crate) fn handle(&mut self, input: Input<'_>) {
        match input {
            Input::SocketMessage { attempt, text } if text.contains("\"Begin\"") => {
                self.ledger.on_writable(attempt);
            }
            Input::SocketOpened(attempt) => self.ledger.on_writable(attempt),
            Input::SocketClosed { attempt, .. } => self.ledger.on_socket_closed(attempt),
            Input::TokenReply {
                status: 200..=299,
                body,
                ..
            } => self.ledger.on_token(body),
            Input::MicrophoneOpened { .. } => {
                // The new microphone's port replaces the previous one, whose messages are lost.
                self.events
                    .retain(|_, event| !matches!(event, Scheduled::AudioEnded));
            }
            _ => {}
        }
        let woken = input == Input::Wake;
        self.recorder.handle(self.now, input);
        while let Some(effect) = self.recorder.next_effect() {
            self.ledger.check_effect(&effect);
            self.answer(&effect);
            let lines = self.describe(&effect);
            self.descriptions.push(lines);
            self.log.push((self.now, effect));
        }
        self.ledger.check();
        assert_eq!(&self.transcript, self.recorder.recording().transcript());
        let wake = self.recorder.next_wake();
        if self.ledger.is_idle() {
            assert_eq!(wake, None, "an idle recorder runs a timer");
        }
        if woken && let Some(wake) = wake {
            assert!(wake > self.now, "the next wake is not later");
        }
    }

    /// Advances the clock by `ms`, and fires everything that is due until then.
    pub(crate) fn advance(&mut self, ms: u64) {
        let until = self.now + Duration::from_millis(ms);
        loop {
            let event = self.events.first_key_value().map(|((at, _), _)| *at);
            let wake = self.recorder.next_wake();
            let Some(next) = event
                .into_iter()
                .chain(wake)
                .min()
                .filter(|at| *at <= until)
            else {
                break;
            };
            self.now = self.now.max(next);
            if event == Some(next) {
                if let Some((_, event)) = self.events.pop_first() {
                    self.fire(&event);
                }
            } else {
                self.wake();
            }
        }
        self.now = until;
    }

    /// Fires the timer. Reports the unsent bytes before it, as a shell does.
    fn wake(&mut self) {
        for attempt in self.open_sockets() {
            let bytes = self.drain_socket(attempt).ceil() as u64;
            self.handle(Input::Unsent { attempt, bytes });
        }
        self.handle(Input::Wake);
    }

    /// Reports the result of a probe.
    pub(crate) fn answer_probe(&mut self, is_up: bool) {
        let attempt = self.socket;
        self.handle(Input::NetworkProbed { attempt, is_up });
    }

    /// Advances the clock until the recorder is idle. Panics after [`LONGEST_END`].
    pub(crate) fn run_until_idle(&mut self) {
        let until = self.now + LONGEST_END;
        while !self.ledger.is_idle() {
            assert!(
                self.now < until,
                "the recording does not end: {:?}",
                self.recorder
            );
            self.advance(100);
        }
    }

    /// Passes `ms` of sound in real time, in blocks of 100 ms. It is constant, so it does not count
    /// as speech.
    pub(crate) fn speak(&mut self, ms: u64) {
        self.capture(0.25, ms);
    }

    /// Passes `ms` of audio with this sample value in real time, in blocks of 100 ms.
    pub(crate) fn capture(&mut self, sample: f32, ms: u64) {
        for _ in 0..ms / 100 {
            self.advance(100);
            self.handle(Input::Block {
                planar: &[sample; RATE_HZ as usize / 10],
                channels: 1,
            });
        }
    }

    pub(crate) fn record(&mut self) {
        self.handle(Input::Record);
    }

    pub(crate) fn stop(&mut self) {
        self.handle(Input::Stop);
    }

    /// Returns the lines since the last call, without those about audio.
    pub(crate) fn events(&mut self) -> Vec<String> {
        let mut lines = self.lines();
        lines.retain(|line| !line.starts_with("audio "));
        lines
    }

    /// Stops the recording if it is paused.
    pub(crate) fn stop_if_paused(&mut self) {
        if self.state() == "paused" {
            self.stop();
        }
    }

    /// Receives a message from the service on the last socket.
    pub(crate) fn receive(&mut self, text: &str) {
        self.receive_on(self.socket, text);
    }

    /// Receives a message from the service on a socket.
    pub(crate) fn receive_on(&mut self, attempt: Attempt, text: &str) {
        self.handle(Input::SocketMessage { attempt, text });
    }

    /// Closes the last socket on the service's side.
    pub(crate) fn close(&mut self, code: u16, reason: &str) {
        let attempt = self.socket;
        self.handle(Input::SocketClosed {
            attempt,
            code,
            reason,
        });
    }

    /// Returns the last reported wait until a retry, if any.
    pub(crate) fn retry_wait(&self) -> Option<u32> {
        let mut wait = None;
        for (_, effect) in &self.log {
            match effect {
                Effect::Event(Event::State(State::AwaitingMicrophone)) => wait = None,
                Effect::Event(Event::Problem(problem) | Event::Interrupted(problem)) => {
                    wait = problem.retry_after_secs();
                }
                Effect::Event(Event::RetryWait(secs)) => wait = Some(*secs),
                _ => {}
            }
        }
        wait
    }

    /// Returns the attempts whose sockets are open.
    pub(crate) fn open_sockets(&self) -> Vec<Attempt> {
        let sockets = self.ledger.all_sockets.iter();
        let open = sockets.filter(|it| it.is_open);
        open.map(|it| it.attempt).collect()
    }
}

/// How long the end of a recording may take: ten minutes each for the network and for the last
/// words, and the time in between.
const LONGEST_END: Duration = Duration::from_secs(30 * 60);
