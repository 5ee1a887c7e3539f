//! The events of a recording, and its transcript.

use std::{
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use futures_util::Stream;
use inturn_client_core::session::Event;
use inturn_transcript::Transcript;
use tokio::sync::mpsc;

use crate::source::OpenError;

/// The events of a recording. Applies each change to the transcript.
///
/// Events wait here until they are read, a few each second. Dropping this ends nothing.
#[derive(Debug)]
pub struct Events {
    items: mpsc::UnboundedReceiver<Item>,
    transcript: Transcript,
    source_error: Option<OpenError>,
    dropped: Duration,
}

/// What the recording passes on.
#[derive(Debug)]
pub(crate) enum Item {
    Event(Event),
    SourceError(OpenError),
    /// The system has dropped this much audio.
    Dropped(Duration),
}

impl Events {
    pub(crate) fn new(items: mpsc::UnboundedReceiver<Item>) -> Self {
        Self {
            items,
            transcript: Transcript::default(),
            source_error: None,
            dropped: Duration::ZERO,
        }
    }

    /// Returns the next event.
    ///
    /// [`Event::State`] with [`State::Idle`](crate::State::Idle) says that the recording is over.
    /// After it, `None` says that its connections are closed too. Cancel-safe.
    pub async fn next(&mut self) -> Option<Event> {
        poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }

    /// The transcript, with the changes of all events that were read.
    pub fn transcript(&self) -> &Transcript {
        &self.transcript
    }

    /// How much audio the system has dropped, as far as events were read: samples that were not
    /// read in time. Their time is part of the recording.
    pub fn dropped(&self) -> Duration {
        self.dropped
    }

    /// The last error of the source, as far as events were read: what is wrong with it, and what to
    /// do.
    pub fn source_error(&self) -> Option<&OpenError> {
        self.source_error.as_ref()
    }
}

impl Stream for Events {
    type Item = Event;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        loop {
            match ready!(self.items.poll_recv(cx)) {
                None => return Poll::Ready(None),
                Some(Item::SourceError(error)) => self.source_error = Some(error),
                Some(Item::Dropped(time)) => self.dropped = self.dropped.saturating_add(time),
                Some(Item::Event(event)) => {
                    match &event {
                        Event::Began(_) => self.transcript = Transcript::default(),
                        Event::Changed(change) => drop(self.transcript.apply(change)),
                        _ => {}
                    }
                    return Poll::Ready(Some(event));
                }
            }
        }
    }
}
