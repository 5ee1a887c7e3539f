//! Checks the links in Markdown files: each relative link must name a file of the repository, and
//! each anchor a heading of the file.
//!
//! Links to other sites are not requested: the check works offline.

use std::{
    collections::BTreeMap,
    path::{Component, Path, PathBuf},
};

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// Returns one message for each broken link in `file`.
///
/// `file` is relative to the repository's root, as are the paths that `exists` and `read` get.
pub(crate) fn broken(
    file: &Path,
    text: &str,
    exists: &dyn Fn(&Path) -> bool,
    read: &dyn Fn(&Path) -> Option<String>,
) -> Vec<String> {
    let mut messages = Vec::new();
    for link in links(text) {
        // `https:`, `mailto:`, and the paths of Rust items, which rustdoc checks.
        if link.contains(':') {
            continue;
        }
        let (path, anchor) = link.split_once('#').unwrap_or((&link, ""));
        let target = if path.is_empty() {
            file.to_path_buf()
        } else {
            normalised(&file.parent().unwrap_or(Path::new("")).join(path))
        };
        let is_in = |text: String| anchors(&text).iter().any(|it| it == anchor);
        let needs_heading = !anchor.is_empty() && target.extension().is_some_and(|it| it == "md");
        let problem = if !exists(&target) {
            "there is no such file"
        } else if needs_heading && !read(&target).is_some_and(is_in) {
            "the file has no such heading"
        } else {
            continue;
        };
        messages.push(format!("{}: the link `{link}`: {problem}", file.display()));
    }
    messages
}

/// Returns the targets of all links and images.
fn links(text: &str) -> Vec<String> {
    Parser::new_ext(text, Options::ENABLE_TABLES)
        .filter_map(|event| match event {
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                Some(dest_url.into_string())
            }
            _ => None,
        })
        .collect()
}

/// Returns the anchors of all headings by GitHub's rules: lower case, hyphens for spaces, no
/// punctuation, and a number if the anchor repeats.
fn anchors(text: &str) -> Vec<String> {
    let mut anchors = Vec::new();
    let mut counts = BTreeMap::<String, usize>::new();
    let mut heading: Option<String> = None;
    for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::Text(text) | Event::Code(text) => {
                if let Some(heading) = &mut heading {
                    heading.push_str(&text);
                }
            }
            Event::End(TagEnd::Heading(_)) => {
                let anchor = anchor(&heading.take().unwrap_or_default());
                let count = counts.entry(anchor.clone()).or_default();
                anchors.push(match *count {
                    0 => anchor,
                    count => format!("{anchor}-{count}"),
                });
                *count += 1;
            }
            _ => {}
        }
    }
    anchors
}

fn anchor(heading: &str) -> String {
    heading
        .to_lowercase()
        .chars()
        .filter_map(|it| match it {
            ' ' => Some('-'),
            '-' | '_' => Some(it),
            _ => it.is_alphanumeric().then_some(it),
        })
        .collect()
}

/// Resolves `.` and `..` without accessing the file system.
fn normalised(path: &Path) -> PathBuf {
    let mut normalised = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir if normalised.pop() => {}
            Component::CurDir => {}
            _ => normalised.push(component),
        }
    }
    normalised
}

#[cfg(test)]
mod tests {
    use super::*;

    const OTHER: &str = "# The title\n\n## `code` and more, twice\n\n## `code` and more, twice\n";

    fn broken_in(text: &str) -> Vec<String> {
        broken(
            Path::new("docs/page.md"),
            text,
            &|path| [Path::new("README.md"), Path::new("docs/page.md")].contains(&path),
            &|path| {
                Some(
                    if path == Path::new("README.md") {
                        OTHER
                    } else {
                        text
                    }
                    .to_owned(),
                )
            },
        )
    }

    #[test]
    fn links_to_files_and_headings_pass() {
        let text = "# Here\n[a](../README.md) [b](../README.md#the-title) [c](#here)\n\
                    [d](../README.md#code-and-more-twice-1) [e](https://example.org/x#y)\n\
                    [`f`](crate::a::B) `[g](none.md)`\n";
        assert_eq!(broken_in(text), Vec::<String>::new());
    }

    #[test]
    fn missing_files_and_headings_are_found() {
        for (link, problem) in [
            ("none.md", "there is no such file"),
            ("README.md", "there is no such file"),
            ("../README.md#subtitle", "the file has no such heading"),
            ("#there", "the file has no such heading"),
        ] {
            let found = broken_in(&format!("| [a]({link}) |\n"));
            assert_eq!(
                found,
                [format!("docs/page.md: the link `{link}`: {problem}")]
            );
        }
    }

    #[test]
    fn images_are_links_too() {
        assert_eq!(broken_in("![a](a.png)").len(), 1);
    }
}
