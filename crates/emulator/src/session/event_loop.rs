//! The event loop of an accepted session: receives messages, sends messages, runs timers.

mod control;
mod sending;
mod timed_faults;

use std::{sync::Arc, time::Duration};

use axum::extract::ws::Message;
use tokio::sync::mpsc;

use super::{
    backlog::Backlog,
    client_socket::{self, ClientSocket},
    ending::Ending,
    heartbeat::HeartbeatClock,
    message_sender::MessageSender,
    turn_messages::TurnMessages,
};
use crate::{
    admission::Admission,
    audio_recorder::AudioRecorder,
    faults::SessionFaults,
    frames::FrameValidator,
    recogniser_task::RecogniserTask,
    refusal::Refusal,
    service::Service,
    turns::{EngineResult, TurnEvent, TurnPolicy},
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
    sender: MessageSender,
    backlog: Backlog,
    recogniser: RecogniserTask,
    turn_events: mpsc::UnboundedReceiver<EngineResult>,
    pub(super) recorder: Option<AudioRecorder>,
    begun: bool,
    /// Fault: nothing is read until then.
    stalled_until: Option<Duration>,
    terminated: bool,
    /// When the last turn is ended after `Terminate`.
    finish_at: Option<Duration>,
    last_message: Duration,
    heartbeat: Option<HeartbeatClock>,
    /// Fault: the client can't request heartbeats again.
    heartbeats_stopped: bool,
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
        mut faults: SessionFaults,
        mut admission: Admission,
    ) -> Result<Self, Refusal> {
        if let Some(refusal) = &faults.refuse {
            return Err(refusal.clone());
        }
        if let Some(cap_secs) = faults.session_cap_secs {
            admission.session_secs = admission.session_secs.min(cap_secs);
        }
        let parameters = &admission.parameters;
        let rate_hz = parameters.rate_hz();
        let policy = TurnPolicy::new(parameters).with_eager_partials(service.limits.eager_partials);
        let messages =
            TurnMessages::new(parameters, policy.family, service.formatted_form, &faults);
        let permit = admission.permit.take();
        let (recogniser, turn_events) = RecogniserTask::open(
            &service.recogniser,
            rate_hz,
            policy.clone(),
            permit,
            &service.usage,
        )
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
            policy,
            messages,
            sender: MessageSender::new(std::mem::take(&mut faults.drops)),
            faults,
            backlog: Backlog::new(service.delays.audio_second),
            recogniser,
            turn_events,
            recorder,
            begun: false,
            stalled_until: None,
            terminated: false,
            finish_at: None,
            last_message: opened,
            heartbeat,
            heartbeats_stopped: false,
        })
    }

    /// Runs the session until it ends.
    pub(super) async fn serve(&mut self, socket: &mut ClientSocket) -> Ending {
        let ending = self.run(socket).await;
        match ending {
            Ending::Refused(refusal) if self.sender.is_silent() => Ending::Refused(Refusal {
                text: None,
                ..refusal
            }),
            ending if ending.follows_messages() => self.send_rest(socket, ending).await,
            ending => ending,
        }
    }

    /// Runs the event loop.
    async fn run(&mut self, socket: &mut ClientSocket) -> Ending {
        loop {
            if let Err(ending) = self.run_timers(socket).await {
                return ending;
            }
            let service = Arc::clone(&self.service);
            let next_timer = self.next_timer();
            let is_reading = self.stalled_until.is_none();
            let event = tokio::select! {
                biased;
                () = service.stopping() => Event::Stopping,
                // Turn events wait until `Begin` is sent.
                event = self.turn_events.recv(), if self.begun => Event::Turn(event),
                message = socket.next(), if is_reading => Event::Message(message),
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
            self.finish_at.filter(|_| self.backlog.is_empty()),
            self.backlog.next_due(),
            self.messages.next_due(),
            self.sender.next_due(),
            self.stalled_until,
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
        if self.stalled_until.is_some_and(|at| now >= at) {
            self.stalled_until = None;
            // The client may have sent messages that were not read.
            self.last_message = now;
        }
        if self.inactive_at().is_some_and(|at| now >= at) {
            let secs = self
                .admission
                .parameters
                .inactivity_timeout
                .unwrap_or_default();
            return Err(Ending::Refused(Refusal::inactivity(secs)));
        }
        self.sender
            .send_due(socket, now)
            .await
            .map_err(Ending::ByClient)?;
        if !self.begun && !self.faults.no_begin && now >= self.begin_at() {
            self.send_begin(socket).await?;
        }
        self.process_backlog(now);
        if self.backlog.is_empty() && self.finish_at.is_some_and(|at| now >= at) {
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
        let rate_hz = self.admission.parameters.rate_hz();
        self.backlog.push(samples, rate_hz, self.last_message);
        self.process_backlog(self.last_message);
        self.run_timed_faults(socket).await
    }

    fn process_backlog(&mut self, now: Duration) {
        while let Some(samples) = self.backlog.pop(now) {
            self.recogniser.audio(samples);
        }
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
        if flushed && !self.faults.no_termination && !self.sender.is_silent() {
            self.messages.push_termination(now, &self.service.delays);
        }
        self.send_due(socket, now).await
    }

    fn begin_at(&self) -> Duration {
        let delay = self
            .faults
            .begin_delay_ms
            .map_or(self.service.delays.begin, Duration::from_millis);
        self.opened + delay
    }

    fn inactive_at(&self) -> Option<Duration> {
        if self.stalled_until.is_some() {
            return None;
        }
        let secs = self.admission.parameters.inactivity_timeout?;
        Some(self.last_message + Duration::from_secs(u64::from(secs)))
    }

    fn expires_at(&self) -> Duration {
        self.opened + Duration::from_secs(u64::from(self.admission.session_secs))
    }
}
