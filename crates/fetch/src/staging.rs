//! The folder next to the package's, in which the package is prepared.

use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf, absolute},
};

use crate::{checksum, error::FetchError, package::Wheel, unpack::unpack};

/// The folder in which the package is prepared. It is locked for this process.
pub(crate) struct Staging {
    /// Where the package belongs.
    folder: PathBuf,
    staging: PathBuf,
    lock: File,
}

impl Staging {
    /// Creates the folder, or opens the one of a run that was interrupted, and removes what is
    /// incomplete in it.
    ///
    /// # Errors
    ///
    /// If it can't be written, if another process uses it, or if `folder` contains anything else
    /// than the package.
    pub(crate) fn open(folder: &Path) -> Result<Self, FetchError> {
        // A link is followed, so that it stays one.
        let folder = fs::canonicalize(folder)
            .or_else(|_| absolute(folder))
            .map_err(|error| FetchError::io(folder, error))?;
        check_replaceable(&folder)?;
        let Some(name) = folder.file_name() else {
            return Err(FetchError::NoFolder(folder));
        };
        let mut name = name.to_owned();
        name.push(".fetching");
        let staging = folder.with_file_name(name);
        let open = |path: &Path| {
            fs::create_dir_all(path)?;
            File::create(path.join(LOCK))
        };
        let lock = open(&staging).map_err(|error| FetchError::io(&staging, error))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(FetchError::Busy(folder)),
            Err(TryLockError::Error(error)) => return Err(FetchError::io(&staging, error)),
        }
        let this = Self {
            folder,
            staging,
            lock,
        };
        this.remove(UNPACKED)?;
        this.remove(REPLACED)?;
        Ok(this)
    }

    /// Returns the folder where the package belongs.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns the complete download of a run that was interrupted.
    pub(crate) fn complete_download(&self, wheels: &[Wheel]) -> Option<PathBuf> {
        let files = fs::read_dir(self.staging.join(DOWNLOAD)).ok()?.flatten();
        files
            .map(|file| file.path())
            .find(|path| checksum::check(path, wheels).is_ok())
    }

    /// Returns an empty folder for a download.
    ///
    /// # Errors
    ///
    /// If it can't be written.
    pub(crate) fn download_folder(&self) -> Result<PathBuf, FetchError> {
        self.remove(DOWNLOAD)?;
        let path = self.staging.join(DOWNLOAD);
        fs::create_dir(&path).map_err(|error| FetchError::io(&path, error))?;
        Ok(path)
    }

    /// Unpacks the package and moves it to its place. Returns its size in bytes.
    ///
    /// # Errors
    ///
    /// If it can't be unpacked or moved. Then what was in its place stays there, and of the folder
    /// only a download is left.
    pub(crate) fn install(self, wheel: &Path) -> Result<u64, FetchError> {
        let installed = self.unpack_and_move(wheel);
        match installed {
            Ok(_) => self.discard(),
            Err(_) => self.keep_download(),
        }
        installed
    }

    fn unpack_and_move(&self, wheel: &Path) -> Result<u64, FetchError> {
        let new = self.staging.join(UNPACKED);
        let old = self.staging.join(REPLACED);
        let bytes = unpack(wheel, &new)?;
        let was_there = self.folder.exists();
        let move_to = |from: &Path, to: &Path| {
            fs::rename(from, to).map_err(|error| FetchError::rename(&self.folder, error))
        };
        if was_there {
            move_to(&self.folder, &old)?;
        }
        if let Err(error) = move_to(&new, &self.folder) {
            if was_there {
                move_to(&old, &self.folder)?;
            }
            return Err(error);
        }
        Ok(bytes)
    }

    /// Removes what was unpacked, and the folder if nothing else is in it.
    fn keep_download(self) {
        // What is left is removed by the next run.
        let _ = self.remove(UNPACKED);
        drop(self.lock);
        let _ = fs::remove_file(self.staging.join(LOCK));
        let _ = fs::remove_dir(&self.staging);
    }

    /// Removes the folder, with everything that is in it.
    pub(crate) fn discard(self) {
        // Windows removes no open file.
        drop(self.lock);
        // What is left is removed by the next run.
        let _ = fs::remove_dir_all(&self.staging);
    }

    fn remove(&self, name: &str) -> Result<(), FetchError> {
        let path = self.staging.join(name);
        match fs::remove_dir_all(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(FetchError::io(&path, error))
            }
            _ => Ok(()),
        }
    }
}

/// Checks that nothing is lost if a folder is replaced: it is missing or empty, or contains the
/// package, also one that pip has installed.
fn check_replaceable(folder: &Path) -> Result<(), FetchError> {
    let is_ours = |name: &str| name.starts_with("moonshine_voice") || OURS.contains(&name);
    if let Some(name) = other_entry(folder, is_ours)? {
        let folder = folder.to_owned();
        return Err(FetchError::OtherFiles { folder, name });
    }
    let programs = folder.join(PROGRAMS);
    if let Some(name) = other_entry(&programs, |name| name.starts_with("moonshine"))? {
        let folder = programs;
        return Err(FetchError::OtherFiles { folder, name });
    }
    Ok(())
}

/// Returns the name of an entry that is not ours. A missing folder has none.
fn other_entry(
    folder: &Path,
    is_ours: impl Fn(&str) -> bool,
) -> Result<Option<String>, FetchError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            return Err(FetchError::NoFolder(folder.to_owned()));
        }
        Err(error) => return Err(FetchError::io(folder, error)),
    };
    for entry in entries {
        let entry = entry.map_err(|error| FetchError::io(folder, error))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !is_ours(&name) {
            return Ok(Some(name));
        }
    }
    Ok(None)
}

const LOCK: &str = "lock";
const DOWNLOAD: &str = "download";
const UNPACKED: &str = "new";
const REPLACED: &str = "old";

/// Programs that pip installs with the package.
const PROGRAMS: &str = "bin";

/// What pip and `cargo xtask` leave in the folder, in addition to the package.
const OURS: [&str; 3] = [PROGRAMS, "requirements.txt", "wheel.sha256"];

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::test_zip::test_zip;

    /// Returns a folder with an archive, and the place of the package in it.
    fn trial() -> (TempDir, PathBuf, PathBuf) {
        let root = tempfile::tempdir().expect("a folder");
        let archive = root.path().join("a.whl");
        fs::write(&archive, test_zip(&[("moonshine_voice/a", "new")])).expect("a file");
        let place = root.path().join("inturn/moonshine");
        (root, archive, place)
    }

    fn text(place: &Path) -> String {
        fs::read_to_string(place.join("moonshine_voice/a")).expect("a file")
    }

    fn write(place: &Path, name: &str) {
        let path = place.join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, "old").expect("a file");
    }

    #[test]
    fn the_package_replaces_an_incomplete_one() {
        let (_root, archive, place) = trial();
        for name in ["moonshine_voice/a", "bin/moonshine-voice"] {
            write(&place, name);
        }
        let staging = Staging::open(&place).expect("replaceable");
        staging.install(&archive).expect("it is installed");
        assert_eq!(text(&place), "new");
        assert!(!place.join("bin").exists());
        let parent = place.parent().expect("a folder");
        assert_eq!(fs::read_dir(parent).expect("a folder").count(), 1);
    }

    #[test]
    fn other_files_are_never_removed() {
        let (_root, _, place) = trial();
        for name in ["thesis.odt", "bin/editor"] {
            write(&place, "moonshine_voice/a");
            write(&place, name);
            let error = Staging::open(&place).err().expect("it is refused");
            assert!(error.to_string().contains("--moonshine-dir"), "{error}");
            assert!(place.join(name).exists());
            fs::remove_dir_all(&place).expect("a folder");
        }
    }

    #[test]
    fn a_bad_archive_leaves_what_was_there() {
        let (_root, archive, place) = trial();
        write(&place, "moonshine_voice/a");
        fs::write(&archive, test_zip(&[("a", "1"), ("../b", "2")])).expect("a file");
        let staging = Staging::open(&place).expect("replaceable");
        assert!(staging.install(&archive).is_err());
        assert_eq!(text(&place), "old");
        let staging = place.with_file_name("moonshine.fetching");
        assert!(!staging.exists(), "what was unpacked is removed");

        // The next run needs no download.
        write(&staging, "download/a.whl");
        let opened = Staging::open(&place).expect("replaceable");
        assert!(opened.install(&archive).is_err());
        assert_eq!(text(&place), "old");
        let left = fs::read_dir(staging).expect("a folder").flatten();
        let left: Vec<_> = left.map(|entry| entry.file_name()).collect();
        assert_eq!(left, ["download"]);
    }

    #[test]
    fn an_interrupted_run_is_repeated() {
        let (_root, archive, place) = trial();
        // Ended while it unpacked, and after the old folder was moved away.
        let staging = place.with_file_name("moonshine.fetching");
        write(&staging, "new/moonshine_voice/half");
        write(&staging, "old/moonshine_voice/a");
        write(&staging, "lock");
        let staging = Staging::open(&place).expect("no process uses it");
        staging.install(&archive).expect("it is installed");
        assert_eq!(text(&place), "new");
        assert!(!place.join("moonshine_voice/half").exists());
    }

    #[test]
    fn two_runs_exclude_each_other() {
        let (_root, _, place) = trial();
        let first = Staging::open(&place).expect("the first");
        assert!(matches!(Staging::open(&place), Err(FetchError::Busy(_))));
        drop(first);
        assert!(Staging::open(&place).is_ok());
    }

    #[test]
    #[cfg(unix)]
    fn a_link_stays_a_link() {
        let (root, archive, place) = trial();
        fs::create_dir_all(&place).expect("a folder");
        let link = root.path().join("link");
        std::os::unix::fs::symlink(&place, &link).expect("a link");
        let staging = Staging::open(&link).expect("replaceable");
        assert_eq!(staging.folder(), fs::canonicalize(&place).expect("a path"));
        staging.install(&archive).expect("it is installed");
        assert!(link.is_symlink());
        assert_eq!(text(&link), "new");
    }
}
