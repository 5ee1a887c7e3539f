//! Lists the files of the repository.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// Returns the files below `root` with one of these `extensions`, relative to `root` and sorted.
/// Skips hidden and generated folders.
///
/// # Errors
///
/// Returns an error if a folder can't be read.
pub(crate) fn with_extensions(root: &Path, extensions: &[&str]) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root.join(&folder))? {
            let entry = entry?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if name.starts_with('.') || GENERATED.contains(&name.as_ref()) {
                continue;
            }
            let path = folder.join(name.as_ref());
            if entry.file_type()?.is_dir() {
                folders.push(path);
            } else if extensions
                .iter()
                .any(|it| path.extension().is_some_and(|e| e == *it))
            {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

/// Names of folders that builds and npm generate.
const GENERATED: &[&str] = &["target", "dist", "node_modules"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_and_generated_folders_are_left_out() {
        let root = tempfile::tempdir().expect("a temporary folder");
        for file in [
            "a.rs",
            "b/c.rs",
            "b/d.md",
            "target/e.rs",
            ".git/f.rs",
            "b/dist/g.rs",
        ] {
            let path = root.path().join(file);
            fs::create_dir_all(path.parent().expect("has a folder")).expect("created");
            fs::write(path, "").expect("written");
        }
        let files = with_extensions(root.path(), &["rs"]).expect("readable");
        assert_eq!(files, [PathBuf::from("a.rs"), PathBuf::from("b/c.rs")]);
    }
}
