//! The state machine of a recording: the person's side, the microphone's, and time.

mod ending;
mod service;

use std::collections::VecDeque;
use std::time::Duration;

use inturn_protocol::TERMINATE;
use inturn_transcript::SessionEnd;

use super::console::Console;
use super::countdown::Countdown;
use super::exchange::{Attempt, Effect, Event, Input, State};
use super::intake::Intake;
use super::last_words::LastWords;
use super::link::Stage;
use super::reply;
use super::retry::Loss;
use super::run::Run;
use super::timers::{
    AUDIO_END, BLOCK_WATCHDOG_INTERVAL, BLOCK_WATCHDOG_MISSES, FIRST_BLOCK, LOOK, TOKEN, Timer,
    Timers,
};
use crate::Moment;
use crate::audio::{ChunkLength, Pipeline};
use crate::problem::Problem;
use crate::recording::{Recording, RecordingInfo};

/// The machine. It lives as long as the page and makes one recording at a time.
#[derive(Debug, Default)]
pub struct Recorder {
    phase: Phase,
    chunk: ChunkLength,
    /// The present recording, or the last one.
    recording: Recording,
    /// Sessions that began so far; the present one is the last.
    sessions: u32,
    /// Tries at a connection so far.
    attempts: u32,
    timers: Timers,
    effects: VecDeque<Effect>,
    /// What our server counts the present recording by, once there is a token.
    lease: Option<String>,
    console: Console,
    /// The wait that the shown problem asks for, from its beginning until the next recording.
    countdown: Option<Countdown>,
}

/// What is going on.
#[derive(Debug, Default)]
enum Phase {
    #[default]
    Idle,
    AwaitingMicrophone,
    Running(Box<Run>),
}

impl Recorder {
    /// A machine at rest, which sends chunks of this length.
    pub fn new(chunk: ChunkLength) -> Self {
        Self {
            chunk,
            ..Self::default()
        }
    }

    /// Changes the chunk length from the next recording on.
    pub fn set_chunk(&mut self, chunk: ChunkLength) {
        self.chunk = chunk;
    }

    /// Goes on from a recorder that was given up: with its last recording, and counting on from its
    /// sessions.
    pub fn restore(&mut self, recording: Recording, sessions: u32) {
        self.recording = recording;
        self.sessions = sessions;
    }

    /// The present recording, or the last one.
    pub fn recording(&self) -> &Recording {
        &self.recording
    }

    /// How much audio is kept, because the service has not settled its words.
    pub fn kept_audio(&self) -> Duration {
        match &self.phase {
            Phase::Running(run) => run.upload.kept(),
            Phase::Idle | Phase::AwaitingMicrophone => Duration::ZERO,
        }
    }

    /// Takes what happened at `now`. `now` must not go back.
    pub fn handle(&mut self, now: Moment, input: Input<'_>) {
        match input {
            Input::Record => self.record(),
            Input::Stop => self.stop(now),
            Input::Leave => self.leave(),
            Input::MicrophoneOpened { rate_hz, recording } => {
                self.microphone_opened(now, rate_hz, recording);
            }
            Input::MicrophoneFailed(failure) => {
                if matches!(self.phase, Phase::AwaitingMicrophone) {
                    self.fail(Problem::Microphone(failure));
                }
            }
            Input::MicrophoneLost => self.microphone_lost(now, Problem::MicrophoneLost),
            Input::Block { planar, channels } => self.block(now, planar, channels),
            Input::AudioEnded => self.audio_ended(now),
            Input::TokenReply {
                attempt,
                status,
                body,
            } => {
                self.token(now, attempt, reply::read(status, body));
            }
            Input::TokenFailed { attempt, failure } => self.token(now, attempt, Err(failure)),
            Input::SocketMessage { attempt, text } => self.message(now, attempt, text),
            Input::SocketClosed {
                attempt,
                code,
                reason,
            } => self.closed(attempt, code, reason),
            Input::Unsent { attempt, bytes } => self.unsent(now, attempt, bytes),
            Input::NetworkProbed { attempt, is_up } => self.probed(now, attempt, is_up),
            Input::Wake => self.wake(now),
        }
        self.pump(now);
        self.show_awaited();
    }

    /// The next thing to do, if any. To be asked until there is none after each input.
    pub fn next_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// When to say [`Input::Wake`], if nothing else happens before.
    pub fn next_wake(&self) -> Option<Moment> {
        self.timers.next()
    }

    fn record(&mut self) {
        if !matches!(self.phase, Phase::Idle) {
            return;
        }
        self.phase = Phase::AwaitingMicrophone;
        self.countdown = None;
        self.timers.stop(Timer::RetryWait);
        self.state(State::AwaitingMicrophone);
        self.effects.push_back(Effect::OpenMicrophone);
    }

    fn stop(&mut self, now: Moment) {
        match &mut self.phase {
            Phase::Idle => {}
            Phase::AwaitingMicrophone => {
                self.effects.push_back(Effect::CloseMicrophone);
                self.rest();
            }
            Phase::Running(run) => match std::mem::replace(&mut run.intake, Intake::Ended) {
                Intake::Silent(pipeline) | Intake::Open { pipeline, .. } => {
                    run.intake = Intake::Ending(pipeline);
                    self.timers.stop(Timer::FirstBlock);
                    self.timers.stop(Timer::BlockWatchdog);
                    self.timers.set(Timer::AudioEnd, now + AUDIO_END);
                    self.effects.push_back(Effect::CloseMicrophone);
                    let awaited = run.awaited;
                    self.state(State::Finishing(awaited));
                }
                Intake::Ending(_) | Intake::Ended => self.fail(Problem::CutShort),
            },
        }
    }

    /// There is no time to wait for anything: what is there goes out at once, and `Terminate` ends
    /// the session.
    fn leave(&mut self) {
        if let Phase::Idle = self.phase {
            return;
        }
        if let Phase::Running(run) = &mut self.phase {
            if run.intake.is_open() {
                self.effects.push_back(Effect::CloseMicrophone);
            }
            run.end_intake(&mut self.timers);
            if let Stage::Open(_) = run.link.stage {
                while let Some(frame) = run.upload.next_chunk_at_once(&mut run.link.feed) {
                    let attempt = run.link.attempt;
                    self.effects.push_back(Effect::SendAudio { attempt, frame });
                }
            }
        }
        self.end_session(SessionEnd::BrokenOff);
        self.release();
        self.rest();
    }

    fn microphone_opened(&mut self, now: Moment, rate_hz: u32, info: RecordingInfo) {
        if !matches!(self.phase, Phase::AwaitingMicrophone) {
            // Stop came first, and `CloseMicrophone` with it.
            return;
        }
        let Ok(pipeline) = Pipeline::new(rate_hz, self.chunk) else {
            self.fail(Problem::RateUnsupported(rate_hz));
            return;
        };
        let attempt = self.next_attempt();
        self.recording = Recording::new(info, rate_hz);
        self.phase = Phase::Running(Box::new(Run::new(Intake::Silent(pipeline), attempt)));
        self.timers.set(Timer::FirstBlock, now + FIRST_BLOCK);
        self.timers.set(Timer::Token, now + TOKEN);
        self.effects.push_back(Effect::FetchToken(attempt));
        self.event(Event::Began(info));
        self.state(State::Connecting);
    }

    /// What was captured is still transcribed.
    fn microphone_lost(&mut self, now: Moment, problem: Problem) {
        if matches!(&self.phase, Phase::Running(run) if run.intake.is_open()) {
            self.stop(now);
            self.event(Event::Problem(problem));
        }
    }

    fn block(&mut self, now: Moment, planar: &[f32], channels: usize) {
        let Phase::Running(run) = &mut self.phase else {
            return;
        };
        let reading = run.take_block(now, &mut self.recording, &mut self.timers, planar, channels);
        // What still comes after Stop must not look as if the microphone were on.
        if let (Some(reading), true) = (reading, run.intake.is_open()) {
            self.event(Event::Level(reading));
        }
    }

    fn audio_ended(&mut self, now: Moment) {
        // Without a Stop before it, the audio graph ended by itself.
        self.microphone_lost(now, Problem::MicrophoneLost);
        let Phase::Running(run) = &mut self.phase else {
            return;
        };
        run.end_intake(&mut self.timers);
        if run.upload.is_empty() && matches!(run.link.stage, Stage::Token | Stage::Opening(_)) {
            self.release();
            self.rest();
        }
    }

    fn wake(&mut self, now: Moment) {
        while let Some(timer) = self.timers.take_due(now) {
            match timer {
                Timer::Token => self.lose(Loss::TokenTimeout),
                Timer::Begin => self.lose(Loss::BeginTimeout),
                Timer::FirstBlock => self.fail(Problem::NoSound),
                Timer::BlockWatchdog => self.check_blocks(now),
                Timer::AudioEnd => self.audio_ended(now),
                // What is due is sent behind every input.
                Timer::Pace => {}
                // The shell says `Unsent` before each wake.
                Timer::SocketLook => self.timers.set(timer, now + LOOK),
                Timer::LongestWait => self.lose(Loss::EndTimeout),
                Timer::LastWords => self.ask_network(now),
                Timer::RetryWait => self.count_down(now),
            }
        }
    }

    /// One check alone proves nothing: after a standstill of this thread the timer may come before the
    /// blocks that wait.
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
            _ => self.microphone_lost(now, Problem::MicrophonePaused),
        }
    }

    /// The service has been silent behind `Terminate`: perhaps the network is down.
    fn ask_network(&mut self, now: Moment) {
        if let Phase::Running(run) = &mut self.phase
            && let Stage::Closing { wait, .. } = &mut run.link.stage
        {
            wait.has_been_silent(now, &mut self.timers);
            let attempt = run.link.attempt;
            self.effects.push_back(Effect::ProbeNetwork(attempt));
        }
    }

    fn unsent(&mut self, now: Moment, of: Attempt, bytes: u64) {
        let Phase::Running(run) = &mut self.phase else {
            return;
        };
        let link = &mut run.link;
        if link.attempt != of || !link.has_socket() {
            return;
        }
        link.unsent = bytes;
        if let Stage::Closing { wait, .. } = &mut link.stage {
            wait.unsent(now, bytes, &mut self.timers);
        }
    }

    fn probed(&mut self, now: Moment, of: Attempt, is_up: bool) {
        let Phase::Running(run) = &mut self.phase else {
            return;
        };
        if let Stage::Closing { wait, .. } = &mut run.link.stage
            && run.link.attempt == of
            && wait.probed(now, is_up, &mut self.timers)
        {
            self.lose(Loss::EndTimeout);
        }
    }

    /// Says what is awaited once the microphone is off, whenever that has changed.
    fn show_awaited(&mut self) {
        let Phase::Running(run) = &mut self.phase else {
            return;
        };
        let Some(awaited) = run.awaited() else {
            return;
        };
        if std::mem::replace(&mut run.awaited, awaited) != awaited {
            self.state(State::Finishing(awaited));
        }
    }

    fn count_down(&mut self, now: Moment) {
        let Some(countdown) = &self.countdown else {
            return;
        };
        let secs = countdown.secs_left(now);
        let next = countdown.next_second(now);
        self.timers.set_or_stop(Timer::RetryWait, next);
        self.event(Event::RetryWait(secs));
    }

    /// Sends what may be sent, and `Terminate` behind the last of it.
    fn pump(&mut self, now: Moment) {
        let Phase::Running(run) = &mut self.phase else {
            return;
        };
        let link = &mut run.link;
        let Stage::Open(session) = link.stage else {
            return;
        };
        let attempt = link.attempt;
        while let Some(frame) = run.upload.next_chunk(&mut link.feed, now) {
            self.effects.push_back(Effect::SendAudio { attempt, frame });
        }
        let next = run.upload.next_at(&link.feed);
        self.timers.set_or_stop(Timer::Pace, next);
        if matches!(run.intake, Intake::Ended) && run.upload.is_sent(&link.feed) {
            let wait = LastWords::new(now, link.unreported(), &mut self.timers);
            link.stage = Stage::Closing { session, wait };
            self.effects.push_back(terminate(attempt));
        }
    }

    fn next_attempt(&mut self) -> Attempt {
        self.attempts += 1;
        Attempt(self.attempts)
    }

    fn state(&mut self, state: State) {
        self.event(Event::State(state));
    }

    fn event(&mut self, event: Event) {
        self.effects.push_back(Effect::Event(event));
    }

    fn log(&mut self, text: &str) {
        self.effects.push_back(self.console.line(text));
    }

    fn log_once(&mut self, name: &str, text: &str) {
        self.effects.extend(self.console.once(name, text));
    }
}

fn terminate(attempt: Attempt) -> Effect {
    let text = TERMINATE.to_owned();
    Effect::SendControl { attempt, text }
}
