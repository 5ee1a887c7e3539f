//! The state machine of a recording: the person's actions, the microphone, and the timers.

mod connecting;
mod ending;
mod forgotten;
mod losing;
mod microphone;
mod overrun;
mod pausing;
mod sending;
mod service;

use std::{collections::VecDeque, time::Duration};

use inturn_protocol::JsonParser;
use inturn_transcript::SessionEnd;

use super::{
    billed::BilledTime,
    connection::Role,
    console::Console,
    countdown::Countdown,
    intake::Search,
    io::{Attempt, Device, Effect, Event, Input, Sound, State},
    reply,
    retry::Loss,
    run::Run,
    timers::{SOCKET_CHECK_INTERVAL, Timer, Timers},
};
use crate::{Moment, audio::ChunkLength, problem::Problem, recording::Recording};

/// The state machine of the recorder. Lives as long as the page and makes one recording at a time.
#[derive(Debug)]
pub struct Recorder {
    parser: JsonParser,
    phase: Phase,
    chunk: ChunkLength,
    /// The current recording, or the last one.
    recording: Recording,
    /// Number of sessions begun so far, and so the number of the newest one.
    sessions: u32,
    /// Number of connection attempts so far.
    attempts: u32,
    timers: Timers,
    effects: VecDeque<Effect>,
    /// Our server's lease for the current recording, once there is a token.
    lease: Option<String>,
    console: Console,
    /// The wait that the last problem requires, until the next recording.
    countdown: Option<Countdown>,
    /// How long a recording may be without words until it ends by itself, in seconds; 0 for ever.
    idle_secs: u32,
    /// The countdown to that end, as it was reported last.
    idle_countdown: Option<u32>,
    /// What comes from the microphone, as it was reported last.
    sound: Sound,
    /// For how long the sessions of the current or the last recording were connected.
    billed: BilledTime,
}

impl Default for Recorder {
    fn default() -> Self {
        Self::with_parser(JsonParser::default())
    }
}

/// The phases of a recorder.
#[derive(Debug, Default)]
enum Phase {
    #[default]
    Idle,
    AwaitingMicrophone,
    Running(Box<Run>),
}

impl Recorder {
    /// Creates an idle recorder that sends chunks of length `chunk`.
    pub fn new(chunk: ChunkLength) -> Self {
        Self {
            chunk,
            ..Self::default()
        }
    }

    /// Creates an idle recorder that parses messages with `parser`.
    pub fn with_parser(parser: JsonParser) -> Self {
        Self {
            parser,
            phase: Phase::default(),
            chunk: ChunkLength::default(),
            recording: Recording::default(),
            sessions: 0,
            attempts: 0,
            timers: Timers::default(),
            effects: VecDeque::new(),
            lease: None,
            console: Console::default(),
            countdown: None,
            idle_secs: 0,
            idle_countdown: None,
            sound: Sound::default(),
            billed: BilledTime::default(),
        }
    }

    /// Sets the chunk length, starting with the next recording.
    pub fn set_chunk(&mut self, chunk: ChunkLength) {
        self.chunk = chunk;
    }

    /// Sets after how many seconds without words the countdown to the end of a recording starts,
    /// starting with the next recording. With 0, it never starts.
    pub fn set_idle_secs(&mut self, secs: u32) {
        self.idle_secs = secs;
    }

    /// Continues from an abandoned recorder, with its number of sessions.
    pub fn continue_after(&mut self, sessions: u32) {
        self.sessions = sessions;
    }

    /// Returns the current recording, or the last one.
    pub fn recording(&self) -> &Recording {
        &self.recording
    }

    /// Returns the length of the audio that is kept because the service has not settled its words.
    pub fn kept_audio(&self) -> Duration {
        match &self.phase {
            Phase::Running(run) => run.upload.kept(),
            Phase::Idle | Phase::AwaitingMicrophone => Duration::ZERO,
        }
    }

    /// Handles an input that happened at `now`. `now` must not decrease from call to call.
    pub fn handle(&mut self, now: Moment, input: Input<'_>) {
        match input {
            Input::Record => self.on_record(),
            Input::Stop => self.on_stop(now),
            Input::Pause => self.on_pause(now),
            Input::Resume => self.on_resume(),
            Input::KeepRecording => self.on_keep_recording(),
            Input::Leave => self.on_leave(),
            Input::MicrophoneOpened { rate_hz, recording } => {
                self.on_microphone_opened(now, rate_hz, recording);
            }
            Input::MicrophoneFailed(failure) => self.on_microphone_failed(now, failure),
            Input::MicrophoneLost => self.on_microphone_lost(now, Problem::MicrophoneLost),
            Input::MicrophoneHeld(hold) => self.on_microphone_held(hold),
            Input::DevicesChanged => self.on_devices_changed(now),
            Input::Block { planar, channels } => self.on_block(now, planar, channels),
            // No browser reports it, and without it the page is smaller.
            Input::Overrun { .. } if cfg!(target_family = "wasm") => {}
            Input::Overrun { frames } => self.on_overrun(now, frames),
            Input::AudioEnded => self.on_audio_ended(now),
            Input::TokenReply {
                attempt,
                status,
                body,
            } => {
                self.on_token(now, attempt, reply::read(status, body, self.parser));
            }
            Input::TokenFailed { attempt, failure } => self.on_token(now, attempt, Err(failure)),
            Input::SocketOpened(attempt) => self.start_feed(attempt),
            Input::SocketMessage { attempt, text } => self.on_message(now, attempt, text),
            Input::SocketClosed {
                attempt,
                code,
                reason,
            } => self.on_socket_closed(now, attempt, code, reason),
            Input::Unsent { attempt, bytes } => self.on_unsent(now, attempt, bytes),
            Input::NetworkProbed { attempt, is_up } => self.on_probe_result(now, attempt, is_up),
            Input::Offline => self.on_offline(now),
            Input::Online | Input::Shown => self.connect_now(now),
            Input::Wake => self.on_wake(now),
        }
        self.report_captured();
        self.send_due(now);
        self.fill_holes(now);
        self.finish_if_done();
        self.report_lost();
        self.report_state();
        self.report_sound();
        self.report_idle();
        self.report_billed(now);
    }

    /// Returns the next effect to carry out. Call it after each input until it returns `None`.
    pub fn next_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// Returns when to call [`handle`](Self::handle) with [`Input::Wake`], unless another input
    /// comes before.
    pub fn next_wake(&self) -> Option<Moment> {
        let connections = match &self.phase {
            Phase::Running(run) => run.next_timer(),
            Phase::Idle | Phase::AwaitingMicrophone => None,
        };
        self.timers.next().into_iter().chain(connections).min()
    }

    fn on_record(&mut self) {
        if !matches!(self.phase, Phase::Idle) {
            return;
        }
        self.phase = Phase::AwaitingMicrophone;
        self.countdown = None;
        self.timers.stop(Timer::RetryWait);
        self.emit_state(State::AwaitingMicrophone);
        self.effects
            .push_back(Effect::OpenMicrophone(Device::Chosen));
    }

    fn on_stop(&mut self, now: Moment) {
        match &mut self.phase {
            Phase::Idle => {}
            Phase::AwaitingMicrophone => {
                self.effects.push_back(Effect::CloseMicrophone);
                self.go_idle();
            }
            Phase::Running(run) if run.intake.is_open() => {
                let is_interrupted = run.outage.is_some();
                self.close_intake(now);
                if is_interrupted {
                    self.start_giving_up(now);
                }
            }
            Phase::Running(run) if run.pause.is_some() => self.end_paused(now),
            Phase::Running(_) => self.fail(Problem::CutShort),
        }
    }

    /// Sends the rest of the audio and `Terminate` at once, because there is no time to wait.
    fn on_leave(&mut self) {
        if let Phase::Idle = self.phase {
            return;
        }
        if let Phase::Running(run) = &mut self.phase {
            if run.intake.is_open() || run.is_resuming() {
                self.effects.push_back(Effect::CloseMicrophone);
            }
            run.pause = None;
            run.end_intake(&mut self.timers);
            for connection in run.connections.iter_mut().filter(|it| it.is_open()) {
                while let Some(sent) = run.upload.next_chunk_at_once(&mut connection.feed) {
                    self.effects.push_back(Effect::SendAudio {
                        attempt: connection.attempt,
                        frame: sent.frame,
                    });
                }
            }
        }
        self.end_all(SessionEnd::BrokenOff);
        self.go_idle();
    }

    fn on_wake(&mut self, now: Moment) {
        while let Some(timer) = self.timers.take_due(now) {
            match timer {
                Timer::FirstBlock => self.on_no_first_block(now),
                Timer::BlockWatchdog => self.check_blocks(now),
                Timer::Settle => self.settle_stall(now),
                Timer::Reopen => self.search(Search::Requested(Device::Lost)),
                Timer::AudioEnd => self.on_audio_ended(now),
                Timer::RetryWait => self.report_countdown(now),
                Timer::Reconnect => self.connect(now, Role::Live),
                Timer::GiveUp => self.give_up(),
                // `handle` opens a session for a hole after every input.
                Timer::Fill => {}
                other => debug_assert!(false, "{other:?} belongs to a connection"),
            }
        }
        while let Phase::Running(run) = &mut self.phase
            && let Some((attempt, timer)) = run.take_due(now)
        {
            self.on_connection_timer(now, attempt, timer);
        }
    }

    fn on_connection_timer(&mut self, now: Moment, attempt: Attempt, timer: Timer) {
        match timer {
            Timer::Token => self.on_loss(now, attempt, Loss::TokenTimeout),
            Timer::Begin => self.on_loss(now, attempt, Loss::BeginTimeout),
            Timer::Finish => self.on_loss(now, attempt, Loss::EndTimeout),
            Timer::LastWords => self.probe_network(now, attempt),
            Timer::Liveness => self.check_liveness(now, attempt),
            Timer::Stable => self.on_stable(attempt),
            Timer::HandOver => self.hand_over(now, attempt),
            // The shell reports `Unsent` before each wake.
            Timer::SocketCheck => {
                if let Phase::Running(run) = &mut self.phase
                    && let Some(connection) = run.connection(attempt)
                {
                    connection.timers.set(timer, now + SOCKET_CHECK_INTERVAL);
                }
            }
            // `handle` sends due audio after every input.
            Timer::Pace => {}
            other => debug_assert!(false, "{other:?} belongs to the recorder"),
        }
    }

    /// Reports the audio that was added to the timeline.
    fn report_captured(&mut self) {
        if let Phase::Running(run) = &mut self.phase {
            while let Some((first_sample, frame)) = run.upload.next_captured() {
                self.effects.push_back(Effect::Captured {
                    first_sample,
                    frame,
                });
            }
        }
    }

    /// Reports the state of a recording in progress, if it has changed.
    fn report_state(&mut self) {
        if let Phase::Running(run) = &mut self.phase {
            let state = run.current_state();
            if std::mem::replace(&mut run.state, state) != state {
                self.emit_state(state);
            }
        }
    }

    fn report_countdown(&mut self, now: Moment) {
        let Some(countdown) = &self.countdown else {
            return;
        };
        let secs = countdown.secs_left(now);
        let next = countdown.next_second(now);
        self.timers.set_or_stop(Timer::RetryWait, next);
        self.emit(Event::RetryWait(secs));
    }

    fn next_attempt(&mut self) -> Attempt {
        self.attempts += 1;
        Attempt(self.attempts)
    }

    fn emit_state(&mut self, state: State) {
        self.emit(Event::State(state));
    }

    fn emit(&mut self, event: Event) {
        self.effects.push_back(Effect::Event(event));
    }

    fn log(&mut self, text: &str) {
        self.effects.push_back(self.console.line(text));
    }

    fn log_once(&mut self, name: &str, text: &str) {
        self.effects.extend(self.console.line_once(name, text));
    }
}
