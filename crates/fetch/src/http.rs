//! Downloads a file from an address.

use std::{error::Error, fs::File, io::Write as _, path::Path, time::Duration};

use reqwest::{Client, Url};

use crate::{error::FetchError, source::host, step::Step};

/// Downloads a file to `path`.
///
/// # Errors
///
/// If it can't be downloaded completely, is too large, or can't be written.
pub(crate) async fn download(
    url: &Url,
    path: &Path,
    report: &mut dyn FnMut(Step),
) -> Result<(), FetchError> {
    let failed = |error: reqwest::Error| network(url, &error);
    // Fails only if a provider is installed already, which works as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(READ_TIMEOUT)
        .build()
        .map_err(failed)?;
    let mut response = client.get(url.clone()).send().await.map_err(failed)?;
    if !response.status().is_success() {
        return Err(FetchError::Status {
            host: host(url),
            status: response.status().as_u16(),
        });
    }
    let too_large = || FetchError::TooLarge {
        host: host(url),
        max_mb: MAX_BYTES >> 20,
    };
    let total = response.content_length();
    if total.is_some_and(|total| total > MAX_BYTES) {
        return Err(too_large());
    }
    let mut file = File::create(path).map_err(|error| FetchError::io(path, error))?;
    let mut received = 0;
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        received += chunk.len() as u64;
        if received > MAX_BYTES {
            return Err(too_large());
        }
        file.write_all(&chunk)
            .map_err(|error| FetchError::io(path, error))?;
        report(Step::Received { received, total });
    }
    Ok(())
}

/// Explains an error without the address, which may contain credentials.
fn network(url: &Url, error: &reqwest::Error) -> FetchError {
    let mut cause: &dyn Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    let cause = if error.is_timeout() {
        "no data arrives".to_owned()
    } else if cause.is::<reqwest::Error>() {
        // It has no cause, and may contain the address.
        "the request failed".to_owned()
    } else {
        cause.to_string()
    };
    FetchError::Network {
        host: host(url),
        cause,
    }
}

/// Twice the largest file of the package.
const MAX_BYTES: u64 = 128 << 20;

/// Slow networks need some seconds.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);

/// Time without any data. There is no limit for the whole download, because networks differ.
const READ_TIMEOUT: Duration = Duration::from_secs(30);
