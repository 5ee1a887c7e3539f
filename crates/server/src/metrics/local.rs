//! Exports what the recogniser of the local service has done.

use std::fmt;

use inturn_emulator::Emulator;
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric, MetricEncoder},
    metrics::{MetricType, counter::ConstCounter, gauge::ConstGauge},
};

/// Reads the numbers of the local service when they are requested.
pub(super) struct LocalUsage(pub(super) Emulator);

impl fmt::Debug for LocalUsage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LocalUsage")
    }
}

impl Collector for LocalUsage {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let usage = self.0.usage();
        let labels = [("recogniser", self.0.recogniser().as_str())];
        let mut export = |name: &str, help: &str, metric: &dyn Export| {
            let mut family = encoder.encode_descriptor(name, help, None, metric.kind())?;
            metric.write(family.encode_family(&labels)?)
        };
        export(
            "local_sessions_open",
            "Open sessions of the local service",
            &ConstGauge::new(count(usage.sessions)),
        )?;
        // Without a limit there is no such line.
        if let Some(seats) = usage.seats {
            export(
                "local_sessions_limit",
                "Sessions of the local service that there can be at once",
                &ConstGauge::new(count(seats)),
            )?;
        }
        export(
            "local_sessions_refused",
            "Sessions of the local service that were refused because there were too many",
            &ConstCounter::new(usage.refused),
        )?;
        export(
            "local_audio_seconds",
            "Audio that the local service has recognised",
            &ConstCounter::new(usage.audio.as_secs_f64()),
        )?;
        export(
            "local_recogniser_seconds",
            "Time that the local service has taken to recognise audio",
            &ConstCounter::new(usage.busy.as_secs_f64()),
        )
    }
}

/// A metric of any type.
trait Export {
    fn kind(&self) -> MetricType;
    fn write(&self, encoder: MetricEncoder<'_>) -> fmt::Result;
}

impl<M: EncodeMetric> Export for M {
    fn kind(&self) -> MetricType {
        self.metric_type()
    }

    fn write(&self, encoder: MetricEncoder<'_>) -> fmt::Result {
        self.encode(encoder)
    }
}

/// There are far fewer sessions than this type can count.
fn count(sessions: usize) -> i64 {
    i64::try_from(sessions).unwrap_or(i64::MAX)
}
