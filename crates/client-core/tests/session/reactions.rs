//! The automatic reactions of the browser, the server and the service, by the script.

use std::time::Duration;

use inturn_client_core::session::{Attempt, Effect, Input};
use inturn_protocol::ClientMessage;

use super::{
    replies::{BEGIN, TERMINATION},
    script::{Scheduled, Uplink},
    story::{INFO, Story},
};

impl Story {
    pub(super) fn answer(&mut self, effect: &Effect) {
        match effect {
            Effect::OpenMicrophone(_) => match self.script.microphone {
                Some(Ok(rate_hz)) => self.at(Duration::ZERO, Scheduled::MicrophoneOpened(rate_hz)),
                Some(Err(failure)) => self.at(Duration::ZERO, Scheduled::MicrophoneFailed(failure)),
                None => {}
            },
            Effect::CloseMicrophone => {
                // A cancelled prompt gets no answer.
                self.events.retain(|_, event| {
                    !matches!(
                        event,
                        Scheduled::MicrophoneOpened(_) | Scheduled::MicrophoneFailed(_)
                    )
                });
                if let Some(after) = self.script.audio_end {
                    self.at(after, Scheduled::AudioEnded);
                }
            }
            Effect::FetchToken { attempt, .. } => {
                if let Some((after, reply)) = self.script.token.clone() {
                    self.at(after, Scheduled::Token(*attempt, reply));
                }
            }
            Effect::OpenSocket { attempt, .. } => {
                self.socket = *attempt;
                if let Some(after) = self.script.begin {
                    self.at(after, Scheduled::Begin(*attempt));
                }
            }
            Effect::SendAudio { attempt, frame } => {
                let left = self.drain_socket(*attempt) + frame.len() as f64;
                self.unsent.insert(attempt.0, (self.now, left));
            }
            Effect::SendControl { attempt, text }
                if ClientMessage::decode(text) == Ok(ClientMessage::Terminate) =>
            {
                let unsent = self.drain_socket(*attempt);
                let leaves = match self.script.uplink {
                    Uplink::Unlimited => Some(Duration::ZERO),
                    Uplink::Limited { bytes_per_second } => {
                        let secs = unsent / bytes_per_second as f64;
                        Duration::try_from_secs_f64(secs).ok()
                    }
                };
                if let (Some(leaves), Some(after)) = (leaves, self.script.termination) {
                    let message = Scheduled::Message(*attempt, TERMINATION.to_owned());
                    self.at(leaves + after, message);
                }
            }
            Effect::ProbeNetwork(attempt) => {
                if let Some(after) = self.script.probe {
                    self.at(after, Scheduled::Probed(*attempt));
                }
            }
            Effect::SendControl { .. }
            | Effect::Captured { .. }
            | Effect::CloseSocket(_)
            | Effect::ReportBegin { .. }
            | Effect::ReleaseLease(_)
            | Effect::Event(_)
            | Effect::Log(_) => {}
        }
    }

    fn at(&mut self, after: Duration, event: Scheduled) {
        self.scheduled += 1;
        self.events
            .insert((self.now + after, self.scheduled), event);
    }

    pub(super) fn fire(&mut self, event: &Scheduled) {
        match event {
            Scheduled::MicrophoneOpened(rate_hz) => {
                self.handle(Input::MicrophoneOpened {
                    rate_hz: *rate_hz,
                    recording: INFO,
                });
            }
            Scheduled::MicrophoneFailed(failure) => self.handle(Input::MicrophoneFailed(*failure)),
            Scheduled::AudioEnded => self.handle(Input::AudioEnded),
            Scheduled::Token(attempt, Ok((status, body))) => self.handle(Input::TokenReply {
                attempt: *attempt,
                status: *status,
                body,
            }),
            Scheduled::Token(attempt, Err(failure)) => self.handle(Input::TokenFailed {
                attempt: *attempt,
                failure: *failure,
            }),
            Scheduled::Begin(attempt) => self.handle(Input::SocketMessage {
                attempt: *attempt,
                text: BEGIN,
            }),
            Scheduled::Message(attempt, text) => self.handle(Input::SocketMessage {
                attempt: *attempt,
                text,
            }),
            Scheduled::Probed(attempt) => self.handle(Input::NetworkProbed {
                attempt: *attempt,
                is_up: true,
            }),
        }
    }

    /// Sends what the uplink of a socket can send until now. Returns the number of bytes left.
    pub(super) fn drain_socket(&mut self, socket: Attempt) -> f64 {
        let (since, unsent) = self.unsent.get(&socket.0).copied().unwrap_or_default();
        let sent = match self.script.uplink {
            _ if self.script.stuck == Some(socket) => 0.0,
            Uplink::Unlimited => unsent,
            Uplink::Limited { bytes_per_second } => {
                self.now.since(since).as_secs_f64() * bytes_per_second as f64
            }
        };
        let left = (unsent - sent).max(0.0);
        self.unsent.insert(socket.0, (self.now, left));
        left
    }
}
