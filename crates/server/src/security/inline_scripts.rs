//! The inline scripts of the built page, by hash.
//!
//! The build puts a small start-up script into `index.html`. Its hash in the policy allows that
//! very script and no other, which `'unsafe-inline'` would.

use std::{
    fs, io,
    path::PathBuf,
    sync::{PoisonError, RwLock},
    time::SystemTime,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use ring::digest::{SHA256, digest};

use crate::files::Index;

/// The hashes of one page, kept true while its file changes.
pub(crate) struct InlineScripts {
    /// Nothing where the page can't change.
    index: Option<PathBuf>,
    seen: RwLock<Seen>,
}

#[derive(Clone, Default)]
struct Seen {
    stamp: Option<(SystemTime, u64)>,
    /// ` 'sha256-…'` for each script, ready to be appended to a directive.
    sources: String,
}

impl InlineScripts {
    /// Reads the page. One that can't be read has no scripts.
    pub(crate) fn new(index: Index) -> Self {
        let (index, seen) = match index {
            Index::File(path) => {
                let seen = read(&path).unwrap_or_default();
                (Some(path), seen)
            }
            Index::Text(html) => (None, Seen::of(&html, None)),
        };
        Self {
            index,
            seen: RwLock::new(seen),
        }
    }

    /// ` 'sha256-…'` for each script.
    pub(crate) fn sources(&self) -> String {
        let seen = self.seen.read().unwrap_or_else(PoisonError::into_inner);
        seen.sources.clone()
    }

    /// Reads the page again if its file has changed, as it does when a developer builds anew while
    /// the server runs: with the old hash the new page would stay blank.
    pub(crate) async fn refresh(&self) {
        let Some(index) = self.index.clone() else {
            return;
        };
        let Ok(metadata) = tokio::fs::metadata(&index).await else {
            return;
        };
        let unchanged = {
            let seen = self.seen.read().unwrap_or_else(PoisonError::into_inner);
            stamp(&metadata).is_ok_and(|stamp| seen.stamp == Some(stamp))
        };
        if unchanged {
            return;
        }
        if let Ok(Ok(fresh)) = tokio::task::spawn_blocking(move || read(&index)).await {
            *self.seen.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        }
    }
}

fn read(index: &PathBuf) -> io::Result<Seen> {
    // The stamp first: a change in between is then seen as a change.
    let stamp = stamp(&fs::metadata(index)?)?;
    let html = fs::read_to_string(index)?;
    Ok(Seen::of(&html, Some(stamp)))
}

impl Seen {
    fn of(html: &str, stamp: Option<(SystemTime, u64)>) -> Self {
        Self {
            stamp,
            sources: inline_scripts(html)
                .into_iter()
                .map(|script| format!(" '{}'", source(script)))
                .collect(),
        }
    }
}

fn stamp(metadata: &fs::Metadata) -> io::Result<(SystemTime, u64)> {
    Ok((metadata.modified()?, metadata.len()))
}

/// `sha256-…` of the text of an inline script or style. Browsers hash it after line ends became `\n`.
pub(super) fn source(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    format!(
        "sha256-{}",
        STANDARD.encode(digest(&SHA256, text.as_bytes()))
    )
}

/// The text of every script that has no `src`.
///
/// Knows as much of HTML as a built page needs: comments, and quotes in attributes.
fn inline_scripts(html: &str) -> Vec<&str> {
    let mut found = Vec::new();
    // ASCII only, so that offsets stay those of `html`.
    let lower = html.to_ascii_lowercase();
    let mut at = 0;
    while let Some(offset) = lower[at..].find('<') {
        at += offset;
        if lower[at..].starts_with("<!--") {
            at = lower[at..]
                .find("-->")
                .map_or(lower.len(), |end| at + end + 3);
            continue;
        }
        let is_script = lower[at..].strip_prefix("<script").is_some_and(|rest| {
            rest.starts_with(|c: char| c.is_ascii_whitespace() || c == '>' || c == '/')
        });
        if !is_script {
            at += 1;
            continue;
        }
        let attributes = at + "<script".len();
        let Some(end) = tag_end(&lower[attributes..]) else {
            break;
        };
        let start = attributes + end + 1;
        let Some(length) = lower[start..].find("</script") else {
            break;
        };
        if !has_src(&lower[attributes..attributes + end]) {
            found.push(&html[start..start + length]);
        }
        at = start + length;
    }
    found
}

/// Where a tag's `>` is, past any in quotes.
fn tag_end(rest: &str) -> Option<usize> {
    let mut quote = None;
    rest.char_indices().find_map(|(at, c)| match quote {
        Some(open) => {
            if c == open {
                quote = None;
            }
            None
        }
        None if c == '"' || c == '\'' => {
            quote = Some(c);
            None
        }
        None => (c == '>').then_some(at),
    })
}

/// Whether a tag's attributes hold a `src`, outside of quotes.
fn has_src(attributes: &str) -> bool {
    let mut quote = None;
    let bare: String = attributes
        .chars()
        .filter(|&c| match quote {
            Some(open) => {
                if c == open {
                    quote = None;
                }
                false
            }
            None if c == '"' || c == '\'' => {
                quote = Some(c);
                false
            }
            None => true,
        })
        .collect();
    bare.split([' ', '\t', '\n', '\r', '\u{c}', '/'])
        .any(|word| word == "src" || word.starts_with("src="))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inline_scripts_are_found_and_others_are_not() {
        let html = r#"<!doctype html><!-- <script>no</script> --><SCRIPT type="module">
one('<b>')</SCRIPT ><script src="x.js"></script><script data-src="x>y" type=module>two</script>
<scripty>no</scripty><script defer src=y.js>no</script><script></script><script>open"#;
        assert_eq!(inline_scripts(html), ["\none('<b>')", "two", ""]);
    }

    #[test]
    fn odd_html_is_survived() {
        for html in [
            "",
            "<",
            "<script",
            "<script>",
            "<!--",
            "<script a='>",
            "é<é",
            "<script/>x</script",
        ] {
            let _ = inline_scripts(html);
        }
    }

    #[test]
    fn a_hash_is_the_browsers() {
        // `printf "alert('Hello, world.');" | openssl dgst -sha256 -binary | base64`, the example
        // of the policy's specification.
        let expected = "sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng=";
        assert_eq!(source("alert('Hello, world.');"), expected);
        assert_eq!(source("a\r\nb\rc"), source("a\nb\nc"));
    }
}
