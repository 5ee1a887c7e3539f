//! The section `lateness`.

use crate::report::Section;

/// Measures it.
pub(crate) async fn run() -> anyhow::Result<Section> {
    anyhow::bail!("not written yet")
}
