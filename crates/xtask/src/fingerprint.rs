//! Detects whether files have changed since the last build.

use std::{
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    io,
    path::{Path, PathBuf},
};

/// A hash of file names and contents.
///
/// It need not resist attacks, so the standard library's hasher is enough. A new Rust version may
/// change the hasher, which costs one build.
#[derive(Default)]
pub(crate) struct Fingerprint(DefaultHasher);

impl Fingerprint {
    /// Adds a text, such as a version.
    pub(crate) fn add(&mut self, text: &str) {
        text.hash(&mut self.0);
    }

    /// Adds a file, or all files of a folder except those whose names start with a dot.
    ///
    /// # Errors
    ///
    /// Returns an error if something can't be read.
    pub(crate) fn add_path(&mut self, root: &Path, relative: &Path) -> io::Result<()> {
        let mut files = Vec::new();
        collect(root, relative, &mut files)?;
        // `read_dir` returns entries in no particular order.
        files.sort();
        for file in files {
            file.hash(&mut self.0);
            fs::read(root.join(&file))?.hash(&mut self.0);
        }
        Ok(())
    }

    /// Returns the hash as text.
    pub(crate) fn finish(&self) -> String {
        format!("{:016x}", self.0.finish())
    }
}

fn collect(root: &Path, relative: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    if !root.join(relative).is_dir() {
        files.push(relative.to_path_buf());
        return Ok(());
    }
    for entry in fs::read_dir(root.join(relative))? {
        let name = entry?.file_name();
        // Editors keep unsaved copies under such names.
        if !name.to_string_lossy().starts_with('.') {
            collect(root, &relative.join(name), files)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(root: &Path) -> String {
        let mut fingerprint = Fingerprint::default();
        fingerprint
            .add_path(root, Path::new("src"))
            .expect("the folder was just created");
        fingerprint.finish()
    }

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::create_dir_all(folder.path().join("src/deep")).expect("written");
        write(&folder, "src/a.rs", "a");
        write(&folder, "src/deep/b.rs", "b");
        folder
    }

    fn write(folder: &tempfile::TempDir, name: &str, text: &str) {
        fs::write(folder.path().join(name), text).expect("written");
    }

    #[test]
    fn equal_files_give_equal_fingerprints() {
        assert_eq!(of(folder().path()), of(folder().path()));
    }

    #[test]
    fn changed_content_and_added_removed_or_renamed_files_change_the_fingerprint() {
        let unchanged = of(folder().path());
        let changes: [fn(&tempfile::TempDir); 4] = [
            |folder| write(folder, "src/deep/b.rs", "B"),
            |folder| write(folder, "src/deep/c.rs", ""),
            |folder| fs::remove_file(folder.path().join("src/a.rs")).expect("removed"),
            |folder| {
                let name = |name: &str| folder.path().join(name);
                fs::rename(name("src/a.rs"), name("src/z.rs")).expect("renamed");
            },
        ];
        for (index, change) in changes.into_iter().enumerate() {
            let folder = folder();
            change(&folder);
            assert_ne!(of(folder.path()), unchanged, "change {index}");
        }
    }

    #[test]
    fn hidden_files_of_editors_are_ignored() {
        let folder = folder();
        write(&folder, "src/.a.rs.swp", "unsaved");
        assert_eq!(of(folder.path()), of(super::tests::folder().path()));
    }

    #[test]
    fn a_missing_input_is_an_error() {
        let folder = folder();
        let missing = Path::new("nowhere");
        assert!(
            Fingerprint::default()
                .add_path(folder.path(), missing)
                .is_err()
        );
    }
}
