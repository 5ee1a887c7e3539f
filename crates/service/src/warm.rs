//! Keeping a connection open while calls are likely.
//!
//! A new connection takes two or three round trips to the service, and a recording waits for them:
//! its words come later. A pooled connection is closed when it has been idle for
//! [`POOL_IDLE_TIMEOUT`], which is shorter than most pauses between recordings.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::{
    activity::{LIKELY_TIME, Times},
    client::{CONNECT_TIMEOUT, ServiceClient},
    http::POOL_IDLE_TIMEOUT,
};

impl ServiceClient {
    /// Notes that a call is likely soon, for example because a person has opened a page that can
    /// record. [`keep_warm`](Self::keep_warm) then opens a connection.
    pub fn expect_call(&self) {
        self.activity()
            .0
            .send_modify(|times| times.likely_until = Instant::now() + LIKELY_TIME);
    }

    /// Keeps a connection open while calls are likely: for half an hour after the last
    /// [`expect_call`](Self::expect_call) or token. Makes a call without the key whenever there was
    /// none for `interval`, usually [`WARM_INTERVAL`]. Runs until it is dropped.
    pub async fn keep_warm(&self, interval: Duration) {
        let mut changes = self.activity().0.subscribe();
        // A call may be likely already.
        changes.mark_changed();
        // Fails only without a sender, and this client owns it.
        while changes.changed().await.is_ok() {
            loop {
                let Times {
                    likely_until,
                    last_call,
                } = *changes.borrow_and_update();
                let now = Instant::now();
                if now >= likely_until {
                    break;
                }
                let idle = last_call.map_or(interval, |at| now - at);
                if let Some(rest) = interval.checked_sub(idle).filter(|rest| !rest.is_zero()) {
                    sleep(rest).await;
                    continue;
                }
                self.activity()
                    .0
                    .send_modify(|times| times.last_call = Some(now));
                // A failure shows at the next call that matters, or at the readiness check.
                let _ = self.probe(CONNECT_TIMEOUT).await;
            }
        }
    }
}

/// Interval for [`ServiceClient::keep_warm`]: a connection that is idle for longer than
/// `POOL_IDLE_TIMEOUT` is closed, and a call takes up to [`CONNECT_TIMEOUT`].
pub const WARM_INTERVAL: Duration = Duration::from_secs(40);

const _: () =
    assert!(WARM_INTERVAL.as_secs() + CONNECT_TIMEOUT.as_secs() < POOL_IDLE_TIMEOUT.as_secs());
