//! Where things are.

use std::path::{Path, PathBuf};

/// The folders of this repository.
#[derive(Debug, Clone)]
pub(crate) struct Workspace {
    root: PathBuf,
}

impl Workspace {
    /// The repository that this program was compiled from.
    pub(crate) fn of_this_source() -> Self {
        let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
        let root = crates.and_then(Path::parent);
        Self {
            root: root
                .expect("this package lies in `crates/` of the repository")
                .to_path_buf(),
        }
    }

    /// The repository's root.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// A path given relative to the root.
    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    /// The built client, as `Trunk.toml` says.
    pub(crate) fn dist(&self) -> PathBuf {
        self.path("dist")
    }

    /// Tools that this repository installs for itself; kept between runs.
    pub(crate) fn tools(&self) -> PathBuf {
        self.path("target/tools")
    }
}
