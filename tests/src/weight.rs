//! What the page weighs over the wire, part by part, and how much each part may weigh.

use std::{fs, io, path::Path};

/// A part of the page: files that are needed at the same time.
#[derive(Debug)]
pub struct Part {
    /// What is possible once these files, and those of the parts before, have come.
    pub name: &'static str,
    /// The most that they and the parts before may weigh together.
    pub budget_bytes: u64,
    /// Names without the hashes that the build adds.
    files: &'static [&'static str],
}

/// Which file belongs to which part, in the order in which people need them.
pub const PARTS: [Part; 3] = [
    Part {
        name: "the Record button works",
        budget_bytes: 60_000,
        // `press.js` takes a press from then on, and passes it on when the rest has come.
        files: &[
            "index.html",
            "tokens.css",
            "style.css",
            "icon.svg",
            "crash.js",
            "press.js",
        ],
    },
    Part {
        name: "a recording runs",
        budget_bytes: 110_000,
        files: &[
            "config",
            "inturn-web-client.js",
            "inturn-web-client_bg.wasm",
            "recorder.js",
            "audio-processor.js",
        ],
    },
    Part {
        name: "everything else, loaded on demand",
        budget_bytes: 160_000,
        files: &[],
    },
];

/// A file of the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its name, with the build's hash.
    pub name: String,
    /// As it was built.
    pub raw_bytes: u64,
    /// As the server sends it to browsers.
    pub wire_bytes: u64,
}

impl File {
    /// The place of its part in [`PARTS`]; `None` if the table does not have it.
    #[must_use]
    pub fn part(&self) -> Option<usize> {
        let name = without_hash(&self.name);
        PARTS
            .iter()
            .position(|part| part.files.contains(&name.as_str()))
    }
}

/// The weight of each part together with those before it.
///
/// # Errors
///
/// One sentence for a file that belongs to no part.
pub fn totals(files: &[File]) -> Result<[u64; PARTS.len()], String> {
    let mut totals = [0; PARTS.len()];
    for file in files {
        let part = file.part().ok_or_else(|| {
            format!(
                "{} belongs to no part: add it to the table in tests/src/weight.rs",
                file.name
            )
        })?;
        for total in &mut totals[part..] {
            *total += file.wire_bytes;
        }
    }
    Ok(totals)
}

/// The files of a built page.
///
/// # Errors
///
/// When the folder can't be read.
pub fn built(folder: &Path) -> io::Result<Vec<File>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.ends_with(".br") || name.ends_with(".gz") {
            continue;
        }
        let raw_bytes = fs::metadata(&path)?.len();
        let packed = fs::metadata(path.with_file_name(format!("{name}.br")));
        files.push(File {
            name: name.into_owned(),
            raw_bytes,
            wire_bytes: packed.map_or(raw_bytes, |it| it.len()),
        });
    }
    files.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(files)
}

/// `style-0123456789abcdef.css` is `style.css`, and `app-0123456789abcdef_bg.wasm` is `app_bg.wasm`.
fn without_hash(name: &str) -> String {
    let is_hash = |it: &str| it.len() >= HASH_DIGITS && it.bytes().all(|it| it.is_ascii_hexdigit());
    let Some((stem, rest)) = name.rsplit_once('-') else {
        return name.to_owned();
    };
    let end = rest.find(['_', '.']).unwrap_or(rest.len());
    if is_hash(&rest[..end]) {
        format!("{stem}{}", &rest[end..])
    } else {
        name.to_owned()
    }
}

/// The build's hashes have up to sixteen digits, without leading zeros.
const HASH_DIGITS: usize = 12;

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, wire_bytes: u64) -> File {
        File {
            name: name.to_owned(),
            raw_bytes: 2 * wire_bytes,
            wire_bytes,
        }
    }

    #[test]
    fn a_part_weighs_what_it_and_the_parts_before_it_weigh() {
        let files = [
            file("index.html", 1_000),
            file("style-3b91dc02be53fad.css", 200),
            file("inturn-web-client-efd5ad35a14cd7ff_bg.wasm", 30_000),
            file("inturn-web-client-efd5ad35a14cd7ff.js", 4_000),
            file("audio-processor.js", 5),
        ];
        assert_eq!(totals(&files), Ok([1_200, 35_205, 35_205]));
    }

    #[test]
    fn a_file_that_is_in_no_part_is_named() {
        let sentence = totals(&[file("export-3b91dc02be53fad.js", 1)]).expect_err("unknown");
        assert!(sentence.contains("export-3b91dc02be53fad.js"), "{sentence}");
    }

    #[test]
    fn a_file_counts_once_and_as_it_is_served() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for (name, bytes) in [
            ("a.js", 900),
            ("a.js.br", 300),
            ("a.js.gz", 400),
            ("b.svg", 7),
        ] {
            fs::write(folder.path().join(name), vec![b'x'; bytes]).expect("the folder is ours");
        }
        let files = built(folder.path()).expect("it can be read");
        let weights: Vec<_> = files
            .iter()
            .map(|it| (it.name.as_str(), it.raw_bytes, it.wire_bytes))
            .collect();
        assert_eq!(weights, [("a.js", 900, 300), ("b.svg", 7, 7)]);
    }
}
