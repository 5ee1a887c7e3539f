//! Whether another library would be a better choice than our filter.

use inturn_bench_kit::Quality;
use inturn_bench_peers::Peer;

use super::{
    fidelity::{Measured, find},
    modules::Module,
};
use crate::report::Table;

/// Returns the peers that are better than ours (the first) in quality, delay and size at once, each
/// with the rate in hertz.
pub(super) fn better_at_once(
    peers: &[Peer],
    measured: &[Measured],
    modules: &[Option<Module>],
    rates_hz: &[u32],
) -> Vec<(usize, u32)> {
    let better = |&(peer, rate_hz): &(usize, u32)| {
        let (ours, its) = (find(measured, 0, rate_hz), find(measured, peer, rate_hz));
        is_as_good(&its.quality, &ours.quality)
            && its.delay.worst_ms < ours.delay.worst_ms
            && bytes(modules[peer]) < bytes(modules[0])
    };
    rates_hz
        .iter()
        .flat_map(|&rate_hz| (1..peers.len()).map(move |peer| (peer, rate_hz)))
        .filter(better)
        .collect()
}

/// Returns a table with a row for each peer: its worst values over the rates.
pub(super) fn table(
    peers: &[Peer],
    measured: &[Measured],
    modules: &[Option<Module>],
    rates_hz: &[u32],
) -> Table {
    let better = better_at_once(peers, measured, modules, rates_hz);
    let rows = peers.iter().enumerate().map(|(peer, described)| {
        let all = || {
            rates_hz
                .iter()
                .map(|&rate_hz| find(measured, peer, rate_hz))
        };
        let worst = |of: fn(&Measured) -> f64| all().map(of).fold(f64::MIN, f64::max);
        let good = all().filter(|it| meets_goals(&it.quality)).count();
        let module = modules[peer].map_or_else(
            || "not on wasm".to_owned(),
            |it| {
                format!(
                    "{:.1} ({:.1})",
                    it.brotli_bytes as f64 / 1e3,
                    it.bytes as f64 / 1e3
                )
            },
        );
        let rates: Vec<_> = better
            .iter()
            .filter(|it| it.0 == peer)
            .map(|it| it.1.to_string())
            .collect();
        vec![
            described.name.to_owned(),
            format!("{:.4}", worst(|it| it.quality.ripple_db)),
            format!("{:.1}", worst(|it| it.quality.spurious_db)),
            format!("{:.1}", worst(|it| it.quality.thd_n_db)),
            format!("{good} of {}", rates_hz.len()),
            format!("{:.2}", worst(|it| it.delay.worst_ms)),
            module,
            match (peer, rates.is_empty()) {
                (0, _) => String::new(),
                (_, true) => "no".to_owned(),
                (_, false) => format!("**at {} Hz**", rates.join(", ")),
            },
        ]
    });
    let columns = [
        "Worst of 32, 44.1, 48 and 96 kHz",
        "Ripple, dB",
        "Aliases, dB",
        "THD+N, dB",
        "Meets the goals at",
        "Delay, ms",
        "Module with brotli (without), kB",
        "Better in all three",
    ];
    Table {
        title: "Quality, delay and size at once".to_owned(),
        columns: columns.map(str::to_owned).to_vec(),
        rows: rows.collect(),
    }
}

/// Returns 0 if there is no wasm module, so that only quality and delay decide.
fn bytes(module: Option<Module>) -> usize {
    module.map_or(0, |it| it.brotli_bytes)
}

fn is_as_good(its: &Quality, ours: &Quality) -> bool {
    let is_nowhere_worse = its.ripple_db <= ours.ripple_db
        && its.spurious_db <= ours.spurious_db
        && its.thd_n_db <= ours.thd_n_db;
    meets_goals(its) || is_nowhere_worse
}

fn meets_goals(quality: &Quality) -> bool {
    quality.ripple_db <= 0.05 && quality.spurious_db <= -100.0 && quality.thd_n_db <= -110.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sections::audio::delay::Delay;

    fn measured(peer: usize, spurious_db: f64, worst_ms: f64) -> Measured {
        Measured {
            peer,
            rate_hz: 48_000,
            quality: Quality {
                ripple_db: 0.01,
                thd_n_db: -120.0,
                spurious_db,
            },
            delay: Delay {
                worst_ms,
                held_ms: 0.0,
            },
            invariant: true,
        }
    }

    #[test]
    fn a_peer_must_be_better_in_quality_delay_and_size() {
        let peers: Vec<_> = inturn_bench_peers::all().into_iter().take(2).collect();
        let module = |brotli_bytes| {
            Some(Module {
                bytes: 0,
                brotli_bytes,
            })
        };
        let table = [
            (-101.0, 3.0, module(5), 1),
            (-101.0, 3.0, None, 1),
            (-99.0, 3.0, module(5), 0),
            (-101.0, 5.0, module(5), 0),
            (-101.0, 3.0, module(15), 0),
        ];
        for (spurious_db, worst_ms, its, expected) in table {
            let measured = [measured(0, -110.0, 4.0), measured(1, spurious_db, worst_ms)];
            let better = better_at_once(&peers, &measured, &[module(10), its], &[48_000]);
            assert_eq!(
                better.len(),
                expected,
                "{spurious_db} dB, {worst_ms} ms, {its:?}"
            );
        }
    }
}
