//! Serves the built page and its files, from a folder or embedded in the program.

#[cfg(feature = "embed")]
mod embedded;
mod if_range;

use std::{
    io,
    path::{Path, PathBuf},
    time::SystemTime,
};

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use percent_encoding::percent_decode_str;
use tower_http::services::ServeDir;

use crate::error::ApiError;

/// The source of the built page.
pub(crate) enum ClientFiles {
    /// A folder, whose files can be rebuilt at any time.
    Folder(ClientFolder),
    /// Embedded in this program.
    #[cfg(feature = "embed")]
    Embedded,
}

/// A folder with a built page.
pub(crate) struct ClientFolder {
    dir: PathBuf,
    service: ServeDir,
}

impl ClientFiles {
    /// Uses the files in `dir`; without one, the embedded files, or the folder of a local build.
    pub(crate) fn new(dir: Option<&Path>) -> Self {
        match dir {
            Some(dir) => Self::Folder(ClientFolder::new(dir)),
            #[cfg(feature = "embed")]
            None => Self::Embedded,
            #[cfg(not(feature = "embed"))]
            None => Self::Folder(ClientFolder::new(Path::new(DEFAULT_DIR))),
        }
    }

    /// Returns the folder if it contains no page.
    pub(crate) fn folder_without_page(&self) -> Option<&Path> {
        match self {
            Self::Folder(folder) => (!folder.index().is_file()).then_some(&folder.dir),
            #[cfg(feature = "embed")]
            Self::Embedded => None,
        }
    }

    /// Returns the page's HTML, or its path.
    pub(crate) fn index(&self) -> Index {
        match self {
            Self::Folder(folder) => Index::File(folder.index()),
            #[cfg(feature = "embed")]
            Self::Embedded => Index::Text(embedded::index()),
        }
    }

    async fn respond(&self, request: Request) -> io::Result<Response> {
        match self {
            Self::Folder(folder) => {
                let response = folder.service.clone().try_call(request).await?;
                Ok(response.map(axum::body::Body::new))
            }
            #[cfg(feature = "embed")]
            Self::Embedded => Ok(embedded::respond(&request)),
        }
    }
}

/// The page's HTML, or its path.
pub(crate) enum Index {
    /// A file, which can change.
    File(PathBuf),
    /// The embedded HTML.
    #[cfg_attr(
        not(feature = "embed"),
        expect(dead_code, reason = "for embedded pages only")
    )]
    Text(String),
}

impl ClientFolder {
    /// Serves `dir`, with the precompressed `.br` and `.gz` files if the client accepts them.
    fn new(dir: &Path) -> Self {
        let service = ServeDir::new(dir)
            // Folders have no index page. A redirect to one would contain an absolute path, which
            // breaks behind a proxy with a prefix.
            .append_index_html_on_directories(false)
            .precompressed_br()
            .precompressed_gzip();
        Self {
            dir: dir.to_owned(),
            service,
        }
    }

    fn index(&self) -> PathBuf {
        self.dir.join("index.html")
    }
}

/// Serves a file of the page, compressed if accepted, or 304.
pub(crate) async fn serve(files: &ClientFiles, mut request: Request) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let mut response = ApiError::METHOD_NOT_ALLOWED.into_response();
        let allowed = HeaderValue::from_static("GET, HEAD");
        response.headers_mut().insert(header::ALLOW, allowed);
        return response;
    }
    let path = request.uri().path().to_owned();
    let is_page = is_page(&path);
    if is_hidden(&path) {
        return ApiError::NOT_FOUND.into_response();
    }
    if path == "/" {
        *request.uri_mut() = Uri::from_static("/index.html");
    }
    let mut response = match respond(files, request).await {
        Ok(response) => response,
        Err(error) if is_not_found(&error) => return not_found(is_page),
        Err(error) => {
            tracing::error!(%error, "reading a file of the page failed");
            return ApiError::INTERNAL.into_response();
        }
    };
    match response.status() {
        StatusCode::NOT_FOUND => return not_found(is_page),
        StatusCode::OK | StatusCode::PARTIAL_CONTENT | StatusCode::NOT_MODIFIED => {
            let policy = if is_hashed(&path) {
                FOREVER
            } else {
                REVALIDATE
            };
            let headers = response.headers_mut();
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(policy));
        }
        _ => {}
    }
    response
}

/// Responds with the part in `Range`, or with the whole file if `If-Range` does not match it.
async fn respond(files: &ClientFiles, mut request: Request) -> io::Result<Response> {
    let headers = request.headers();
    if !(headers.contains_key(header::IF_RANGE) && headers.contains_key(header::RANGE)) {
        return files.respond(request).await;
    }
    let mut whole = Request::new(Body::empty());
    *whole.method_mut() = request.method().clone();
    *whole.uri_mut() = request.uri().clone();
    *whole.headers_mut() = headers.clone();
    whole.headers_mut().remove(header::RANGE);
    let whole = files.respond(whole).await?;
    if !if_range::holds(request.headers(), whole.headers(), SystemTime::now()) {
        return Ok(whole);
    }
    request.headers_mut().remove(header::IF_RANGE);
    files.respond(request).await
}

/// Whether the path is that of the page.
pub(crate) fn is_page(path: &str) -> bool {
    matches!(path, "/" | "/index.html")
}

fn not_found(is_page: bool) -> Response {
    if is_page {
        tracing::error!("the page's index.html is missing: run `cargo xtask serve` to build it");
        return ApiError::PAGE_GONE.into_response();
    }
    ApiError::NOT_FOUND.into_response()
}

/// Whether a name in the path begins with a dot, such as a build's temporary files or `.env`.
fn is_hidden(path: &str) -> bool {
    percent_decode_str(path)
        .decode_utf8_lossy()
        .split(['/', '\\'])
        .any(|segment| segment.starts_with('.'))
}

fn is_not_found(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound
            | io::ErrorKind::NotADirectory
            | io::ErrorKind::IsADirectory
            | io::ErrorKind::InvalidFilename
            | io::ErrorKind::InvalidInput
    )
}

/// Whether a file's name contains the hash of its content, so that the content never changes:
/// `name-<hash>.ext` or `name-<hash>_bg.wasm`.
fn is_hashed(path: &str) -> bool {
    let file = path.rsplit('/').next().unwrap_or_default();
    let Some((stem, extension)) = file.split_once('.') else {
        return false;
    };
    let stem = match extension {
        "wasm" => stem.strip_suffix("_bg").unwrap_or(stem),
        _ => stem,
    };
    stem.rsplit_once('-').is_some_and(|(name, hash)| {
        let hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        !name.is_empty() && hash.len() == HASH_DIGITS && hash.bytes().all(hex)
    })
}

/// Hexadecimal digits of a hash.
const HASH_DIGITS: usize = 12;

/// Where `cargo xtask serve` builds the page.
#[cfg(not(feature = "embed"))]
const DEFAULT_DIR: &str = "dist";

/// A year, the longest time that HTTP caches honour.
const FOREVER: &str = "public, max-age=31536000, immutable";
const REVALIDATE: &str = "no-cache";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_hashed_names_are_immutable() {
        for (path, hashed) in [
            ("/inturn-web-client-0123456789ab.js", true),
            ("/inturn-web-client-0123456789ab_bg.wasm", true),
            ("/style-0123456789ab.css", true),
            ("/sub/style-0123456789ab.css", true),
            ("/index.html", false),
            ("/", false),
            ("/audio-processor.js", false),
            ("/recorder_bg.wasm", false),
            ("/snippets/web-0123456789ab/inline0.js", false),
            ("/style-0123456789a.css", false),
            ("/style-0123456789abc.css", false),
            ("/style-0123456789AB.css", false),
            ("/style-0123456789ab", false),
            ("/-0123456789ab.js", false),
        ] {
            assert_eq!(is_hashed(path), hashed, "{path}");
        }
    }

    #[test]
    fn names_with_a_dot_are_hidden_in_every_spelling() {
        for (path, hidden) in [
            ("/.env", true),
            ("/%2eenv", true),
            ("/%2Eenv", true),
            ("/a/.stage/x", true),
            ("/../x", true),
            ("/%2e%2e/x", true),
            ("/a%2f.env", true),
            ("/a%5c.env", true),
            ("/a.env", false),
            ("/style.css", false),
        ] {
            assert_eq!(is_hidden(path), hidden, "{path}");
        }
    }
}
