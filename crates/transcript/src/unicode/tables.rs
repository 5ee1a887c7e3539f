//! Unicode's data in the tables of the standard library and of two crates.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::{Cluster, Unicode};

impl Default for Unicode {
    fn default() -> Self {
        Self {
            lowercase: str::to_lowercase,
            clusters,
        }
    }
}

fn clusters(text: &str) -> Vec<Cluster> {
    let clusters = text.graphemes(true).map(|cluster| Cluster {
        bytes: cluster.len(),
        columns: cluster.width(),
    });
    clusters.collect()
}
