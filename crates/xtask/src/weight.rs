//! The page's weight, held to what it was when somebody last looked at it.

use std::{ffi::OsStr, fs, io, path::Path};

use crate::{failure::Failure, run::note, workspace::Workspace};

/// Compares the built client with [`RECORDED_BYTES`].
///
/// # Errors
///
/// One sentence when it has grown by more than 5 %, or can't be read.
pub(crate) fn check(workspace: &Workspace) -> Result<(), Failure> {
    let dist = workspace.dist();
    let bytes = first_visit(&dist)
        .map_err(|error| Failure::new(format!("{} can't be weighed: {error}.", dist.display())))?;
    judge(bytes).map_err(Failure::new)?;
    note(&format!(
        "a first visit weighs {bytes} bytes, {RECORDED_BYTES} when it was last written down"
    ));
    Ok(())
}

fn judge(bytes: u64) -> Result<(), String> {
    if bytes * 100 <= RECORDED_BYTES * (100 + GROWTH_PERCENT) {
        return Ok(());
    }
    Err(format!(
        "The page has grown from {RECORDED_BYTES} to {bytes} bytes over the wire, more than \
         {GROWTH_PERCENT} %: look at what `cargo xtask bench -- weight` says it is made of, make it \
         lighter, or write the new weight down in crates/xtask/src/weight.rs and say why."
    ))
}

/// All files as a browser gets them: compressed by brotli where that makes them smaller.
fn first_visit(folder: &Path) -> io::Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|it| it == "br" || it == "gz") {
            continue;
        }
        let mut packed = path.clone().into_os_string();
        packed.push(OsStr::new(".br"));
        let served = fs::metadata(packed).or_else(|_| fs::metadata(&path))?;
        bytes += served.len();
    }
    Ok(bytes)
}

/// All files of a first visit together, compressed, when this was last changed.
const RECORDED_BYTES: u64 = 86_000;

/// More is a decision.
const GROWTH_PERCENT: u64 = 5;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_little_growth_passes_and_more_is_one_sentence() {
        assert_eq!(judge(RECORDED_BYTES * 105 / 100), Ok(()));
        let sentence = judge(RECORDED_BYTES * 105 / 100 + 1).expect_err("too heavy");
        assert!(sentence.contains("weight.rs"), "{sentence}");
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
        assert_eq!(first_visit(folder.path()).expect("it can be read"), 307);
    }
}
