//! Installs packages with npm, at the versions and checksums of a lock file.

use std::{fs, io, path::PathBuf};

use crate::{
    failure::Failure,
    run::{self, info, program, step},
    workspace::Workspace,
};

/// A folder with a `package-lock.json`, to be installed elsewhere.
pub(crate) struct Packages {
    /// Its name in messages.
    pub(crate) name: &'static str,
    /// The folder in the repository.
    pub(crate) source: PathBuf,
    /// The folder of the installation, which gets a copy of the files.
    pub(crate) installed: PathBuf,
    /// The files of `source`.
    pub(crate) files: &'static [&'static str],
}

impl Packages {
    /// Returns `true` if the same files are installed already.
    pub(crate) fn are_installed(&self) -> bool {
        self.installed.join("node_modules").is_dir()
            && self.files.iter().all(|name| {
                let [new, old] =
                    [&self.source, &self.installed].map(|folder| fs::read(folder.join(name)));
                matches!((new, old), (Ok(new), Ok(old)) if new == old)
            })
    }

    /// Installs the packages, unless they are installed already. npm compares the checksum of each
    /// download with that in the lock file.
    ///
    /// # Errors
    ///
    /// Returns an error if a file can't be copied or npm fails.
    pub(crate) fn ensure(&self, workspace: &Workspace) -> Result<(), Failure> {
        let Self {
            name, installed, ..
        } = self;
        if self.are_installed() {
            info(&format!("{name} is up to date"));
            return Ok(());
        }
        step(&format!(
            "Installing {name} into {} with npm (once, takes seconds)",
            installed.display()
        ));
        self.copy().map_err(|error| {
            Failure::new(format!(
                "The files of {name} can't be copied to {}: {error}.",
                installed.display()
            ))
        })?;
        let mut npm = program(workspace, "npm");
        npm.current_dir(installed).args([
            "ci",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--loglevel=error",
        ]);
        let message = format!(
            "{name} could not be installed, see above: check the network and npm's registry, and \
             run this again."
        );
        run::run(&mut npm, &message).inspect_err(|_| {
            // Otherwise the next run would take a partial installation for a complete one.
            let _ = fs::remove_dir_all(installed.join("node_modules"));
        })
    }

    fn copy(&self) -> io::Result<()> {
        fs::create_dir_all(&self.installed)?;
        for name in self.files {
            fs::copy(self.source.join(name), self.installed.join(name))?;
        }
        Ok(())
    }
}
