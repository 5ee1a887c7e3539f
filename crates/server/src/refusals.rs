//! Refused requests. Any client can cause them, so all are counted but their log lines are limited.

use std::{array, num::NonZeroU32, time::Duration};

use crate::{
    logging::{Line, LineLimit},
    metrics::RefusalCounts,
    refusal_kind::RefusalKind,
};

/// Counts refusals, and limits their log lines.
pub(crate) struct RefusalLog {
    counts: RefusalCounts,
    limits: [LineLimit; RefusalKind::COUNT],
}

impl RefusalLog {
    pub(crate) fn new(counts: &RefusalCounts) -> Self {
        Self {
            counts: counts.clone(),
            limits: array::from_fn(|_| LineLimit::new(BURST, INTERVAL)),
        }
    }

    /// Counts a refusal. Returns `None` if it must not be logged, because of the limit.
    pub(crate) fn count(&self, kind: RefusalKind) -> Option<Line> {
        self.counts.add(kind);
        self.limits[kind as usize].line()
    }
}

/// More than people cause by mistake in a minute.
const BURST: NonZeroU32 = NonZeroU32::new(20).expect("is not zero");

/// With this interval, a day of floods of every kind logs less than 100 MB.
const INTERVAL: Duration = Duration::from_secs(3);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_one_kind_hides_no_other() {
        let counts = RefusalCounts::default();
        let log = RefusalLog::new(&counts);
        let logged = (0..10_000).filter(|_| log.count(RefusalKind::HostRefused).is_some());
        assert!((20..100).contains(&logged.count()));
        assert_eq!(counts.of(RefusalKind::HostRefused), 10_000);
        let line = log.count(RefusalKind::Service);
        assert_eq!(line, Some(Line { left_out: None }));
        assert_eq!(counts.of(RefusalKind::Service), 1);
    }
}
