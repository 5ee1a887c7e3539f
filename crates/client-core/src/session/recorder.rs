//! The state machine of a recording: the person's actions, the microphone, and the timers.

mod connecting;
mod ending;
mod forgotten;
mod losing;
mod sending;
mod service;

use std::{collections::VecDeque, time::Duration};

use inturn_transcript::SessionEnd;

use super::{
    billed::BilledTime,
    connection::Role,
    console::Console,
    countdown::Countdown,
    idle::IdleWatch,
    intake::Intake,
    io::{Attempt, Device, Effect, Event, Input, State},
    reply,
    retry::Loss,
    run::Run,
    timers::{
        AUDIO_END_TIMEOUT, BLOCK_WATCHDOG_INTERVAL, BLOCK_WATCHDOG_MISSES, FIRST_BLOCK_TIMEOUT,
        SOCKET_CHECK_INTERVAL, Timer, Timers,
    },
};
use crate::{
    Moment,
    audio::{ChunkLength, Pipeline},
    problem::Problem,
    recording::{Recording, RecordingInfo},
};

/// The state machine of the recorder. Lives as long as the page and makes one recording at a time.
#[derive(Debug, Default)]
pub struct Recorder {
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
    /// For how long the sessions of the current or the last recording were connected.
    billed: BilledTime,
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

    /// Sets the chunk length, starting with the next recording.
    pub fn set_chunk(&mut self, chunk: ChunkLength) {
        self.chunk = chunk;
    }

    /// Sets after how many seconds without words the countdown to the end of a recording starts,
    /// starting with the next recording. With 0, it never starts.
    pub fn set_idle_secs(&mut self, secs: u32) {
        self.idle_secs = secs;
    }

    /// Continues from an abandoned recorder, with its last recording and its number of sessions.
    pub fn restore(&mut self, recording: Recording, sessions: u32) {
        self.recording = recording;
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
            Input::KeepRecording => self.on_keep_recording(),
            Input::Leave => self.on_leave(),
            Input::MicrophoneOpened { rate_hz, recording } => {
                self.on_microphone_opened(now, rate_hz, recording);
            }
            Input::MicrophoneFailed(failure) => {
                if matches!(self.phase, Phase::AwaitingMicrophone) {
                    self.fail(Problem::Microphone(failure));
                }
            }
            Input::MicrophoneLost => self.on_microphone_lost(now, Problem::MicrophoneLost),
            Input::Pause | Input::Resume | Input::MicrophoneHeld(_) | Input::DevicesChanged => {}
            Input::Block { planar, channels } => self.on_block(now, planar, channels),
            Input::AudioEnded => self.on_audio_ended(now),
            Input::TokenReply {
                attempt,
                status,
                body,
            } => {
                self.on_token(now, attempt, reply::read(status, body));
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
        self.send_due(now);
        self.fill_holes(now);
        self.finish_if_done();
        self.report_lost();
        self.report_state();
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
            Phase::Running(run) => match std::mem::replace(&mut run.intake, Intake::Ended) {
                Intake::Silent(pipeline) | Intake::Open { pipeline, .. } => {
                    run.intake = Intake::Ending(pipeline);
                    self.timers.stop(Timer::FirstBlock);
                    self.timers.stop(Timer::BlockWatchdog);
                    self.timers.set(Timer::AudioEnd, now + AUDIO_END_TIMEOUT);
                    self.effects.push_back(Effect::CloseMicrophone);
                    let was_silent = run.silence.stop();
                    if run.outage.is_some() {
                        self.start_giving_up(now);
                    }
                    self.report_state();
                    if was_silent {
                        self.emit(Event::Resolved(Problem::MicrophoneSilent));
                    }
                }
                Intake::Ending(_) | Intake::Ended => self.fail(Problem::CutShort),
            },
        }
    }

    /// Sends the rest of the audio and `Terminate` at once, because there is no time to wait.
    fn on_leave(&mut self) {
        if let Phase::Idle = self.phase {
            return;
        }
        if let Phase::Running(run) = &mut self.phase {
            if run.intake.is_open() {
                self.effects.push_back(Effect::CloseMicrophone);
            }
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

    fn on_microphone_opened(&mut self, now: Moment, rate_hz: u32, info: RecordingInfo) {
        if !matches!(self.phase, Phase::AwaitingMicrophone) {
            // Stop came first and has sent `CloseMicrophone`.
            return;
        }
        let Ok(pipeline) = Pipeline::new(rate_hz, self.chunk) else {
            self.fail(Problem::RateUnsupported(rate_hz));
            return;
        };
        self.recording = Recording::new(info, rate_hz);
        let run = Run::new(Intake::Silent(pipeline), IdleWatch::new(self.idle_secs));
        self.phase = Phase::Running(Box::new(run));
        self.billed = BilledTime::default();
        self.timers
            .set(Timer::FirstBlock, now + FIRST_BLOCK_TIMEOUT);
        self.connect(now, Role::Live);
        self.emit(Event::Began(info));
        self.emit_state(State::Connecting);
    }

    /// Stops the recording. The captured audio is still transcribed.
    fn on_microphone_lost(&mut self, now: Moment, problem: Problem) {
        if matches!(&self.phase, Phase::Running(run) if run.intake.is_open()) {
            self.on_stop(now);
            self.emit(Event::Problem(problem));
        }
    }

    fn on_block(&mut self, now: Moment, planar: &[f32], channels: usize) {
        let Phase::Running(run) = &mut self.phase else {
            return;
        };
        let measured = run.take_block(now, &mut self.recording, &mut self.timers, planar, channels);
        run.drop_unkept();
        // A level after Stop would look as if the microphone were still on.
        if !run.intake.is_open() {
            return;
        }
        let is_forgotten = run.idle_countdown() == Some(0);
        let limit_secs = run.idle.limit_secs();
        if let Some(reading) = measured.reading {
            self.emit(Event::Level(reading));
        }
        match measured.silence {
            Some(true) => self.emit(Event::Problem(Problem::MicrophoneSilent)),
            Some(false) => self.emit(Event::Resolved(Problem::MicrophoneSilent)),
            None => {}
        }
        if is_forgotten {
            self.on_microphone_lost(now, Problem::IdleStopped { limit_secs });
        }
    }

    fn on_audio_ended(&mut self, now: Moment) {
        // Without a Stop before, the audio graph ended by itself.
        self.on_microphone_lost(now, Problem::MicrophoneLost);
        let Phase::Running(run) = &mut self.phase else {
            return;
        };
        run.end_intake(&mut self.timers);
    }

    fn on_wake(&mut self, now: Moment) {
        while let Some(timer) = self.timers.take_due(now) {
            match timer {
                Timer::FirstBlock => self.fail(Problem::NoSound),
                Timer::BlockWatchdog => self.check_blocks(now),
                Timer::AudioEnd => self.on_audio_ended(now),
                Timer::RetryWait => self.report_countdown(now),
                Timer::Reconnect => self.connect(now, Role::Live),
                Timer::GiveUp => self.fail(Problem::EndUnconfirmed),
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

    /// Checks whether blocks still arrive. One failed check is not enough: after a stall of this
    /// thread, the timer may fire before the waiting blocks are handled.
    fn check_blocks(&mut self, now: Moment) {
        let Phase::Running(run) = &mut self.phase else {
            return;
        };
        match &mut run.intake {
            Intake::Open { missed, .. } if *missed < BLOCK_WATCHDOG_MISSES => {
                *missed += 1;
                self.timers
                    .set(Timer::BlockWatchdog, now + BLOCK_WATCHDOG_INTERVAL);
            }
            _ => self.on_microphone_lost(now, Problem::MicrophonePaused),
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
