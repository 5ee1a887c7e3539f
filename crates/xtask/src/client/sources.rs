//! The files that the page is built from: those that `public/index.html` names in links with
//! `data-trunk`, which Trunk reads too.

use std::{fs, io, path::Path};

/// The page's document, and the other files.
#[derive(Debug, Default, PartialEq, Eq)]
struct Sources {
    /// The document as browsers get it.
    html: String,
    /// Names of files in the folder of the document.
    files: Vec<String>,
}

/// Copies the document in `from`, and the files that it names, into the empty folder `to`.
///
/// # Errors
///
/// Returns an error if a link is not understood, or if a file can't be read or written.
pub(super) fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let html = fs::read_to_string(from.join(PAGE))?;
    let sources = Sources::of(&html).map_err(io::Error::other)?;
    for file in &sources.files {
        fs::copy(from.join(file), to.join(file)).map_err(|error| {
            io::Error::other(format!(
                "{PAGE} names {file}, which can't be copied: {error}"
            ))
        })?;
    }
    fs::write(to.join(PAGE), sources.html)
}

impl Sources {
    fn of(html: &str) -> Result<Self, String> {
        let mut sources = Self::default();
        for line in html.lines() {
            if !line.contains("<link data-trunk ") {
                sources.html.push_str(line);
                sources.html.push('\n');
                continue;
            }
            let [Some(rel), Some(href)] = ["rel", "href"].map(|name| attribute(line, name)) else {
                return Err(format!("{PAGE} has a link without rel or href: {line}"));
            };
            match rel {
                "copy-file" => sources.files.push(href.to_owned()),
                "css" => {
                    sources.files.push(href.to_owned());
                    let link = format!("<link rel=\"stylesheet\" href=\"{href}\" />\n");
                    sources.html.push_str(&link);
                }
                // `modules.rs` compiles these.
                "rust" => {}
                _ => return Err(format!("{PAGE} has a link of an unknown kind: {rel}")),
            }
        }
        Ok(sources)
    }
}

/// Returns the value of an attribute.
fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    Some(rest.split_once('"')?.0)
}

/// The document's name.
const PAGE: &str = "index.html";

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::client::modules;

    fn page() -> String {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../public");
        fs::read_to_string(folder.join(PAGE)).expect("the page is in the repository")
    }

    #[test]
    fn links_for_the_build_become_files_and_style_sheets() {
        let html = concat!(
            "<link rel=\"icon\" href=\"icon.svg\" />\n",
            "<link data-trunk rel=\"copy-file\" href=\"icon.svg\" />\n",
            "  <link data-trunk rel=\"css\" href=\"style.css\" data-integrity=\"none\" />\n",
            "<link data-trunk rel=\"rust\" href=\"../Cargo.toml\" />\n",
        );
        let sources = Sources::of(html).expect("all links are understood");
        let expected = concat!(
            "<link rel=\"icon\" href=\"icon.svg\" />\n",
            "<link rel=\"stylesheet\" href=\"style.css\" />\n",
        );
        assert_eq!(sources.html, expected);
        assert_eq!(sources.files, ["icon.svg", "style.css"]);
    }

    #[test]
    fn other_links_are_refused() {
        for link in [
            "<link data-trunk rel=\"sass\" href=\"style.scss\" />",
            "<link data-trunk href=\"style.css\" />",
        ] {
            assert!(Sources::of(link).is_err(), "{link}");
        }
    }

    #[test]
    fn every_file_of_the_page_is_named() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../public");
        let sources = Sources::of(&page()).expect("all links are understood");
        let mut named: BTreeSet<String> = sources.files.into_iter().collect();
        named.insert(PAGE.to_owned());
        let files: BTreeSet<String> = fs::read_dir(folder)
            .expect("readable")
            .map(|it| it.expect("readable").file_name().into_string())
            .map(|it| it.expect("text"))
            .filter(|it| !it.starts_with('.'))
            .collect();
        assert_eq!(named, files);
    }

    #[test]
    fn trunk_compiles_the_same_modules_in_the_same_way() {
        let html = page();
        let links: Vec<&str> = html
            .lines()
            .filter(|it| it.contains("<link data-trunk rel=\"rust\""))
            .collect();
        assert_eq!(links.len(), modules::names().count());
        for (link, name) in links.iter().zip(modules::names()) {
            let folder = name.trim_start_matches("inturn-");
            let manifest = format!("../crates/{folder}/Cargo.toml");
            assert_eq!(attribute(link, "href"), Some(manifest.as_str()));
            let level = attribute(link, "data-wasm-opt").map(|it| format!("-O{it}"));
            let arguments = attribute(link, "data-wasm-opt-params").unwrap_or_default();
            let all: Vec<&str> = level
                .iter()
                .map(String::as_str)
                .chain(arguments.split(' '))
                .collect();
            assert_eq!(all, modules::OPTIMISATIONS, "{link}");
        }
    }
}
