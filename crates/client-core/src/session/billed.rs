//! The time for which the sessions of a recording were connected.

use std::time::Duration;

use super::{connection::ServiceConnection, io::Attempt};
use crate::Moment;

/// Adds up the time from the request for each socket to its close. Two sessions at the same time
/// count twice, because the service bills both.
#[derive(Debug, Default)]
pub(super) struct BilledTime {
    /// The sockets that are open, and when they were requested.
    open: Vec<(Attempt, Moment)>,
    /// The time of all sockets that are closed.
    closed: Duration,
    reported_secs: u32,
    reported_at: Moment,
}

impl BilledTime {
    /// Counts the sockets that were requested or closed at `now`.
    pub(super) fn update(&mut self, now: Moment, connections: &[ServiceConnection]) {
        let closed = &mut self.closed;
        self.open.retain(|(attempt, since)| {
            let is_open = connections.iter().any(|it| it.attempt == *attempt);
            if !is_open {
                *closed += now.since(*since);
            }
            is_open
        });
        for connection in connections.iter().filter(|it| it.has_socket()) {
            let attempt = connection.attempt;
            if self.open.iter().all(|it| it.0 != attempt) {
                self.open.push((attempt, now));
            }
        }
    }

    /// Returns the number of whole seconds if it has changed, at most once a second. The last
    /// number of a recording, with `is_over`, does not wait.
    pub(super) fn report(&mut self, now: Moment, is_over: bool) -> Option<u32> {
        let open = self.open.iter().map(|(_, since)| now.since(*since));
        let secs = (self.closed + open.sum()).as_secs() as u32;
        let is_due = is_over || now.since(self.reported_at) >= REPORT_INTERVAL;
        if secs == self.reported_secs || !is_due {
            return None;
        }
        self.reported_secs = secs;
        self.reported_at = now;
        Some(secs)
    }
}

/// The display counts in seconds.
const REPORT_INTERVAL: Duration = Duration::from_secs(1);
