//! One session, from the upgrade to the closed socket.

mod link;

use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use inturn_protocol::{
    Begin, ClientMessage, Configuration, Family, Heartbeat, ServerMessage, Termination,
    UpdateConfiguration, Warning,
};
use tokio::sync::mpsc;

use crate::admission::Admission;
use crate::ears::{Ears, Heard};
use crate::emulator::Service;
use crate::faults::{Cue, Fault, SessionFaults};
use crate::forms::{FormSettings, Forms};
use crate::frames::FrameGate;
use crate::record::Recording;
use crate::refusal::Refusal;
use crate::session_log::{Closed, ClosedBy, LoggedError, SessionLog};
use crate::turns::{TurnEvent, TurnPolicy};
use link::Link;

/// What is known of a session before its socket is open.
pub(crate) struct Opening {
    pub(crate) id: String,
    pub(crate) number: u64,
    pub(crate) faults: Vec<Fault>,
    pub(crate) admission: Result<Admission, Refusal>,
}

/// Serves one socket until it is closed, and completes its log and its files.
pub(crate) async fn run(service: Service, socket: WebSocket, opening: Opening) {
    let Opening {
        id,
        number,
        faults,
        admission,
    } = opening;
    let faults = SessionFaults::new(faults);
    let opened = service.clock.now();
    let mut log = SessionLog {
        id: id.clone(),
        number,
        opened_at_ms: millis(service.clock.unix()),
        accepted: admission.is_ok(),
        ..SessionLog::default()
    };
    if let Ok(admission) = &admission {
        log.speech_model = admission.parameters.model().as_str().to_owned();
        log.sample_rate = admission.parameters.rate_hz();
        log.encoding = admission.encoding.as_str().to_owned();
    }
    let key = service.logs.open(log);
    let mut link = Link::new(socket, faults.extra_fields);
    let (ending, recording) = match admission {
        Err(refusal) => (Ending::Refused(refusal), None),
        Ok(admission) => match Session::new(&service, key, opened, id, faults, admission).await {
            Err(refusal) => (Ending::Refused(refusal), None),
            Ok(mut session) => {
                let ending = session.serve(&mut link).await;
                (ending, session.recording)
            }
        },
    };
    let error = ending.error();
    // The meter stops here: how long a client takes to answer the close is not billed.
    let billed = (service.clock.now() - opened).as_secs_f64().ceil() as u64;
    let closed_at_ms = millis(service.clock.unix());
    let closed = close(&service, link, ending).await;
    let complete = |log: &mut SessionLog| {
        log.closed_at_ms = Some(closed_at_ms);
        log.billed_seconds = Some(billed);
        log.closed = Some(closed);
        log.error = error;
    };
    // The files first: whoever sees the log closed may go and read them.
    if let (Some(recording), Some(mut log)) = (recording, service.logs.read(key)) {
        complete(&mut log);
        if let Err(error) = recording.finish(&log).await {
            tracing::error!(session = log.id, %error, "the session's recording could not be completed");
        }
        service.logs.write(key, |kept| *kept = log);
    } else {
        service.logs.write(key, complete);
    }
}

/// How a session came to its end.
enum Ending {
    /// By `Terminate`; the close is said unless a fault forbids it.
    Ended { close: bool },
    /// By an error of the client's, or a fault.
    Refused(Refusal),
    /// The connection is to be dropped as it is.
    Cut,
    /// The emulator stops.
    Stopped,
    /// The client sent a close frame, or none and went away.
    ByClient(Closed),
}

impl Ending {
    fn error(&self) -> Option<LoggedError> {
        match self {
            Self::Refused(Refusal {
                code,
                text: Some(text),
            }) => Some(LoggedError {
                code: *code,
                text: text.clone(),
            }),
            _ => None,
        }
    }
}

async fn close(service: &Service, mut link: Link, ending: Ending) -> Closed {
    let by_emulator = |code: u16, reason: &str| Closed {
        by: ClosedBy::Emulator,
        code: Some(code),
        reason: reason.to_owned(),
    };
    let closed = match ending {
        Ending::ByClient(closed) => {
            link.answer_close().await;
            return closed;
        }
        Ending::Cut => {
            return Closed {
                by: ClosedBy::Emulator,
                code: None,
                reason: String::new(),
            };
        }
        Ending::Ended { close: false } => {
            tokio::select! {
                closed = link.closed_by_client() => return closed,
                () = service.stopping() => by_emulator(1001, ""),
            }
        }
        Ending::Ended { close: true } => by_emulator(1000, SESSION_ENDED),
        Ending::Stopped => by_emulator(1001, ""),
        Ending::Refused(Refusal {
            code,
            text: Some(text),
        }) => {
            link.error(code, &text).await;
            by_emulator(code, SEE_ERROR)
        }
        Ending::Refused(Refusal { code, text: None }) => by_emulator(code, ""),
    };
    let frame = CloseFrame {
        code: closed.code.unwrap_or(1000),
        reason: closed.reason.as_str().into(),
    };
    link.close(frame).await;
    closed
}

/// A session that was let in.
struct Session {
    service: Service,
    key: u64,
    id: String,
    opened: Duration,
    admission: Admission,
    faults: SessionFaults,
    gate: FrameGate,
    policy: TurnPolicy,
    forms: Forms,
    ears: Ears,
    heard: mpsc::UnboundedReceiver<Heard>,
    recording: Option<Recording>,
    begun: bool,
    silent: bool,
    /// When `Terminate` came.
    terminated: bool,
    /// When what is left may be told.
    finish_at: Option<Duration>,
    last_message: Duration,
    heartbeat: Option<HeartbeatClock>,
}

struct HeartbeatClock {
    next: Duration,
    audio_ms_before: u64,
}

/// What the session waits for.
enum Event {
    Message(Option<Result<Message, axum::Error>>),
    Heard(Option<Heard>),
    Timer,
    Stopping,
}

impl Session {
    async fn new(
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
        let forms = Forms::new(FormSettings {
            family: policy.family,
            format_turns: parameters.format_turns == Some(true),
            form: service.formatted_form,
            partials: parameters
                .include_partial_turns
                .unwrap_or(parameters.redact_pii != Some(true)),
            late_formatted_end: faults.late_formatted_end,
            empty_final: faults.empty_final,
        });
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
        let heartbeat =
            (admission.parameters.session_heartbeat == Some(true)).then_some(HeartbeatClock {
                next: opened + HEARTBEAT_EVERY,
                audio_ms_before: 0,
            });
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
            forms,
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

    async fn serve(&mut self, link: &mut Link) -> Ending {
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
            self.ears.finish();
        }
        if self.begun {
            self.beat(link, now).await?;
        }
        Ok(())
    }

    async fn begin(&mut self, link: &mut Link) -> Result<(), Ending> {
        self.begun = true;
        self.service.logs.write(self.key, |log| log.begun = true);
        let parameters = &self.admission.parameters;
        let model = parameters.model();
        let universal_3 = model.family() == Family::Universal3;
        let mode = parameters.mode.map_or("balanced", |mode| match mode {
            inturn_protocol::TurnMode::MinLatency => "min_latency",
            inturn_protocol::TurnMode::Balanced => "balanced",
            inturn_protocol::TurnMode::MaxAccuracy => "max_accuracy",
        });
        let age = self.service.clock.now() - self.opened;
        let begin = Begin {
            id: self.id.clone(),
            expires_at: (self.service.clock.unix() - age).as_secs()
                + u64::from(self.admission.session_secs),
            configuration: Some(Configuration {
                model: Some(model.as_str().to_owned()),
                mode: universal_3.then(|| mode.to_owned()),
                api_version: Some(self.admission.api_version.clone()),
                speaker_labels: parameters.speaker_labels == Some(true),
                redact_pii: parameters.redact_pii == Some(true),
                filter_profanity: parameters.filter_profanity == Some(true),
                domain: parameters.domain.clone(),
                voice_focus: parameters.voice_focus.map(|focus| match focus {
                    inturn_protocol::VoiceFocus::NearField => "near-field".to_owned(),
                    inturn_protocol::VoiceFocus::FarField => "far-field".to_owned(),
                }),
            }),
        };
        self.send(link, &ServerMessage::Begin(begin)).await?;
        if STILLBORN_MODELS.contains(&model.as_str()) {
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
            None | Some(Err(_)) => Err(Ending::ByClient(link::lost())),
            Some(Ok(Message::Close(frame))) => Err(Ending::ByClient(link::closed(frame))),
            // The library answers pings by itself.
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(()),
            Some(Ok(Message::Binary(frame))) => self.audio(link, &frame).await,
            Some(Ok(Message::Text(text))) => self.control(&text),
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
        if text.len() > inturn_protocol::MAX_MESSAGE_BYTES {
            return Err(Ending::Refused(Refusal::too_big(text.len())));
        }
        let message = ClientMessage::decode(text)
            .map_err(|error| Ending::Refused(Refusal::message(&error)))?;
        let kind = match &message {
            ClientMessage::Terminate => "Terminate",
            ClientMessage::ForceEndpoint => "ForceEndpoint",
            ClientMessage::KeepAlive => "KeepAlive",
            ClientMessage::UpdateConfiguration(_) => "UpdateConfiguration",
        };
        self.service.logs.write(self.key, |log| {
            *log.control_messages.entry(kind.to_owned()).or_default() += 1;
        });
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

    fn update(&mut self, change: &UpdateConfiguration) -> Result<(), Ending> {
        self.policy
            .update(change)
            .map_err(|name| Ending::Refused(Refusal::setting(name)))?;
        self.ears.set_policy(self.policy.clone());
        if let Some(format_turns) = change.format_turns {
            self.forms.set_format_turns(format_turns);
        }
        match change.session_heartbeat {
            Some(true) if self.heartbeat.is_none() => {
                self.heartbeat = Some(HeartbeatClock {
                    next: self.last_message + HEARTBEAT_EVERY,
                    audio_ms_before: self.gate.audio_ms(),
                });
            }
            Some(false) => self.heartbeat = None,
            _ => {}
        }
        Ok(())
    }

    async fn tell(&mut self, link: &mut Link, event: TurnEvent) -> Result<(), Ending> {
        let ended = matches!(event, TurnEvent::End { .. });
        let flushed = event == TurnEvent::Flushed;
        let messages: Vec<ServerMessage> = self.forms.tell(event).collect();
        for message in &messages {
            self.send(link, message).await?;
        }
        if ended {
            self.service.logs.write(self.key, |log| log.turns += 1);
        }
        if flushed && !self.faults.no_termination && !self.silent {
            let open = self.service.clock.now() - self.opened;
            let termination = ServerMessage::Termination(Termination {
                audio_duration_seconds: self.gate.audio_ms() / 1_000,
                session_duration_seconds: open.as_secs_f64().ceil() as u64,
            });
            self.send(link, &termination).await?;
            return Err(Ending::Ended {
                close: !self.faults.no_close,
            });
        }
        Ok(())
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
                    self.send_raw(link, r#"{"type":"Aurora","brightness":3,"words":{}}"#)
                        .await?;
                }
                Cue::MalformedMessage => {
                    self.send_raw(link, r#"{"type":"Turn","turn_order":"#)
                        .await?;
                }
                Cue::Warning { code, text } => {
                    let warning = Warning {
                        warning_code: code,
                        warning: text,
                    };
                    self.send(link, &ServerMessage::Warning(warning)).await?;
                }
            }
        }
        Ok(())
    }

    async fn beat(&mut self, link: &mut Link, now: Duration) -> Result<(), Ending> {
        let audio_ms = self.gate.audio_ms();
        let Some(heartbeat) = &mut self.heartbeat else {
            return Ok(());
        };
        if now < heartbeat.next {
            return Ok(());
        }
        let since = now + HEARTBEAT_EVERY - heartbeat.next;
        let gained_ms = (audio_ms - heartbeat.audio_ms_before) as f64;
        heartbeat.next = now + HEARTBEAT_EVERY;
        heartbeat.audio_ms_before = audio_ms;
        let message = ServerMessage::Heartbeat(Heartbeat {
            total_audio_received_ms: audio_ms,
            total_duration_ms: millis(now - self.opened),
            realtime_factor: gained_ms / since.as_secs_f64() / 1_000.0,
            max_speech_probability: 0.0,
        });
        self.send(link, &message).await
    }

    async fn send(&mut self, link: &mut Link, message: &ServerMessage) -> Result<(), Ending> {
        if self.silent {
            return Ok(());
        }
        link.send(message).await.map_err(Ending::ByClient)
    }

    async fn send_raw(&mut self, link: &mut Link, text: &str) -> Result<(), Ending> {
        if self.silent {
            return Ok(());
        }
        link.send_text(text.to_owned())
            .await
            .map_err(Ending::ByClient)
    }

    fn begin_at(&self) -> Duration {
        let delay = self
            .faults
            .begin_delay_ms
            .map_or(self.service.limits.begin_delay, Duration::from_millis);
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

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// The service's reason for every close that an `Error` comes before.
const SEE_ERROR: &str = "See Error message for details";
/// And for the one after `Termination`.
const SESSION_ENDED: &str = "Session Ended";
/// Wall time between heartbeats, as the service has it.
const HEARTBEAT_EVERY: Duration = Duration::from_secs(5);
/// Listed by the service in autumn 2026, but their sessions died right after `Begin`.
const STILLBORN_MODELS: [&str; 2] = ["u3-rt-agent", "universal-3-7-preview"];
