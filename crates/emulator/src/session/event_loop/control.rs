//! The client's control messages.

use std::time::Duration;

use inturn_protocol::{ClientMessage, ClientMessageError, MAX_MESSAGE_BYTES, UpdateConfiguration};

use super::Session;
use crate::{
    parameters::languages,
    refusal::Refusal,
    session::{ending::Ending, heartbeat::HeartbeatClock},
};

impl Session {
    /// Handles a control message.
    pub(super) fn on_control(&mut self, text: &str) -> Result<(), Ending> {
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
            Some(true) if self.heartbeat.is_none() && !self.heartbeats_stopped => {
                let clock = HeartbeatClock::start(self.last_message, self.frames.audio_ms());
                self.heartbeat = Some(clock);
            }
            Some(false) => self.heartbeat = None,
            _ => {}
        }
        Ok(())
    }
}

/// Undocumented type that the service ignores: the vendor's benchmark sends it first in every
/// session, and the session works.
const IGNORED_TYPE: &str = "EndpointSilenceThreshold";
