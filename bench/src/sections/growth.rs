//! The section `growth`: what a long transcript costs.

mod document;
mod lengths;

use anyhow::Context as _;

use self::lengths::{CONSTANT, TURNS};
use crate::{
    chart::{Axis, Chart, Line},
    estimates::Estimates,
    report::{Figure, Section, Table, quantity},
};

/// Measures it.
pub(crate) async fn run() -> anyhow::Result<Section> {
    let native = Estimates::of_bench("turns")?;
    let mut section = Section {
        title: "Growth",
        charts: Vec::new(),
        method: vec![format!(
            "*In the core*: what one more partial of ten words costs, from the decoded message to the \
             change that the page is sent, by criterion; the lengths in turns, {ROUNDS} rounds of them, \
             each figure the least of its rounds' medians. *A minute* is a turn of 160 words."
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
            "One more partial in the core, 10,000 turns against 10",
            long.least / short.least,
            "×",
        )
        .at_most(CONSTANT)
        .beside(format!("{} at 10", quantity(short.least, "ns")))
        .missed_because(format!(
            "of one and the same length, the slowest round took {:.2} × the quickest at 10 turns, \
             {:.2} × at 10,000",
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
        columns: ["Turns", "Quickest round", "Slowest round"]
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
        title: "One more partial, by the length of the transcript",
        x: Axis::logarithmic("Turns"),
        y: Axis::linear("Time in the core, in ns"),
        lines: vec![
            line("quickest round", |it| it.least),
            line("slowest round", |it| it.most),
        ],
    }
}

/// The medians of a length's rounds, in nanoseconds.
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

/// As many as `benches/turns.rs` makes.
const ROUNDS: u32 = 7;
