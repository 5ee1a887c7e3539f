//! Kinds of messages that a fault selects.

use inturn_protocol::ServerMessage;
use serde::Deserialize;

/// A kind of messages: a `type` of the protocol, or one of the two kinds of `Turn`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum MessageKind {
    /// `Begin`.
    Begin,
    /// `SpeechStarted`.
    SpeechStarted,
    /// Every `Turn`.
    Turn,
    /// A `Turn` that is not the end of a turn.
    PartialTurn,
    /// A `Turn` that is the end of a turn.
    EndOfTurn,
    /// `Silence`.
    Silence,
    /// `SpeakerRevision`.
    SpeakerRevision,
    /// `Heartbeat`.
    Heartbeat,
    /// `Termination`.
    Termination,
}

/// Fault: messages of a kind are not sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MessageDrop {
    pub(crate) kind: MessageKind,
    pub(crate) after_audio_ms: u64,
    /// Number of messages that are still to be dropped; `None` is unlimited.
    pub(crate) remaining: Option<u64>,
}

impl MessageKind {
    fn includes(self, message: &ServerMessage) -> bool {
        match message {
            ServerMessage::Begin(_) => self == Self::Begin,
            ServerMessage::SpeechStarted(_) => self == Self::SpeechStarted,
            ServerMessage::Turn(turn) if turn.end_of_turn => {
                matches!(self, Self::Turn | Self::EndOfTurn)
            }
            ServerMessage::Turn(_) => matches!(self, Self::Turn | Self::PartialTurn),
            ServerMessage::Silence(_) => self == Self::Silence,
            ServerMessage::SpeakerRevision(_) => self == Self::SpeakerRevision,
            ServerMessage::Heartbeat(_) => self == Self::Heartbeat,
            ServerMessage::Termination(_) => self == Self::Termination,
            ServerMessage::Error(_)
            | ServerMessage::Warning(_)
            | ServerMessage::LlmGatewayResponse(_)
            | ServerMessage::Unknown(_)
            | ServerMessage::Ignored => false,
        }
    }
}

impl MessageDrop {
    /// Returns whether to drop this message, which would be sent at this position of the audio.
    /// Counts it if so.
    pub(crate) fn apply(&mut self, message: &ServerMessage, audio_ms: u64) -> bool {
        let applies = audio_ms >= self.after_audio_ms
            && self.remaining != Some(0)
            && self.kind.includes(message);
        if applies {
            self.remaining = self.remaining.map(|count| count - 1);
        }
        applies
    }
}
