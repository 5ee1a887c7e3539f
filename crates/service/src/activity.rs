//! When calls to the service are likely.

use std::time::Duration;

use tokio::{sync::watch, time::Instant};

/// When calls are likely, and when the last one was made.
pub(crate) struct Activity(pub(crate) watch::Sender<Times>);

#[derive(Clone, Copy)]
pub(crate) struct Times {
    pub(crate) likely_until: Instant,
    pub(crate) last_call: Option<Instant>,
}

impl Activity {
    pub(crate) fn none() -> Self {
        Self(watch::Sender::new(Times {
            likely_until: Instant::now(),
            last_call: None,
        }))
    }

    /// Notes a call that begins now. More are likely.
    pub(crate) fn note_call(&self) {
        let now = Instant::now();
        self.0.send_replace(Times {
            likely_until: now + LIKELY_TIME,
            last_call: Some(now),
        });
    }
}

/// How long a call is likely after a page was opened or a token requested: 45 short calls. A page
/// that has been open for longer may be forgotten, and its next recording waits for a connection.
pub(crate) const LIKELY_TIME: Duration = Duration::from_secs(30 * 60);
