//! The section `audio`.

use crate::report::Section;

/// Measures it.
pub(crate) fn run() -> anyhow::Result<Section> {
    anyhow::bail!("not written yet")
}
