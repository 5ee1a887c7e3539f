//! What happens between an accepted socket and its end: messages in, messages out, timers.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::Message;
use inturn_protocol::{
    ClientMessage, ClientMessageError, MAX_MESSAGE_BYTES, ServerMessage, Termination,
    UpdateConfiguration, Warning,
};
use tokio::sync::mpsc;

use super::begin;
use super::ending::Ending;
use super::heartbeat::HeartbeatClock;
use super::link::{self, Link};
use super::outbox::Outgoing;
use super::reports::Reports;
use crate::admission::Admission;
use crate::ears::{Ears, Heard};
use crate::faults::{Cue, Said, SessionFaults};
use crate::frames::FrameGate;
use crate::parameters::languages;
use crate::record::Recording;
use crate::refusal::Refusal;
use crate::service::Service;
use crate::turns::{TurnEvent, TurnPolicy};

/// A session that was let in, until it ends.
pub(super) struct Course {
    service: Service,
    key: u64,
    id: String,
    opened: Duration,
    admission: Admission,
    faults: SessionFaults,
    gate: FrameGate,
    policy: TurnPolicy,
    reports: Reports,
    ears: Ears,
    heard: mpsc::UnboundedReceiver<Heard>,
    pub(super) recording: Option<Recording>,
    begun: bool,
    silent: bool,
    terminated: bool,
    /// When what is left may be told.
    finish_at: Option<Duration>,
    last_message: Duration,
    heartbeat: Option<HeartbeatClock>,
}

/// What the session waits for.
enum Event {
    Message(Option<Result<Message, axum::Error>>),
    Heard(Option<Heard>),
    Timer,
    Stopping,
}

impl Course {
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
        let reports = Reports::new(parameters, policy.family, service.formatted_form, &faults);
        let permit = admission.permit.take();
        let (ears, heard) = Ears::open(&service.recogniser, rate_hz, policy.clone(), permit)
            .map_err(|_| Refusal::cancelled())?;
        let recording = match &service.record_dir {
            None => None,
            Some(folder) => match Recording::start(folder, &id, rate_hz).await {
                Ok(recording) => Some(recording),
                Err(error) => {
                    tracing::error!(session = id, %error, "the session cannot be recorded");
                    None
                }
            },
        };
        let heartbeat = (admission.parameters.session_heartbeat == Some(true))
            .then(|| HeartbeatClock::start(opened, 0));
        Ok(Self {
            gate: FrameGate::new(
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
            reports,
            ears,
            heard,
            recording,
            begun: false,
            silent: false,
            terminated: false,
            finish_at: None,
            last_message: opened,
            heartbeat,
        })
    }

    pub(super) async fn serve(&mut self, link: &mut Link) -> Ending {
        loop {
            if let Err(ending) = self.timers(link).await {
                return ending;
            }
            let service = Arc::clone(&self.service);
            let next_timer = self.next_timer();
            let event = tokio::select! {
                biased;
                () = service.stopping() => Event::Stopping,
                // Begin comes first, so what is heard before waits for it.
                heard = self.heard.recv(), if self.begun => Event::Heard(heard),
                message = link.next() => Event::Message(message),
                () = service.clock.until(next_timer) => Event::Timer,
            };
            let step = match event {
                Event::Stopping => Err(Ending::Stopped),
                Event::Timer => Ok(()),
                Event::Heard(Some(Ok(event))) => self.tell(link, event).await,
                Event::Heard(Some(Err(error))) => {
                    tracing::error!(session = self.id, error, "the recogniser is lost");
                    Err(Ending::Refused(Refusal::cancelled()))
                }
                Event::Heard(None) => Err(Ending::Refused(Refusal::cancelled())),
                Event::Message(message) => self.message(link, message).await,
            };
            if let Err(ending) = step {
                return ending;
            }
        }
    }

    /// The next moment at which something happens by itself.
    fn next_timer(&self) -> Option<Duration> {
        let timers = [
            (!self.begun && !self.faults.no_begin).then(|| self.begin_at()),
            self.finish_at,
            self.reports.next_due(),
            self.inactive_at(),
            Some(self.expires_at()),
            self.heartbeat
                .as_ref()
                .filter(|_| self.begun)
                .map(|heartbeat| heartbeat.next),
        ];
        timers.into_iter().flatten().min()
    }

    async fn timers(&mut self, link: &mut Link) -> Result<(), Ending> {
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
            self.begin(link).await?;
        }
        if self.finish_at.is_some_and(|at| now >= at) {
            self.finish_at = None;
            self.reports.finish(now);
            self.ears.finish();
        }
        self.send_due(link, now).await?;
        if self.begun {
            self.beat(link, now).await?;
        }
        Ok(())
    }

    async fn begin(&mut self, link: &mut Link) -> Result<(), Ending> {
        self.begun = true;
        self.service.logs.write(self.key, |log| log.begun = true);
        let age = self.service.clock.now() - self.opened;
        let opened_unix = self.service.clock.unix() - age;
        if let Some(text) = self.faults.replace_begin.take() {
            self.send_raw(link, Said::Text(text)).await?;
        } else {
            let begin = begin::message(&self.id, opened_unix, &self.admission);
            self.send(link, &ServerMessage::Begin(begin)).await?;
        }
        if begin::is_stillborn(&self.admission.parameters.model()) {
            return Err(Ending::Refused(Refusal::cancelled()));
        }
        self.cues(link).await
    }

    async fn message(
        &mut self,
        link: &mut Link,
        message: Option<Result<Message, axum::Error>>,
    ) -> Result<(), Ending> {
        if let Some(Ok(Message::Binary(_) | Message::Text(_))) = message {
            self.last_message = self.service.clock.now();
        }
        match message {
            None => Err(Ending::ByClient(link::lost())),
            Some(Err(error)) => Err(match link::size_if_too_large(&error) {
                Some(size) => Ending::Refused(Refusal::too_big(size)),
                None => Ending::ByClient(link::lost()),
            }),
            Some(Ok(Message::Close(frame))) => Err(Ending::ByClient(link::closed(frame))),
            // The library answers pings by itself.
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(()),
            Some(Ok(Message::Binary(frame))) => self.audio(link, &frame).await,
            Some(Ok(Message::Text(text))) => match self.control(&text) {
                Err(Ending::Refused(refusal)) if !self.terminated => {
                    let service = Arc::clone(&self.service);
                    let due = self.last_message + service.delays.bad_message;
                    tokio::select! {
                        () = service.clock.until(Some(due)) => Err(Ending::Refused(refusal)),
                        () = service.stopping() => Err(Ending::Stopped),
                    }
                }
                other => other,
            },
        }
    }

    async fn audio(&mut self, link: &mut Link, frame: &[u8]) -> Result<(), Ending> {
        if self.terminated {
            self.service
                .logs
                .write(self.key, |log| log.frames.after_terminate += 1);
            return Ok(());
        }
        let samples = self
            .gate
            .admit(frame, self.last_message)
            .map_err(Ending::Refused)?;
        let gate = &self.gate;
        self.service.logs.write(self.key, |log| {
            log.frames.note(frame.len());
            log.frames.short = gate.short_count();
            log.audio_ms = gate.audio_ms();
            log.samples = gate.samples();
        });
        if let Some(recording) = &mut self.recording
            && let Err(error) = recording.write(&samples).await
        {
            tracing::error!(session = self.id, %error, "the session's audio cannot be written");
            self.recording = None;
        }
        self.ears.audio(samples);
        self.cues(link).await
    }

    fn control(&mut self, text: &str) -> Result<(), Ending> {
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
            ClientMessage::ForceEndpoint => self.ears.force_end(),
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
        self.ears.set_policy(self.policy.clone());
        if let Some(format_turns) = change.format_turns {
            self.reports.set_format_turns(format_turns);
        }
        match change.session_heartbeat {
            Some(true) if self.heartbeat.is_none() => {
                let clock = HeartbeatClock::start(self.last_message, self.gate.audio_ms());
                self.heartbeat = Some(clock);
            }
            Some(false) => self.heartbeat = None,
            _ => {}
        }
        Ok(())
    }

    async fn tell(&mut self, link: &mut Link, event: TurnEvent) -> Result<(), Ending> {
        let flushed = event == TurnEvent::Flushed;
        let now = self.service.clock.now();
        if flushed || !self.faults.no_turns {
            if matches!(event, TurnEvent::End { .. }) {
                self.service.logs.write(self.key, |log| log.turns += 1);
            }
            self.reports.push(event, now, &self.service.delays);
        }
        if flushed && !self.faults.no_termination && !self.silent {
            self.reports.push_termination(now, &self.service.delays);
        }
        self.send_due(link, now).await
    }

    async fn send_due(&mut self, link: &mut Link, now: Duration) -> Result<(), Ending> {
        while let Some(outgoing) = self.reports.pop(now) {
            let Outgoing::Message(message) = outgoing else {
                return self.say_termination(link).await;
            };
            self.send(link, &message).await?;
        }
        Ok(())
    }

    async fn say_termination(&mut self, link: &mut Link) -> Result<(), Ending> {
        let open = self.service.clock.now() - self.opened;
        let termination = ServerMessage::Termination(Termination {
            audio_duration_seconds: self.gate.audio_ms() / 1_000,
            session_duration_seconds: open.as_secs_f64().ceil() as u64,
        });
        self.send(link, &termination).await?;
        Err(Ending::Ended {
            close: !self.faults.no_close,
        })
    }

    /// Does what the faults have in store for this much audio.
    async fn cues(&mut self, link: &mut Link) -> Result<(), Ending> {
        while self.begun
            && let Some(cue) = self.faults.next_cue(self.gate.audio_ms())
        {
            match cue {
                Cue::Cut => return Err(Ending::Cut),
                Cue::Close(refusal) => return Err(Ending::Refused(refusal)),
                Cue::Silent => self.silent = true,
                Cue::UnknownMessage => {
                    let text = r#"{"type":"Aurora","brightness":3,"words":{}}"#.to_owned();
                    self.send_raw(link, Said::Text(text)).await?;
                }
                Cue::MalformedMessage => {
                    let text = r#"{"type":"Turn","turn_order":"#.to_owned();
                    self.send_raw(link, Said::Text(text)).await?;
                }
                Cue::Warning { code, text } => {
                    let warning = Warning {
                        warning_code: code,
                        warning: text,
                    };
                    self.send(link, &ServerMessage::Warning(warning)).await?;
                }
                Cue::Say(said) => self.send_raw(link, said).await?,
            }
        }
        Ok(())
    }

    async fn beat(&mut self, link: &mut Link, now: Duration) -> Result<(), Ending> {
        let audio_ms = self.gate.audio_ms();
        let open = now - self.opened;
        let beat = self
            .heartbeat
            .as_mut()
            .and_then(|clock| clock.beat(now, open, audio_ms));
        match beat {
            Some(beat) => self.send(link, &ServerMessage::Heartbeat(beat)).await,
            None => Ok(()),
        }
    }

    async fn send(&mut self, link: &mut Link, message: &ServerMessage) -> Result<(), Ending> {
        if self.silent {
            return Ok(());
        }
        link.send(message).await.map_err(Ending::ByClient)
    }

    async fn send_raw(&mut self, link: &mut Link, said: Said) -> Result<(), Ending> {
        if self.silent {
            return Ok(());
        }
        let frame = match said {
            Said::Text(text) => Message::Text(text.into()),
            Said::Bytes(bytes) => Message::Binary(bytes.into()),
        };
        link.send_frame(frame).await.map_err(Ending::ByClient)
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

/// A vendor's own benchmark sends it first in every session and gets its figures all the same.
const IGNORED_TYPE: &str = "EndpointSilenceThreshold";
