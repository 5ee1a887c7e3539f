//! The section `growth`: what a long transcript costs.

mod document;

use crate::{
    estimates::Estimates,
    report::{Figure, Section, Table, quantity},
};

/// Measures it.
pub(crate) async fn run() -> anyhow::Result<Section> {
    let native = Estimates::of_bench("turns")?;
    let mut section = Section {
        title: "Growth",
        method: vec![
            "*In the core*: what one more partial of ten words costs, from the decoded message to the row \
             that the page is told, by criterion."
                .to_owned(),
        ],
        figures: Vec::new(),
        tables: Vec::new(),
    };
    let mut medians = Vec::new();
    for turns in TURNS {
        let median = native.median_ns(&["partial", &turns.to_string()]);
        medians.push(median.ok_or_else(|| anyhow::anyhow!("no estimate for {turns} turns"))?);
    }
    let ratio = medians[TURNS.len() - 1] / medians[0];
    section.figures.push(
        Figure::new(
            "One more partial in the core, 10,000 turns against 10",
            ratio,
            "×",
        )
        .at_most(CONSTANT)
        .beside(format!("{} at 10", quantity(medians[0], "ns")))
        .missed_because("not established"),
    );
    section.tables.push(Table {
        title: "One more partial in the core".to_owned(),
        columns: ["Turns", "Median"].map(str::to_owned).into(),
        rows: TURNS
            .iter()
            .zip(&medians)
            .map(|(turns, median)| vec![turns.to_string(), quantity(*median, "ns")])
            .collect(),
    });
    document::measure(&mut section).await?;
    Ok(section)
}

/// How long the transcripts are. The longest has 100,000 words.
const TURNS: [u32; 4] = [10, 100, 1_000, 10_000];

/// Up to here a cost counts as constant: the noise of these machines between two like measurements.
const CONSTANT: f64 = 1.5;
