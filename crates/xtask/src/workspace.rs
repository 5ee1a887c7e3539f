//! The paths of this repository.

use std::path::{Path, PathBuf};

/// The folders of this repository.
#[derive(Debug, Clone)]
pub(crate) struct Workspace {
    root: PathBuf,
}

impl Workspace {
    /// The repository from which this program was compiled.
    pub(crate) fn of_this_crate() -> Self {
        let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
        let root = crates.and_then(Path::parent);
        Self {
            root: root
                .expect("this package is in `crates/` of the repository")
                .to_path_buf(),
        }
    }

    /// The repository's root.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Joins `relative` to the root.
    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    /// The folder of the built client.
    pub(crate) fn dist(&self) -> PathBuf {
        self.path("dist")
    }

    /// The folder for tools that these commands install; kept between runs.
    pub(crate) fn tools(&self) -> PathBuf {
        self.path("target/tools")
    }
}
