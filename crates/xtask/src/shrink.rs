//! Minifies the client's files: removes comments and indentation, and shortens the names that
//! scripts declare and share with their modules.

mod generated;
mod identifiers;
pub(crate) mod short_names;

use std::{fs, io, path::Path};

/// Minifies the files in `folder` in place.
///
/// # Errors
///
/// Returns an error if a file can't be read, minified or written.
pub(crate) fn shrink_all(folder: &Path) -> io::Result<()> {
    let mut scripts = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("js") => scripts.push(path),
            Some("css") => rewrite(&path, |text| {
                minifier::css::minify(text).map(|css| css.to_string())
            })?,
            Some("html") => rewrite(&path, |text| Ok::<_, &str>(minified_html(text)))?,
            _ => {}
        }
    }
    for script in scripts {
        rewrite(&script, |text| {
            let minified = minifier::js::minify(text).map(|js| js.to_string());
            minified.map(|js| identifiers::shortened(&generated::simplified(&js)))
        })?;
    }
    Ok(())
}

fn rewrite<E: std::fmt::Display>(
    path: &Path,
    change: impl FnOnce(&str) -> Result<String, E>,
) -> io::Result<()> {
    let text = fs::read_to_string(path)?;
    let changed =
        change(&text).map_err(|error| io::Error::other(format!("{}: {error}", path.display())))?;
    fs::write(path, changed)
}

/// Returns the document without comments and indentation. Keeps its scripts as they are: the
/// server's content security policy allows them by their hashes.
fn minified_html(html: &str) -> String {
    let mut parts = html.split("<!--");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (_, behind) = part.split_once("-->").unwrap_or_default();
        text.push_str(behind);
    }
    let mut kept = String::with_capacity(text.len());
    let mut is_script = false;
    for line in text.lines() {
        is_script |= line.contains("<script");
        let line = if is_script { line } else { line.trim() };
        is_script &= !line.contains("</script>");
        if !line.is_empty() || is_script {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_indentation_are_removed_from_html() {
        let html = "<p>a<!-- b\n --> c</p><!---->\n\n  <!-- d -->\n  <p>e</p>\n";
        assert_eq!(minified_html(html), "<p>a c</p>\n<p>e</p>\n");
        assert_eq!(minified_html("<p>a</p>"), "<p>a</p>\n");
    }

    #[test]
    fn scripts_in_html_stay_as_they_are() {
        let html = "<script type=\"module\">\n  a();\n\n  b();\n</script>\n<p>c</p>\n";
        assert_eq!(minified_html(html), html);
    }
}
