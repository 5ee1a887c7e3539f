//! The section `cost`: processor time and memory of the page, the recorder and the worklet in
//! Chromium.

mod heaps;
mod page;
mod pipeline;
pub(crate) mod site;
mod worklet;

use crate::report::Section;

/// Measures all parts.
pub(crate) async fn run() -> anyhow::Result<Section> {
    let mut section = Section {
        title: "Cost in the browser",
        charts: Vec::new(),
        method: Vec::new(),
        figures: Vec::new(),
        tables: Vec::new(),
    };
    worklet::measure(&mut section).await?;
    pipeline::measure(&mut section).await?;
    page::measure(&mut section).await?;
    heaps::measure(&mut section).await?;
    Ok(section)
}
