//! The section `growth`: time and memory for a long transcript.

mod document;
mod lengths;
mod reading;

use anyhow::Context as _;

use self::lengths::{CONSTANT, TURNS};
use crate::{
    chart::{Axis, Chart, Line},
    estimates::Estimates,
    report::{Figure, Section, Table, quantity},
};

/// Measures the core and the page.
pub(crate) async fn run() -> anyhow::Result<Section> {
    let native = Estimates::of_bench("turns")?;
    let mut section = Section {
        title: "Growth",
        charts: Vec::new(),
        method: vec![format!(
            "*In the core*: the time for one more partial of ten words, from the decoded message \
             to the change for the page, measured by criterion. Each round measures all lengths; \
             there are {ROUNDS} rounds, and each figure is the lowest of its medians. *A turn of a \
             minute* has 160 words."
        )],
        figures: Vec::new(),
        tables: Vec::new(),
    };
    let lengths = TURNS
        .iter()
        .map(|&turns| Rounds::of(&native, &turns.to_string()))
        .collect::<anyhow::Result<Vec<_>>>()?;
    let (short, long) = (&lengths[0], &lengths[TURNS.len() - 1]);
    section.figures.push(
        Figure::new(
            "One more partial in the core, 10,000 turns compared with 10",
            long.least / short.least,
            "×",
        )
        .at_most(CONSTANT)
        .compared_with(format!("{} at 10", quantity(short.least, "ns")))
        .missed_because(format!(
            "noise: the slowest round took {:.2} × the fastest at 10 turns, and {:.2} × at 10,000",
            short.most / short.least,
            long.most / long.least
        )),
    );
    let minute = Rounds::of(&native, "minute")?;
    section.figures.push(Figure::new(
        "One more partial of a turn of a minute, in the core",
        minute.least / 1_000.0,
        "µs",
    ));
    section.charts.push(chart(&lengths));
    section.tables.push(Table {
        title: "One more partial in the core".to_owned(),
        columns: ["Turns", "Fastest round", "Slowest round"]
            .map(str::to_owned)
            .into(),
        rows: TURNS
            .iter()
            .zip(&lengths)
            .map(|(turns, rounds)| {
                vec![
                    turns.to_string(),
                    quantity(rounds.least, "ns"),
                    quantity(rounds.most, "ns"),
                ]
            })
            .collect(),
    });
    document::measure(&mut section).await?;
    Ok(section)
}

fn chart(lengths: &[Rounds]) -> Chart {
    let line = |name: &str, of: fn(&Rounds) -> f64| Line {
        name: name.to_owned(),
        points: TURNS
            .iter()
            .zip(lengths)
            .map(|(&turns, rounds)| (f64::from(turns), of(rounds)))
            .collect(),
    };
    Chart {
        name: "growth",
        title: "One more partial, by length of the transcript",
        x: Axis::logarithmic("Turns"),
        y: Axis::linear("Time in the core, in ns"),
        lines: vec![
            line("fastest round", |it| it.least),
            line("slowest round", |it| it.most),
        ],
    }
}

/// The lowest and highest of the rounds' medians for a length, in nanoseconds.
struct Rounds {
    least: f64,
    most: f64,
}

impl Rounds {
    fn of(native: &Estimates, length: &str) -> anyhow::Result<Self> {
        let mut rounds = Self {
            least: f64::INFINITY,
            most: 0.0,
        };
        for round in 0..ROUNDS {
            let median = native
                .median_ns(&["partial", length, &round.to_string()])
                .with_context(|| format!("no estimate for {length}"))?;
            rounds.least = rounds.least.min(median);
            rounds.most = rounds.most.max(median);
        }
        Ok(rounds)
    }
}

/// Same as in `benches/turns.rs`.
const ROUNDS: u32 = 7;
