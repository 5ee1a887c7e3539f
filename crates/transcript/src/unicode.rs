//! Unicode's data: lower case, and clusters of characters with their widths.

#[cfg(feature = "unicode-tables")]
mod tables;

/// Functions that need Unicode's data: subtitles break lines between clusters of characters, and a
/// search ignores case.
///
/// The default, which the feature `unicode-tables` enables, has tables of 42 kB. A browser has the
/// data anyway, so the page passes functions that ask the browser.
#[derive(Clone, Copy, Debug)]
pub struct Unicode {
    /// Returns a text in lower case, like [`str::to_lowercase`].
    pub lowercase: fn(&str) -> String,
    /// Returns the clusters of a text, in order.
    pub clusters: fn(&str) -> Vec<Cluster>,
}

/// What a reader sees as one character: a letter with its marks, an emoji of several parts. These
/// are the [extended grapheme
/// clusters](https://www.unicode.org/reports/tr29/#Grapheme_Cluster_Boundaries).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cluster {
    /// Length of its text, in bytes.
    pub bytes: usize,
    /// Width, in columns of a fixed-width font: two for wide characters and emoji, none for
    /// invisible ones.
    pub columns: usize,
}

impl Unicode {
    /// Returns the clusters of a text without control characters.
    pub(crate) fn clusters_of(self, text: &str) -> Vec<Cluster> {
        if text.is_ascii() {
            // Most words are, and this is faster than asking the browser.
            return vec![Cluster::ASCII; text.len()];
        }
        (self.clusters)(text)
    }
}

impl Cluster {
    const ASCII: Self = Self {
        bytes: 1,
        columns: 1,
    };
}
