//! Puts a hash of the content into the file names of the module that is loaded later.
//!
//! Trunk does so for the first module only. Without it, a page that was opened before an update of
//! the server would load a module that does not understand its messages.

use std::{fs, io, path::Path};

use sha2::{Digest, Sha256};

/// Renames the module and its script in `folder`, and writes the hash into the page.
///
/// # Errors
///
/// Returns an error if a file can't be read or written, or if the names are not where they are
/// expected.
pub(crate) fn hash_names(folder: &Path) -> io::Result<()> {
    let (script, module) = (format!("{MODULE}.js"), format!("{MODULE}_bg.wasm"));
    let mut hash = Sha256::new();
    hash.update(fs::read(folder.join(&script))?);
    hash.update(fs::read(folder.join(&module))?);
    let digest = hash.finalize();
    // The server marks files as immutable if their names end with 12 to 16 digits.
    let hash: String = digest
        .iter()
        .take(6)
        .map(|it| format!("{it:02x}"))
        .collect();
    let hashed_script = format!("{MODULE}-{hash}.js");
    let hashed_module = format!("{MODULE}-{hash}_bg.wasm");

    replace(&folder.join(&script), &module, &hashed_module)?;
    let build = format!("data-build=\"{hash}\"");
    replace(&folder.join("index.html"), "data-build=\"\"", &build)?;
    fs::rename(folder.join(script), folder.join(hashed_script))?;
    fs::rename(folder.join(module), folder.join(hashed_module))
}

fn replace(path: &Path, from: &str, to: &str) -> io::Result<()> {
    let text = fs::read_to_string(path)?;
    if !text.contains(from) {
        let path = path.display();
        return Err(io::Error::other(format!("{path} does not name {from}")));
    }
    fs::write(path, text.replace(from, to))
}

/// The name of the module.
const MODULE: &str = "inturn-web-documents";

#[cfg(test)]
mod tests {
    use super::*;

    fn build(module: &str) -> Vec<String> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = |name: &str| folder.path().join(name);
        for (name, content) in [
            ("index.html", r#"<button data-build="">"#),
            (
                "inturn-web-documents.js",
                "new URL('inturn-web-documents_bg.wasm', import.meta.url)",
            ),
            ("inturn-web-documents_bg.wasm", module),
        ] {
            fs::write(path(name), content).expect("written");
        }
        hash_names(folder.path()).expect("renamed");
        let files = fs::read_dir(folder.path()).expect("readable");
        let mut names: Vec<_> = files
            .map(|it| {
                it.expect("readable")
                    .file_name()
                    .into_string()
                    .expect("text")
            })
            .collect();
        names.sort();
        let page = fs::read_to_string(path("index.html")).expect("readable");
        let hash = hash_of(&names[1]);
        assert_eq!(page, format!("<button data-build=\"{hash}\">"));
        let script = fs::read_to_string(path(&names[1])).expect("readable");
        assert!(script.contains(&format!("'{}'", names[2])), "{script}");
        names
    }

    fn hash_of(script: &str) -> &str {
        let hash = script.strip_prefix("inturn-web-documents-");
        let hash = hash.and_then(|it| it.strip_suffix(".js"));
        hash.expect("the name has a hash")
    }

    #[test]
    fn names_and_references_contain_the_hash_of_the_content() {
        let names = build("one");
        let [_, script, module] = &names[..] else {
            panic!("{names:?}");
        };
        let hash = hash_of(script);
        assert_eq!(hash.len(), 12);
        assert_eq!(*module, format!("inturn-web-documents-{hash}_bg.wasm"));
        assert_eq!(build("one"), names);
        assert_ne!(build("two"), names);
    }

    #[test]
    fn a_page_without_the_module_is_refused() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for name in ["inturn-web-documents.js", "inturn-web-documents_bg.wasm"] {
            fs::write(folder.path().join(name), name).expect("written");
        }
        fs::write(folder.path().join("index.html"), "").expect("written");
        assert!(hash_names(folder.path()).is_err());
    }
}
