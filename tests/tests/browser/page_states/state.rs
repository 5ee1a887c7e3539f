//! A state of the page, as values.

use inturn_client_core::session::Event;
use inturn_stored::StoredRecording;

/// A state of the page: what is on it, and how it got there.
pub(crate) struct PageState {
    /// Its name, for files and messages.
    pub(crate) name: &'static str,
    pub(super) start: Start,
    pub(super) events: Vec<Event>,
    /// A script that runs after the events.
    pub(super) script: &'static str,
    /// The recordings that are stored, with their files' names, before the page is loaded.
    pub(super) stored: Vec<(String, StoredRecording)>,
    /// A condition for the state, as a script.
    pub(super) shown: &'static str,
    /// Events that come then.
    pub(super) later: Vec<Event>,
}

/// How the page starts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Start {
    /// The module never arrives.
    Loading,
    /// Ready, with the notice about the local service.
    WithNotice,
    /// Ready, and the notice has been dismissed.
    Ready,
}

/// A page that is ready, and receives these events.
pub(super) fn with(name: &'static str, events: Vec<Event>) -> PageState {
    PageState {
        name,
        start: Start::Ready,
        events,
        script: "",
        stored: Vec::new(),
        shown: "true",
        later: Vec::new(),
    }
}
