//! Folders with the built page and files of the bench.

use std::{fs, path::Path};

use anyhow::Context as _;
use inturn_tests::machine;
use tempfile::TempDir;

/// Creates a folder with the built page's files and `others`, which replace files of the same name.
pub(crate) fn folder(others: &[(&str, &[u8])]) -> anyhow::Result<TempDir> {
    let folder = tempfile::tempdir()?;
    for entry in fs::read_dir(machine::client_dir())? {
        let from = entry?.path();
        let name = from.file_name().context("file without a name")?;
        let plain = name.to_string_lossy();
        let plain = plain.trim_end_matches(".br").trim_end_matches(".gz");
        if others.iter().all(|(other, _)| *other != plain) {
            fs::copy(&from, folder.path().join(name))?;
        }
    }
    for (name, content) in others {
        fs::write(folder.path().join(name), content)?;
    }
    Ok(folder)
}

/// Creates a folder with the built page, the bench's page and scripts, and `others`.
pub(crate) fn bench_folder(others: &[(&str, &[u8])]) -> anyhow::Result<TempDir> {
    folder(&[SCRIPTS, others].concat())
}

/// Reads a file of the built page.
pub(crate) fn built(name: &str) -> anyhow::Result<String> {
    let path = machine::client_dir().join(Path::new(name));
    fs::read_to_string(&path).with_context(|| format!("{} can't be read", path.display()))
}

const SCRIPTS: &[(&str, &[u8])] = &[
    ("bench.html", include_bytes!("../../../web/bench.html")),
    ("bench.js", include_bytes!("../../../web/bench.js")),
    ("drain.js", include_bytes!("../../../web/drain.js")),
    (
        "empty-processor.js",
        include_bytes!("../../../web/empty-processor.js"),
    ),
    ("pipeline.js", include_bytes!("../../../web/pipeline.js")),
];
