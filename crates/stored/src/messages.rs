//! The recorder's messages by their bytes: those that a document needs, and those that put a stored
//! recording back on the page. This costs a module less than the code for all messages.

use inturn_client_core::session::{Event, LevelReading, State};
use inturn_page_core::{
    Kind,
    messages::{ToPage, decode, encode},
};
use serde::Serialize;

/// Decodes a message for [`Follower`](inturn_page_core::Follower), and returns `None` for one that
/// it does not need.
pub fn decode_for_follower(message: &[u8]) -> Option<ToPage> {
    let event = match message {
        [READY] => return Some(ToPage::Ready),
        [EVENT, BEGAN, info @ ..] => Event::Began(decode(info)?),
        [EVENT, STATE, 0] => Event::State(State::Idle),
        [EVENT, CHANGED, change @ ..] => Event::Changed(decode(change)?),
        [EVENT, LEVEL, reading @ ..] => Event::Level(decode(reading)?),
        _ => return None,
    };
    Some(ToPage::Event(event))
}

/// Returns the recorder's message that is stored as this kind with this content; an empty one for a
/// title, which the recorder does not send.
pub fn message<T: Serialize>(kind: Kind, content: &T) -> Vec<u8> {
    let event = match kind {
        Kind::Began => BEGAN,
        Kind::Ended => STATE,
        Kind::Changed | Kind::Draft => CHANGED,
        Kind::Titled => return Vec::new(),
    };
    of_event(event, content)
}

/// Returns the message of a recorder that has started. The page answers with the highest number of
/// its sessions, and the recorder goes on from there.
pub(crate) fn ready_message() -> Vec<u8> {
    vec![READY]
}

/// Returns the recorder's message with a reading of the level meter.
pub(crate) fn level_message(reading: LevelReading) -> Vec<u8> {
    of_event(LEVEL, &reading)
}

fn of_event<T: Serialize>(event: u8, content: &T) -> Vec<u8> {
    // Encoding can't fail for these types.
    let content = encode(content).unwrap_or_default();
    [&[EVENT, event], content.as_slice()].concat()
}

// The numbers of the variants of `ToPage` …
const READY: u8 = 0;
const EVENT: u8 = 3;

// … and of `Event`.
const BEGAN: u8 = 0;
const STATE: u8 = 1;
const CHANGED: u8 = 2;
const LEVEL: u8 = 10;
