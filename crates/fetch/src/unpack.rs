//! Unpacks the package, which is a zip file.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::{self, Read as _, Write as _},
    path::Path,
};

use zip::{ZipArchive, result::ZipError};

use crate::error::FetchError;

/// Unpacks `archive` into `folder`, which must be new. Returns the number of bytes written.
///
/// # Errors
///
/// If a path leads out of the folder or occurs twice, if an entry is a link, if there is too much
/// in it, if it is damaged, or if a file can't be written.
pub(crate) fn unpack(archive: &Path, folder: &Path) -> Result<u64, FetchError> {
    unpack_limited(archive, folder, MAX_BYTES)
}

fn unpack_limited(archive: &Path, folder: &Path, max_bytes: u64) -> Result<u64, FetchError> {
    let file = File::open(archive).map_err(|error| FetchError::io(archive, error))?;
    let mut zip = ZipArchive::new(file).map_err(damaged)?;
    if zip.len() > MAX_ENTRIES {
        return Err(refused(format_args!("it has {} entries", zip.len())));
    }
    fs::create_dir(folder).map_err(|error| FetchError::io(folder, error))?;
    let mut written = 0;
    let mut seen = BTreeSet::new();
    for index in 0..zip.len() {
        let mut entry = zip.by_index(index).map_err(damaged)?;
        let name = entry.name().map_err(damaged)?.into_owned();
        let Some(path) = entry.enclosed_name() else {
            return Err(refused(format_args!("{name:?} leads out of its folder")));
        };
        if entry.is_symlink() {
            return Err(refused(format_args!("{name:?} is a link")));
        }
        let path = folder.join(path);
        if entry.is_dir() {
            fs::create_dir_all(&path).map_err(|error| FetchError::io(&path, error))?;
            continue;
        }
        if !seen.insert(path.clone()) {
            return Err(refused(format_args!("{name:?} is there twice")));
        }
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(|error| FetchError::io(parent, error))?;
        }
        let mut file = File::create_new(&path).map_err(|error| FetchError::io(&path, error))?;
        let mut buffer = vec![0; BUFFER_BYTES];
        loop {
            // Errors of the two sides differ: a damaged archive, or a full disk.
            let count = match entry.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(refused(format_args!("{name:?}: {error}"))),
            };
            written += count as u64;
            // The size in the archive may be wrong, so that what was read counts.
            if written > max_bytes {
                return Err(refused(format_args!(
                    "it holds more than {max_bytes} bytes"
                )));
            }
            file.write_all(&buffer[..count])
                .map_err(|error| FetchError::io(&path, error))?;
        }
    }
    Ok(written)
}

fn damaged(error: ZipError) -> FetchError {
    FetchError::Archive(error.to_string())
}

fn refused(reason: std::fmt::Arguments<'_>) -> FetchError {
    FetchError::Archive(reason.to_string())
}

/// Four times the package's 113 MB.
const MAX_BYTES: u64 = 512 << 20;

/// Many times the package's 40.
const MAX_ENTRIES: usize = 10_000;

/// Large enough that system calls cost little.
const BUFFER_BYTES: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use tempfile::TempDir;
    use zip::{ZipWriter, write::SimpleFileOptions};

    use super::*;
    use crate::test_zip::test_zip;

    struct Trial {
        root: TempDir,
        archive: PathBuf,
    }

    impl Trial {
        fn new(entries: &[(&str, &str)]) -> Self {
            let root = tempfile::tempdir().expect("a folder");
            let archive = root.path().join("a.whl");
            fs::write(&archive, test_zip(entries)).expect("a file");
            Self { root, archive }
        }

        fn unpack(&self) -> Result<u64, FetchError> {
            unpack_limited(&self.archive, &self.root.path().join("new"), 100)
        }

        fn error(&self) -> String {
            self.unpack().expect_err("it must not work").to_string()
        }
    }

    #[test]
    fn files_and_folders_are_written() {
        let trial = Trial::new(&[("a/b/c.txt", "words"), ("d/", ""), ("e", "")]);
        assert_eq!(trial.unpack().expect("a good archive"), 5);
        let new = trial.root.path().join("new");
        assert_eq!(
            fs::read_to_string(new.join("a/b/c.txt")).expect("a file"),
            "words"
        );
        assert!(new.join("d").is_dir() && new.join("e").is_file());
    }

    #[test]
    fn a_path_that_leads_out_of_the_folder_is_refused() {
        for name in ["../escaped", "a/../../escaped", "/escaped"] {
            let trial = Trial::new(&[(name, "x")]);
            let result = trial.unpack();
            assert!(!trial.root.path().join("escaped").exists(), "{name}");
            assert!(!Path::new("/escaped").exists(), "{name}");
            // An absolute path may also be read as one inside the folder.
            if name != "/escaped" {
                let error = result.expect_err("refused").to_string();
                assert!(error.contains("leads out"), "{error}");
            }
        }
    }

    #[test]
    fn more_bytes_than_allowed_are_refused() {
        let trial = Trial::new(&[("a", &"x".repeat(60)), ("b", &"x".repeat(60))]);
        assert!(trial.error().contains("more than 100 bytes"));
    }

    #[test]
    fn a_link_is_refused() {
        let trial = Trial::new(&[]);
        let mut zip = ZipWriter::new(File::create(&trial.archive).expect("a file"));
        zip.add_symlink("a", "/etc/passwd", SimpleFileOptions::default())
            .expect("an entry");
        zip.finish().expect("an archive");
        assert!(trial.error().contains("\"a\" is a link"));
    }

    #[test]
    fn two_entries_for_one_file_are_refused() {
        let trial = Trial::new(&[("a", "1"), ("./a", "2")]);
        assert!(trial.error().contains("\"./a\" is there twice"));
    }

    #[test]
    fn too_many_entries_are_refused_before_any_is_written() {
        let names: Vec<_> = (0..=MAX_ENTRIES).map(|it| it.to_string()).collect();
        let entries: Vec<_> = names.iter().map(|name| (name.as_str(), "")).collect();
        let trial = Trial::new(&entries);
        assert!(trial.error().contains("it has 10001 entries"));
        assert!(!trial.root.path().join("new").exists());
    }

    #[test]
    fn a_damaged_archive_is_refused() {
        let trial = Trial::new(&[("a/b/c.txt", "these are the words of the file")]);
        let good = fs::read(&trial.archive).expect("a file");
        fs::write(&trial.archive, &good[..good.len() / 2]).expect("a file");
        assert!(trial.error().starts_with("The package can't be unpacked"));

        let mut bad = good;
        let place = bad.windows(5).position(|it| it == b"words").expect("words");
        bad[place] ^= 1;
        fs::write(&trial.archive, bad).expect("a file");
        assert!(trial.error().contains("c.txt"), "its checksum is wrong");
    }
}
