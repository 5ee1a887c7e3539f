//! A file that is complete at every moment.

use std::{
    fs::{self, OpenOptions, Permissions},
    io::{self, ErrorKind, Write},
    path::{Path, PathBuf},
};

/// A file of which each version replaces the one before at once.
///
/// A version is written to a temporary file in the same folder, which is then renamed. So a reader,
/// and a program that is killed, never leaves or sees half a version. An existing file keeps its
/// permissions, and is replaced by the first version only. A symbolic link stays: the file that it
/// points to is replaced.
#[derive(Debug)]
pub(super) struct WholeFile {
    /// Where links lead to.
    path: PathBuf,
    permissions: Option<Permissions>,
}

impl WholeFile {
    /// Checks that `path` can be written.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let path = resolved(path)?;
        let permissions = match fs::metadata(&path) {
            Ok(metadata) => {
                check_writable(&path, &metadata.permissions())?;
                Some(metadata.permissions())
            }
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        // Fails now, and not after an hour, if there is no such folder or it is read-only.
        let file = Self { path, permissions };
        drop(file.temporary()?);
        Ok(file)
    }

    /// Replaces the content. With `is_last`, it is on the disk before this returns.
    pub(super) fn replace(&self, content: &str, is_last: bool) -> io::Result<()> {
        let mut temporary = self.temporary()?;
        temporary.write_all(content.as_bytes())?;
        if let Some(permissions) = &self.permissions {
            temporary.as_file().set_permissions(permissions.clone())?;
        }
        if is_last {
            temporary.as_file().sync_all()?;
        }
        temporary.persist(&self.path).map_err(|it| it.error)?;
        Ok(())
    }

    fn temporary(&self) -> io::Result<tempfile::NamedTempFile> {
        let folder = self.path.parent().filter(|it| !it.as_os_str().is_empty());
        let mut builder = tempfile::Builder::new();
        builder.prefix(".inturn-").suffix(".tmp");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            // As for any new file: the process' mask is subtracted.
            builder.permissions(Permissions::from_mode(0o666));
        }
        builder.tempfile_in(folder.unwrap_or(Path::new(".")))
    }
}

/// Returns `true` if `path` is something other than a file that can be replaced: a pipe, a terminal
/// or another device.
pub(super) fn is_special(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|it| !it.is_file() && !it.is_dir())
}

/// Follows symbolic links, also one that points to a file that does not exist yet.
fn resolved(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..MAX_LINKS {
        match fs::read_link(&path) {
            // A relative target counts from the folder of the link.
            Ok(target) => path = path.parent().unwrap_or(Path::new("")).join(target),
            Err(_) => return Ok(path),
        }
    }
    Err(io::Error::other("there are too many symbolic links"))
}

/// Renaming would replace a file that may not be written, and root may write any file.
pub(super) fn check_writable(path: &Path, permissions: &Permissions) -> io::Result<()> {
    if permissions.readonly() {
        return Err(ErrorKind::ReadOnlyFilesystem.into());
    }
    drop(OpenOptions::new().append(true).open(path)?);
    Ok(())
}

/// As many as Linux follows. <https://man7.org/linux/man-pages/man7/path_resolution.7.html>
const MAX_LINKS: usize = 40;
