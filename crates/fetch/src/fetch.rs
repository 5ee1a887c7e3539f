//! The steps, in order.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{
    checksum,
    error::FetchError,
    http,
    package::{System, Wheel},
    pip::Pip,
    source::{Source, host},
    staging::Staging,
    step::Step,
};

/// Fetches the package for this system into `folder`, whose content it replaces. `report` gets each
/// step. Returns the size of the unpacked package in bytes.
///
/// Blocks the thread: it is for a command that does nothing else.
///
/// # Errors
///
/// [`FetchError`]. What was in the folder stays there then.
pub async fn fetch(
    folder: &Path,
    source: &Source,
    report: &mut dyn FnMut(Step),
) -> Result<u64, FetchError> {
    let system = System::this().ok_or(FetchError::NoPackage)?;
    fetch_one_of(&system.wheels(), folder, source, report).await
}

async fn fetch_one_of(
    wheels: &[Wheel],
    folder: &Path,
    source: &Source,
    report: &mut dyn FnMut(Step),
) -> Result<u64, FetchError> {
    let staging = Staging::open(folder)?;
    let wheel = match checked_wheel(wheels, source, &staging, report).await {
        Ok(wheel) => wheel,
        Err(error) => {
            staging.discard();
            return Err(error);
        }
    };
    report(Step::Unpack {
        folder: staging.folder().to_owned(),
    });
    // If this fails, because the disk is full, the next run needs no download.
    staging.install(&wheel)
}

/// Returns a file with the right SHA-256.
async fn checked_wheel(
    wheels: &[Wheel],
    source: &Source,
    staging: &Staging,
    report: &mut dyn FnMut(Step),
) -> Result<PathBuf, FetchError> {
    let wheel = match source {
        Source::File(file) => file.clone(),
        Source::Pip | Source::Url(_) => match staging.complete_download(wheels) {
            Some(wheel) => {
                report(Step::Kept);
                wheel
            }
            None => download(wheels, source, staging, report).await?,
        },
    };
    let size = fs::metadata(&wheel).map_err(|error| FetchError::Io {
        path: wheel.clone(),
        error,
    })?;
    report(Step::Check { bytes: size.len() });
    checksum::check(&wheel, wheels)?;
    Ok(wheel)
}

async fn download(
    wheels: &[Wheel],
    source: &Source,
    staging: &Staging,
    report: &mut dyn FnMut(Step),
) -> Result<PathBuf, FetchError> {
    let first = wheels.first().ok_or(FetchError::NoPackage)?;
    if let Source::Url(url) = source {
        report(Step::Download { host: host(url) });
        let path = staging.download_folder()?.join(first.file);
        http::download(url, &path, report).await?;
        return Ok(path);
    }
    let pip = Pip::find().ok_or_else(|| FetchError::no_pip(first))?;
    report(Step::Pip);
    pip.download(wheels, &staging.download_folder()?)
        .map_err(|error| FetchError::pip(error, first))
}

#[cfg(test)]
mod tests;
