//! The section `cost`: what the program takes of the machine, in Chromium.

mod heaps;
mod page;
mod pipeline;
mod site;
mod start;
mod worklet;

use crate::report::Section;

/// Measures it.
pub(crate) async fn run() -> anyhow::Result<Section> {
    let mut section = Section {
        title: "Cost, in the browser",
        method: Vec::new(),
        figures: Vec::new(),
        tables: Vec::new(),
    };
    worklet::measure(&mut section).await?;
    pipeline::measure(&mut section).await?;
    page::measure(&mut section).await?;
    heaps::measure(&mut section).await?;
    start::measure(&mut section).await?;
    Ok(section)
}

/// The middle one.
fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The middle half, as people write a spread.
fn spread(values: &[f64]) -> String {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = |share: f64| sorted.get((sorted.len() as f64 * share) as usize).copied();
    match (at(0.25), at(0.75)) {
        (Some(low), Some(high)) => format!("{low:.2} to {high:.2}"),
        _ => String::new(),
    }
}
