//! The event loop of an accepted session: receives messages, sends messages, runs timers.

use std::{sync::Arc, time::Duration};

use axum::extract::ws::Message;
use inturn_protocol::{
    ClientMessage, ClientMessageError, MAX_MESSAGE_BYTES, ServerMessage, Termination,
    UpdateConfiguration, Warning,
};
use tokio::sync::mpsc;

use super::{
    begin,
    client_socket::{self, ClientSocket},
    ending::Ending,
    heartbeat::HeartbeatClock,
    outbox::Outgoing,
    turn_messages::TurnMessages,
};
use crate::{
    admission::Admission,
    audio_recorder::AudioRecorder,
    faults::{RawFrame, SessionFaults, TimedFault},
    frames::FrameValidator,
    parameters::languages,
    recogniser_task::{EngineResult, RecogniserTask},
    refusal::Refusal,
    service::Service,
    turns::{TurnEvent, TurnPolicy},
};

/// An accepted session.
pub(super) struct Session {
    service: Service,
    key: u64,
    id: String,
    opened: Duration,
    admission: Admission,
    faults: SessionFaults,
    frames: FrameValidator,
    policy: TurnPolicy,
    messages: TurnMessages,
    recogniser: RecogniserTask,
    turn_events: mpsc::UnboundedReceiver<EngineResult>,
    pub(super) recorder: Option<AudioRecorder>,
    begun: bool,
    /// Fault: nothing is sent any more.
    silent: bool,
    terminated: bool,
    /// When the last turn is ended after `Terminate`.
    finish_at: Option<Duration>,
    last_message: Duration,
    heartbeat: Option<HeartbeatClock>,
}

/// Event that the loop waits for.
enum Event {
    Message(Option<Result<Message, axum::Error>>),
    Turn(Option<EngineResult>),
    Timer,
    Stopping,
}

impl Session {
    /// Starts the session, or returns the fault that refuses it.
    pub(super) async fn new(
        service: &Service,
        key: u64,
        opened: Duration,
        id: String,
        faults: SessionFaults,
        mut admission: Admission,
    ) -> Result<Self, Refusal> {
        if let Some(refusal) = &faults.refuse {
            return Err(refusal.clone());
        }
        let parameters = &admission.parameters;
        let rate_hz = parameters.rate_hz();
        let policy = TurnPolicy::new(parameters);
        let messages =
            TurnMessages::new(parameters, policy.family, service.formatted_form, &faults);
        let permit = admission.permit.take();
        let (recogniser, turn_events) =
            RecogniserTask::open(&service.recogniser, rate_hz, policy.clone(), permit)
                .map_err(|_| Refusal::cancelled())?;
        let recorder = match &service.record_dir {
            None => None,
            Some(folder) => match AudioRecorder::start(folder, &id, rate_hz).await {
                Ok(recorder) => Some(recorder),
                Err(error) => {
                    tracing::error!(session = id, %error, "cannot create the session's record");
                    None
                }
            },
        };
        let heartbeat = (admission.parameters.session_heartbeat == Some(true))
            .then(|| HeartbeatClock::start(opened, 0));
        Ok(Self {
            frames: FrameValidator::new(
                admission.encoding,
                rate_hz,
                service.limits.short_frame_allowance_ms,
            ),
            service: Arc::clone(service),
            key,
            id,
            opened,
            admission,
            faults,
            policy,
            messages,
            recogniser,
            turn_events,
            recorder,
            begun: false,
            silent: false,
            terminated: false,
            finish_at: None,
            last_message: opened,
            heartbeat,
        })
    }

    /// Runs the session until it ends.
    pub(super) async fn serve(&mut self, socket: &mut ClientSocket) -> Ending {
        loop {
            if let Err(ending) = self.run_timers(socket).await {
                return ending;
            }
            let service = Arc::clone(&self.service);
            let next_timer = self.next_timer();
            let event = tokio::select! {
                biased;
                () = service.stopping() => Event::Stopping,
                // Turn events wait until `Begin` is sent.
                event = self.turn_events.recv(), if self.begun => Event::Turn(event),
                message = socket.next() => Event::Message(message),
                () = service.clock.sleep_until(next_timer) => Event::Timer,
            };
            let result = match event {
                Event::Stopping => Err(Ending::Stopped),
                Event::Timer => Ok(()),
                Event::Turn(Some(Ok(event))) => self.on_turn_event(socket, event).await,
                Event::Turn(Some(Err(error))) => {
                    tracing::error!(session = self.id, error, "the recogniser failed");
                    Err(Ending::Refused(Refusal::cancelled()))
                }
                Event::Turn(None) => Err(Ending::Refused(Refusal::cancelled())),
                Event::Message(message) => self.on_message(socket, message).await,
            };
            if let Err(ending) = result {
                return ending;
            }
        }
    }

    /// Returns the time of the next timer.
    fn next_timer(&self) -> Option<Duration> {
        let timers = [
            (!self.begun && !self.faults.no_begin).then(|| self.begin_at()),
            self.finish_at,
            self.messages.next_due(),
            self.inactive_at(),
            Some(self.expires_at()),
            self.heartbeat
                .as_ref()
                .filter(|_| self.begun)
                .map(|heartbeat| heartbeat.next),
        ];
        timers.into_iter().flatten().min()
    }

    /// Does everything that is due now.
    async fn run_timers(&mut self, socket: &mut ClientSocket) -> Result<(), Ending> {
        let now = self.service.clock.now();
        if now >= self.expires_at() {
            return Err(Ending::Refused(Refusal::session_expired()));
        }
        if self.inactive_at().is_some_and(|at| now >= at) {
            let secs = self
                .admission
                .parameters
                .inactivity_timeout
                .unwrap_or_default();
            return Err(Ending::Refused(Refusal::inactivity(secs)));
        }
        if !self.begun && !self.faults.no_begin && now >= self.begin_at() {
            self.send_begin(socket).await?;
        }
        if self.finish_at.is_some_and(|at| now >= at) {
            self.finish_at = None;
            self.messages.finish(now);
            self.recogniser.finish();
        }
        self.send_due(socket, now).await?;
        if self.begun {
            self.send_heartbeat(socket, now).await?;
        }
        Ok(())
    }

    async fn send_begin(&mut self, socket: &mut ClientSocket) -> Result<(), Ending> {
        self.begun = true;
        self.service.logs.write(self.key, |log| log.begun = true);
        let age = self.service.clock.now() - self.opened;
        let opened_unix = self.service.clock.unix() - age;
        if let Some(text) = self.faults.replace_begin.take() {
            self.send_raw(socket, RawFrame::Text(text)).await?;
        } else {
            let begin = begin::message(&self.id, opened_unix, &self.admission);
            self.send(socket, &ServerMessage::Begin(begin)).await?;
        }
        if begin::fails_after_begin(&self.admission.parameters.model()) {
            return Err(Ending::Refused(Refusal::cancelled()));
        }
        self.run_timed_faults(socket).await
    }

    async fn on_message(
        &mut self,
        socket: &mut ClientSocket,
        message: Option<Result<Message, axum::Error>>,
    ) -> Result<(), Ending> {
        if let Some(Ok(Message::Binary(_) | Message::Text(_))) = message {
            self.last_message = self.service.clock.now();
        }
        match message {
            None => Err(Ending::ByClient(client_socket::lost())),
            Some(Err(error)) => Err(match client_socket::size_if_too_large(&error) {
                Some(size) => Ending::Refused(Refusal::too_big(size)),
                None => Ending::ByClient(client_socket::lost()),
            }),
            Some(Ok(Message::Close(frame))) => {
                Err(Ending::ByClient(client_socket::closed_by_client(frame)))
            }
            // The library answers pings.
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(()),
            Some(Ok(Message::Binary(frame))) => self.on_audio(socket, &frame).await,
            Some(Ok(Message::Text(text))) => match self.on_control(&text) {
                Err(Ending::Refused(refusal)) if !self.terminated => {
                    let service = Arc::clone(&self.service);
                    let due = self.last_message + service.delays.bad_message;
                    tokio::select! {
                        () = service.clock.sleep_until(Some(due)) => Err(Ending::Refused(refusal)),
                        () = service.stopping() => Err(Ending::Stopped),
                    }
                }
                other => other,
            },
        }
    }

    async fn on_audio(&mut self, socket: &mut ClientSocket, frame: &[u8]) -> Result<(), Ending> {
        if self.terminated {
            self.service
                .logs
                .write(self.key, |log| log.frames.after_terminate += 1);
            return Ok(());
        }
        let samples = self
            .frames
            .validate(frame, self.last_message)
            .map_err(Ending::Refused)?;
        let frames = &self.frames;
        self.service.logs.write(self.key, |log| {
            log.frames.add(frame.len());
            log.frames.short = frames.short_count();
            log.audio_ms = frames.audio_ms();
            log.samples = frames.samples();
        });
        if let Some(recorder) = &mut self.recorder
            && let Err(error) = recorder.write(&samples).await
        {
            tracing::error!(session = self.id, %error, "cannot write the session's record");
            self.recorder = None;
        }
        self.recogniser.audio(samples);
        self.run_timed_faults(socket).await
    }

    fn on_control(&mut self, text: &str) -> Result<(), Ending> {
        if text.len() > MAX_MESSAGE_BYTES {
            return Err(Ending::Refused(Refusal::too_big(text.len())));
        }
        let message = match ClientMessage::decode(text) {
            Err(ClientMessageError::UnknownType(kind)) if kind == IGNORED_TYPE => {
                self.count_control(&kind);
                return Ok(());
            }
            other => other.map_err(|error| Ending::Refused(Refusal::message(&error)))?,
        };
        let kind = match &message {
            ClientMessage::Terminate => "Terminate",
            ClientMessage::ForceEndpoint => "ForceEndpoint",
            ClientMessage::KeepAlive => "KeepAlive",
            ClientMessage::UpdateConfiguration(_) => "UpdateConfiguration",
        };
        self.count_control(kind);
        match message {
            ClientMessage::KeepAlive => {}
            ClientMessage::ForceEndpoint => self.recogniser.force_end(),
            ClientMessage::UpdateConfiguration(change) => self.update(&change)?,
            ClientMessage::Terminate if self.terminated => {}
            ClientMessage::Terminate => {
                self.terminated = true;
                self.service
                    .logs
                    .write(self.key, |log| log.terminated = true);
                if let Some(refusal) = self.faults.close_on_terminate.take() {
                    return Err(Ending::Refused(refusal));
                }
                let hold = Duration::from_millis(self.faults.hold_final_ms);
                self.finish_at = Some(self.last_message + hold);
            }
        }
        Ok(())
    }

    fn count_control(&self, kind: &str) {
        self.service.logs.write(self.key, |log| {
            *log.control_messages.entry(kind.to_owned()).or_default() += 1;
        });
    }

    fn update(&mut self, change: &UpdateConfiguration) -> Result<(), Ending> {
        if let Some(codes) = &change.language_codes {
            languages::check(codes, &self.admission.parameters.model()).map_err(Ending::Refused)?;
        }
        self.policy
            .update(change)
            .map_err(|name| Ending::Refused(Refusal::setting(name)))?;
        self.recogniser.set_policy(self.policy.clone());
        if let Some(format_turns) = change.format_turns {
            self.messages.set_format_turns(format_turns);
        }
        match change.session_heartbeat {
            Some(true) if self.heartbeat.is_none() => {
                let clock = HeartbeatClock::start(self.last_message, self.frames.audio_ms());
                self.heartbeat = Some(clock);
            }
            Some(false) => self.heartbeat = None,
            _ => {}
        }
        Ok(())
    }

    async fn on_turn_event(
        &mut self,
        socket: &mut ClientSocket,
        event: TurnEvent,
    ) -> Result<(), Ending> {
        let flushed = event == TurnEvent::Flushed;
        let now = self.service.clock.now();
        if flushed || !self.faults.no_turns {
            if matches!(event, TurnEvent::End { .. }) {
                self.service.logs.write(self.key, |log| log.turns += 1);
            }
            self.messages.push(event, now, &self.service.delays);
        }
        if flushed && !self.faults.no_termination && !self.silent {
            self.messages.push_termination(now, &self.service.delays);
        }
        self.send_due(socket, now).await
    }

    async fn send_due(&mut self, socket: &mut ClientSocket, now: Duration) -> Result<(), Ending> {
        while let Some(outgoing) = self.messages.pop(now) {
            let Outgoing::Message(message) = outgoing else {
                return self.send_termination(socket).await;
            };
            self.send(socket, &message).await?;
        }
        Ok(())
    }

    async fn send_termination(&mut self, socket: &mut ClientSocket) -> Result<(), Ending> {
        let open = self.service.clock.now() - self.opened;
        let termination = ServerMessage::Termination(Termination {
            audio_duration_seconds: self.frames.audio_ms() / 1_000,
            session_duration_seconds: open.as_secs_f64().ceil() as u64,
        });
        self.send(socket, &termination).await?;
        Err(Ending::Terminated {
            close: !self.faults.no_close,
        })
    }

    /// Runs the faults that are due after the audio so far.
    async fn run_timed_faults(&mut self, socket: &mut ClientSocket) -> Result<(), Ending> {
        while self.begun
            && let Some(fault) = self.faults.next_timed(self.frames.audio_ms())
        {
            match fault {
                TimedFault::Cut => return Err(Ending::Cut),
                TimedFault::Close(refusal) => return Err(Ending::Refused(refusal)),
                TimedFault::Silent => self.silent = true,
                TimedFault::UnknownMessage => {
                    let text = r#"{"type":"Aurora","brightness":3,"words":{}}"#.to_owned();
                    self.send_raw(socket, RawFrame::Text(text)).await?;
                }
                TimedFault::MalformedMessage => {
                    let text = r#"{"type":"Turn","turn_order":"#.to_owned();
                    self.send_raw(socket, RawFrame::Text(text)).await?;
                }
                TimedFault::Warning { code, text } => {
                    let warning = Warning {
                        warning_code: code,
                        warning: text,
                    };
                    self.send(socket, &ServerMessage::Warning(warning)).await?;
                }
                TimedFault::Send(frame) => self.send_raw(socket, frame).await?,
            }
        }
        Ok(())
    }

    async fn send_heartbeat(
        &mut self,
        socket: &mut ClientSocket,
        now: Duration,
    ) -> Result<(), Ending> {
        let audio_ms = self.frames.audio_ms();
        let open = now - self.opened;
        let heartbeat = self
            .heartbeat
            .as_mut()
            .and_then(|clock| clock.take_due(now, open, audio_ms));
        match heartbeat {
            Some(heartbeat) => {
                self.send(socket, &ServerMessage::Heartbeat(heartbeat))
                    .await
            }
            None => Ok(()),
        }
    }

    async fn send(
        &mut self,
        socket: &mut ClientSocket,
        message: &ServerMessage,
    ) -> Result<(), Ending> {
        if self.silent {
            return Ok(());
        }
        socket.send(message).await.map_err(Ending::ByClient)
    }

    async fn send_raw(&mut self, socket: &mut ClientSocket, frame: RawFrame) -> Result<(), Ending> {
        if self.silent {
            return Ok(());
        }
        let frame = match frame {
            RawFrame::Text(text) => Message::Text(text.into()),
            RawFrame::Bytes(bytes) => Message::Binary(bytes.into()),
        };
        socket.send_frame(frame).await.map_err(Ending::ByClient)
    }

    fn begin_at(&self) -> Duration {
        let delay = self
            .faults
            .begin_delay_ms
            .map_or(self.service.delays.begin, Duration::from_millis);
        self.opened + delay
    }

    fn inactive_at(&self) -> Option<Duration> {
        let secs = self.admission.parameters.inactivity_timeout?;
        Some(self.last_message + Duration::from_secs(u64::from(secs)))
    }

    fn expires_at(&self) -> Duration {
        self.opened + Duration::from_secs(u64::from(self.admission.session_secs))
    }
}

/// Undocumented type that the service ignores: the vendor's benchmark sends it first in every
/// session, and the session works.
const IGNORED_TYPE: &str = "EndpointSilenceThreshold";
