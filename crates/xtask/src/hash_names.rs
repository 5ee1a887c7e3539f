//! Puts a hash of the content into file names.
//!
//! Browsers keep such files for a year. And a page that was opened before an update of the server
//! can't get a file that does not understand its messages: the old name does not exist any more.

use std::{fs, io, path::Path};

use sha2::{Digest, Sha256};

/// Renames the files of [`GROUPS`] in `folder`, and changes their names in the page and in scripts
/// of the same group.
///
/// # Errors
///
/// Returns an error if a file can't be read or written, or if nothing names it.
pub(crate) fn hash_names(folder: &Path) -> io::Result<()> {
    for files in GROUPS {
        let hash = hash_of(folder, files)?;
        let scripts = files.iter().filter(|it| it.ends_with(".js"));
        let named_in: Vec<&str> = scripts.copied().chain([PAGE]).collect();
        for file in files {
            let mut is_named = false;
            for text in &named_in {
                is_named |= replace(&folder.join(text), file, &with_hash(file, &hash))?;
            }
            if !is_named {
                let message = format!("{} do not name {file}", named_in.join(" and "));
                return Err(io::Error::other(message));
            }
        }
        for file in files {
            fs::rename(folder.join(file), folder.join(with_hash(file, &hash)))?;
        }
    }
    Ok(())
}

/// Returns [`DIGITS`] digits that stand for the content of all `files`.
fn hash_of(folder: &Path, files: &[&str]) -> io::Result<String> {
    let mut hash = Sha256::new();
    for file in files {
        hash.update(fs::read(folder.join(file))?);
    }
    let mut digits: String = hash
        .finalize()
        .iter()
        .map(|it| format!("{it:02x}"))
        .collect();
    digits.truncate(DIGITS);
    Ok(digits)
}

/// Puts `hash` between the name and the ending `.css`, `.js` or `_bg.wasm`.
fn with_hash(file: &str, hash: &str) -> String {
    let end = file.find("_bg.").or_else(|| file.find('.'));
    let (name, ending) = file.split_at(end.unwrap_or(file.len()));
    format!("{name}-{hash}{ending}")
}

/// Replaces each `from` in a text file. Returns whether there was one.
fn replace(path: &Path, from: &str, to: &str) -> io::Result<bool> {
    let text = fs::read_to_string(path)?;
    let is_named = text.contains(from);
    if is_named {
        fs::write(path, text.replace(from, to))?;
    }
    Ok(is_named)
}

/// The files with a hash. Those of a group have the same one, because one names the other.
const GROUPS: [&[&str]; 4] = [
    &["tokens.css"],
    &["style.css"],
    &["inturn-web-client.js", "inturn-web-client_bg.wasm"],
    &["inturn-web-documents.js", "inturn-web-documents_bg.wasm"],
];

const PAGE: &str = "index.html";

/// Hexadecimal digits of a hash. The server marks files with so many as immutable.
const DIGITS: usize = 12;

#[cfg(test)]
mod tests {
    use super::*;

    const CLIENT: &str = "inturn-web-client";

    /// A built page, in which `module` is the content of the first module.
    fn built(module: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut page = String::new();
        for file in GROUPS.iter().flat_map(|files| files.iter()) {
            let content = match file.strip_suffix(".js") {
                Some(name) => format!("new URL('{name}_bg.wasm', import.meta.url)"),
                None => module.to_owned(),
            };
            fs::write(folder.path().join(file), content).expect("written");
            page.push_str(&format!("<link href=\"{file}\">\n"));
        }
        fs::write(folder.path().join(PAGE), page).expect("written");
        folder
    }

    /// The names of the files in `folder`, sorted.
    fn names(folder: &Path) -> Vec<String> {
        let files = fs::read_dir(folder).expect("readable");
        let name = |it: io::Result<fs::DirEntry>| it.expect("readable").file_name().into_string();
        let mut names: Vec<_> = files.map(|it| name(it).expect("text")).collect();
        names.sort();
        names
    }

    #[test]
    fn names_and_references_contain_the_hash_of_the_content() {
        let folder = built("one");
        hash_names(folder.path()).expect("renamed");
        let page = fs::read_to_string(folder.path().join(PAGE)).expect("readable");
        let files = names(folder.path());
        assert_eq!(files.len(), 7, "{files:?}");
        for file in files.iter().filter(|it| *it != PAGE) {
            assert!(page.contains(&format!("\"{file}\"")), "{file} in {page}");
        }
        let script = files.iter().find(|it| it.starts_with(CLIENT));
        let script = script.and_then(|it| it.strip_suffix(".js"));
        let script = script.expect("the script of the first module");
        assert_eq!(script.len(), CLIENT.len() + 1 + DIGITS);
        let text = fs::read_to_string(folder.path().join(format!("{script}.js")));
        let text = text.expect("readable");
        assert!(text.contains(&format!("'{script}_bg.wasm'")), "{text}");
    }

    #[test]
    fn other_content_has_another_name() {
        let named = |module| {
            let folder = built(module);
            hash_names(folder.path()).expect("renamed");
            names(folder.path())
        };
        assert_eq!(named("one"), named("one"));
        for (one, two) in named("one").iter().zip(named("two")) {
            assert_eq!(*one == two, one == PAGE, "{one} and {two}");
        }
    }

    #[test]
    fn a_page_that_does_not_name_a_file_is_refused() {
        let folder = built("one");
        fs::write(folder.path().join(PAGE), "tokens.css").expect("written");
        let error = hash_names(folder.path()).expect_err("not named");
        assert!(error.to_string().contains("style.css"), "{error}");
    }
}
