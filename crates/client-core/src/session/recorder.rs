//! The state machine of a recording: the person's side, the microphone's, and time.

mod service;

use std::collections::VecDeque;

use inturn_protocol::TERMINATE;

use super::closures::{NO_CLOSE_FRAME, classify};
use super::console::Console;
use super::countdown::Countdown;
use super::deadlines::{AUDIO_END, FIRST_BLOCK, LAPSE, LAPSES, TOKEN};
use super::exchange::{Attempt, Effect, Input};
use super::last_words::{LastWords, Verdict};
use super::reply;
use super::run::{Intake, Link, Run};
use crate::Moment;
use crate::audio::{ChunkLength, Pipeline};
use crate::problem::{Problem, TokenFailure};
use crate::turns::{Transcript, TurnKey};
use crate::view::{ProblemView, StateView, TurnView, ViewChange};

/// The machine. It lives as long as the page and makes one recording at a time.
#[derive(Debug, Default)]
pub struct Recorder {
    state: State,
    chunk: ChunkLength,
    transcript: Transcript,
    /// Sessions that began so far; the present one is the last.
    sessions: u32,
    /// Tries at a connection so far.
    attempts: u32,
    effects: VecDeque<Effect>,
    /// What our server counts the present recording by, once there is a token.
    recording: Option<String>,
    console: Console,
    /// The wait that the shown problem asks for, from its beginning until the next recording.
    countdown: Option<Countdown>,
}

/// What is going on. Reconnecting will be a third kind of [`Link`], between two sessions.
#[derive(Debug, Default)]
enum State {
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

    /// Counts on from this many sessions: those of a recorder that was given up.
    pub fn set_sessions(&mut self, sessions: u32) {
        self.sessions = sessions;
    }

    /// Takes what happened at `now`. `now` must not go back.
    pub fn handle(&mut self, now: Moment, input: Input<'_>) {
        match input {
            Input::Record => self.record(),
            Input::Stop => self.stop(now),
            Input::Leave => self.leave(),
            Input::MicrophoneOpened { rate_hz } => self.microphone_opened(now, rate_hz),
            Input::MicrophoneFailed(failure) => {
                if matches!(self.state, State::AwaitingMicrophone) {
                    self.fail(&Problem::Microphone(failure));
                }
            }
            Input::MicrophoneLost => self.microphone_lost(now, &Problem::MicrophoneLost),
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
        self.show_finishing();
    }

    /// The next thing to do, if any. To be asked until there is none after each input.
    pub fn next_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// When to say [`Input::Wake`], if nothing else happens before.
    pub fn next_wake(&self) -> Option<Moment> {
        let State::Running(run) = &self.state else {
            return self.countdown.as_ref().map(Countdown::next);
        };
        let intake = run.intake.until();
        let link = match &run.link {
            Link::Open { .. } => run.outbox.next_at(),
            link => link.until(),
        };
        intake.into_iter().chain(link).min()
    }

    fn record(&mut self) {
        if !matches!(self.state, State::Idle) {
            return;
        }
        self.state = State::AwaitingMicrophone;
        self.countdown = None;
        self.view(ViewChange::ProblemCleared);
        self.view(ViewChange::State(StateView::awaiting_microphone()));
        self.effects.push_back(Effect::OpenMicrophone);
    }

    fn stop(&mut self, now: Moment) {
        match &mut self.state {
            State::Idle => {}
            State::AwaitingMicrophone => {
                self.effects.push_back(Effect::CloseMicrophone);
                self.rest();
            }
            State::Running(run) => match std::mem::replace(&mut run.intake, Intake::Ended) {
                Intake::Silent { pipeline, .. } | Intake::Open { pipeline, .. } => {
                    run.intake = Intake::Ending {
                        pipeline,
                        until: now + AUDIO_END,
                    };
                    self.effects.push_back(Effect::CloseMicrophone);
                    self.view(ViewChange::State(StateView::finishing()));
                }
                Intake::Ending { .. } | Intake::Ended => self.fail(&Problem::CutShort),
            },
        }
    }

    /// There is no time to wait for anything: what is there goes out at once, and `Terminate` stops
    /// the meter.
    fn leave(&mut self) {
        if let State::Idle = self.state {
            return;
        }
        if let State::Running(run) = &mut self.state {
            if run.intake.is_open() {
                self.effects.push_back(Effect::CloseMicrophone);
            }
            run.end_intake();
            if let Link::Open { .. } = run.link {
                while let Some(chunk) = run.outbox.pop_at_once() {
                    self.effects.push_back(Effect::SendAudio(chunk));
                }
            }
        }
        self.settle(false);
        self.release();
        self.rest();
    }

    fn microphone_opened(&mut self, now: Moment, rate_hz: u32) {
        if !matches!(self.state, State::AwaitingMicrophone) {
            // Stop came first; the microphone was told to close by then.
            return;
        }
        let Ok(pipeline) = Pipeline::new(rate_hz, self.chunk) else {
            self.fail(&Problem::RateUnsupported(rate_hz));
            return;
        };
        let attempt = self.next_attempt();
        let intake = Intake::Silent {
            pipeline,
            until: now + FIRST_BLOCK,
        };
        let link = Link::Token {
            attempt,
            until: now + TOKEN,
        };
        self.state = State::Running(Box::new(Run::new(rate_hz, intake, link)));
        self.effects.push_back(Effect::FetchToken(attempt));
        self.view(ViewChange::State(StateView::connecting()));
    }

    /// What was captured is still transcribed.
    fn microphone_lost(&mut self, now: Moment, problem: &Problem) {
        if matches!(&self.state, State::Running(run) if run.intake.is_open()) {
            self.stop(now);
            self.show_problem(problem);
        }
    }

    fn block(&mut self, now: Moment, planar: &[f32], channels: usize) {
        let State::Running(run) = &mut self.state else {
            return;
        };
        let meter = run.take_block(now, planar, channels);
        // What still comes after Stop must not look as if the microphone were on.
        if let (Some(meter), true) = (meter, run.intake.is_open()) {
            self.view(ViewChange::Meter(meter));
        }
    }

    fn audio_ended(&mut self, now: Moment) {
        // If nobody asked for it, the audio graph ended by itself.
        self.microphone_lost(now, &Problem::MicrophoneLost);
        let State::Running(run) = &mut self.state else {
            return;
        };
        run.end_intake();
        let nothing_was_captured = run.outbox.is_empty();
        if nothing_was_captured && matches!(run.link, Link::Token { .. } | Link::Opening { .. }) {
            self.release();
            self.rest();
        }
    }

    fn wake(&mut self, now: Moment) {
        self.count_down(now);
        if let State::Running(run) = &mut self.state
            && run.intake.until().is_some_and(|until| until <= now)
        {
            match &mut run.intake {
                Intake::Silent { .. } => self.fail(&Problem::NoSound),
                // One look alone proves nothing: after a standstill of this thread the timer may
                // come before the blocks that wait.
                Intake::Open { until, missed, .. } if *missed < LAPSES => {
                    *missed += 1;
                    *until = now + LAPSE;
                }
                Intake::Open { .. } => self.microphone_lost(now, &Problem::MicrophonePaused),
                _ => self.audio_ended(now),
            }
        }
        let State::Running(run) = &mut self.state else {
            return;
        };
        if run.link.until().is_none_or(|until| now < until) {
            return;
        }
        let problem = match &mut run.link {
            Link::Token { .. } => Problem::Token(TokenFailure::TimedOut),
            Link::Opening { .. } => Problem::NoBegin,
            Link::Open { .. } => return,
            Link::Closing { attempt, wait, .. } => match wait.wake(now) {
                Verdict::Wait => return,
                Verdict::Probe => {
                    self.effects.push_back(Effect::ProbeNetwork(*attempt));
                    return;
                }
                Verdict::GiveUp => Problem::EndUnconfirmed,
            },
        };
        self.give_up(problem);
    }

    /// Nothing that was awaited has come.
    fn give_up(&mut self, problem: Problem) {
        let State::Running(run) = &self.state else {
            return;
        };
        // An error that no close followed says more than the silence behind it.
        let problem = match &run.error {
            Some(error) => Problem::Closed(classify(error, NO_CLOSE_FRAME, "")),
            None => problem,
        };
        self.fail(&problem);
    }

    fn unsent(&mut self, now: Moment, of: Attempt, bytes: u64) {
        let State::Running(run) = &mut self.state else {
            return;
        };
        if run.link.socket() != Some(of) {
            return;
        }
        run.unsent = bytes;
        if let Link::Closing { wait, .. } = &mut run.link {
            wait.unsent(now, bytes);
        }
    }

    fn probed(&mut self, now: Moment, of: Attempt, is_up: bool) {
        let State::Running(run) = &mut self.state else {
            return;
        };
        if let Link::Closing { attempt, wait, .. } = &mut run.link
            && *attempt == of
            && wait.probed(now, is_up) == Verdict::GiveUp
        {
            self.give_up(Problem::EndUnconfirmed);
        }
    }

    /// Shows what is awaited once the microphone is off, whenever that has changed.
    fn show_finishing(&mut self) {
        let State::Running(run) = &mut self.state else {
            return;
        };
        let Some(view) = run.finishing() else {
            return;
        };
        let old = std::mem::replace(&mut run.finishing, view);
        if view != old {
            self.view(ViewChange::State(view.state(old)));
        }
    }

    fn count_down(&mut self, now: Moment) {
        let Some(countdown) = &mut self.countdown else {
            return;
        };
        if now < countdown.next() {
            return;
        }
        let left = countdown.tick(now);
        let view = countdown.view(left);
        if left.is_none() {
            self.countdown = None;
        }
        self.view(ViewChange::Problem(view));
    }

    /// Sends what may be sent, and `Terminate` behind the last of it.
    fn pump(&mut self, now: Moment) {
        let State::Running(run) = &mut self.state else {
            return;
        };
        let Link::Open {
            attempt,
            session,
            family,
        } = run.link
        else {
            return;
        };
        while let Some(chunk) = run.outbox.pop(now) {
            run.sent += chunk.len() as u64;
            self.effects.push_back(Effect::SendAudio(chunk));
        }
        if matches!(run.intake, Intake::Ended) && run.outbox.is_empty() {
            run.link = Link::Closing {
                attempt,
                session,
                family,
                wait: LastWords::new(now, run.unreported()),
            };
            self.effects.push_back(terminate());
        }
    }

    /// Ends the recording with a problem: microphone off, session terminated, text kept.
    fn fail(&mut self, problem: &Problem) {
        self.settle(false);
        self.release();
        self.show_problem(problem);
        self.rest();
    }

    /// As [`Self::fail`], when nothing can be said to the service any more.
    fn lost_socket(&mut self, problem: &Problem) {
        self.settle(false);
        self.release_microphone();
        self.show_problem(problem);
        self.rest();
    }

    /// Gives back the microphone and the socket, with `Terminate` where a session may be on.
    fn release(&mut self) {
        self.release_microphone();
        let State::Running(run) = &self.state else {
            return;
        };
        match run.link {
            Link::Token { .. } => {}
            Link::Opening { .. } | Link::Open { .. } => {
                self.effects.push_back(terminate());
                self.effects.push_back(Effect::CloseSocket);
            }
            Link::Closing { .. } => self.effects.push_back(Effect::CloseSocket),
        }
    }

    fn release_microphone(&mut self) {
        let on = match &self.state {
            State::Idle => false,
            State::AwaitingMicrophone => true,
            State::Running(run) => run.intake.is_open(),
        };
        if on {
            self.effects.push_back(Effect::CloseMicrophone);
        }
    }

    /// Settles the present session's open turns and shows them so.
    fn settle(&mut self, clean: bool) {
        let State::Running(run) = &self.state else {
            return;
        };
        let Some((session, _)) = run.link.session() else {
            return;
        };
        for key in self.transcript.settle(session, clean) {
            self.show_turn(key);
        }
    }

    fn rest(&mut self) {
        self.state = State::Idle;
        let recording = self.recording.take();
        self.end_recording(recording);
        self.view(ViewChange::State(StateView::idle()));
    }

    /// Gives back what our server counts, if it does.
    fn end_recording(&mut self, recording: Option<String>) {
        self.effects.extend(recording.map(Effect::EndRecording));
    }

    fn next_attempt(&mut self) -> Attempt {
        self.attempts += 1;
        Attempt(self.attempts)
    }

    fn show_turn(&mut self, key: TurnKey) {
        if let Some(row) = self.transcript.row(key) {
            let turn = TurnView::new(key, row);
            self.view(ViewChange::Turn(turn));
        }
    }

    fn show_problem(&mut self, problem: &Problem) {
        self.view(ViewChange::Problem(ProblemView::new(problem)));
    }

    fn view(&mut self, change: ViewChange) {
        self.effects.push_back(Effect::View(change));
    }

    fn note(&mut self, text: &str) {
        self.effects.push_back(self.console.line(text));
    }

    fn note_once(&mut self, name: &str, text: &str) {
        self.effects.extend(self.console.once(name, text));
    }
}

fn terminate() -> Effect {
    Effect::SendControl(TERMINATE.to_owned())
}
