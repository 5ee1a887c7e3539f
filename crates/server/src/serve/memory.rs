//! Returns the memory of closed connections to the system.
//!
//! glibc's allocator returns freed memory only from the end of its heap, and some small block there
//! is nearly always in use. After 4,000 connections it keeps nearly all of their memory: 45 MiB if
//! they sent nothing, 115 MiB or more if they sent requests. Allocators of other systems, such as
//! musl's, do better.

use std::time::Duration;

use super::connections::Connections;

/// Checks once a second whether many connections have closed, and returns their memory. Never ends.
pub(super) async fn trim_periodically(connections: &Connections) {
    let mut peak = Peak::default();
    loop {
        tokio::time::sleep(INTERVAL).await;
        let (open, most) = connections.take_peak();
        if peak.has_fallen(open, most) {
            // `malloc_trim` blocks for milliseconds: it locks the allocator and walks its lists.
            let trimmed = tokio::task::spawn_blocking(trim).await;
            if trimmed.is_err() {
                tracing::debug!("returning the memory of closed connections failed");
            }
        }
    }
}

/// The highest number of open connections since memory was last returned.
#[derive(Default)]
struct Peak(usize);

impl Peak {
    /// Returns `true` if many connections have closed: `open` are left, and up to `most` were open
    /// at once since the last call.
    fn has_fallen(&mut self, open: usize, most: usize) -> bool {
        self.0 = self.0.max(most);
        let has_fallen = self.0.saturating_sub(open) >= MANY;
        if has_fallen {
            self.0 = open;
        }
        has_fallen
    }
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(
    unsafe_code,
    reason = "malloc_trim is a C function that no crate wraps"
)]
fn trim() {
    // SAFETY: the function takes a number and may be called from any thread at any time:
    // https://man7.org/linux/man-pages/man3/malloc_trim.3.html
    unsafe { libc::malloc_trim(0) };
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn trim() {}

/// Short enough for an operator who watches the memory, and long enough to cost nothing.
const INTERVAL: Duration = Duration::from_secs(1);

/// 256 connections that sent requests take about 8 MiB; less is not worth the milliseconds.
const MANY: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_returned_once_after_many_connections_have_closed() {
        let mut peak = Peak::default();
        let calls = [
            (1, 1, false),
            (300, 300, false),
            (200, 300, false),
            // Opened and closed since the last call.
            (150, 450, true),
            (140, 150, false),
            (0, 140, false),
            (0, MANY, true),
            (0, 0, false),
        ];
        for (open, most, returns) in calls {
            assert_eq!(peak.has_fallen(open, most), returns, "{open} {most}");
        }
    }
}
