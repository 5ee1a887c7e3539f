//! Compresses the client's files at build time, so that the server need not compress per request.

use std::{
    fs,
    io::{self, Write},
    path::Path,
};

use brotli::{
    CompressorWriter,
    enc::{BrotliEncoderParams, backward_references::BrotliEncoderMode},
};
use flate2::{Compression, write::GzEncoder};

/// Writes `FILE.br` and `FILE.gz` next to each compressible file under `folder`, if they are
/// smaller.
///
/// # Errors
///
/// Returns an error if a file can't be read or written.
pub(crate) fn compress_all(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            compress_all(&path)?;
        } else if is_compressible(&path) {
            let content = fs::read(&path)?;
            write_if_smaller(&path, "br", &content, &brotli(&content)?)?;
            write_if_smaller(&path, "gz", &content, &gzip(&content)?)?;
        }
    }
    Ok(())
}

fn is_compressible(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| COMPRESSIBLE.contains(&extension))
}

fn write_if_smaller(path: &Path, suffix: &str, content: &[u8], packed: &[u8]) -> io::Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    if packed.len() < content.len() {
        fs::write(name, packed)?;
    }
    Ok(())
}

/// Returns the smallest of several encodings. Which one that is depends on the content: the mode
/// for fonts suits the module, although it is none.
fn brotli(content: &[u8]) -> io::Result<Vec<u8>> {
    let encoders = [
        // The largest window that every browser supports: 16 MiB.
        (BrotliEncoderMode::BROTLI_MODE_GENERIC, 24),
        (BrotliEncoderMode::BROTLI_MODE_FONT, 24),
        (BrotliEncoderMode::BROTLI_MODE_FONT, 20),
    ];
    let mut smallest: Option<Vec<u8>> = None;
    for (mode, lgwin) in encoders {
        let params = BrotliEncoderParams {
            quality: 11,
            mode,
            lgwin,
            lgblock: if lgwin == 20 { 20 } else { 0 },
            size_hint: content.len(),
            ..BrotliEncoderParams::default()
        };
        let mut writer = CompressorWriter::with_params(Vec::new(), BUFFER_BYTES, &params);
        writer.write_all(content)?;
        let packed = writer.into_inner();
        if smallest.as_ref().is_none_or(|it| packed.len() < it.len()) {
            smallest = Some(packed);
        }
    }
    Ok(smallest.unwrap_or_default())
}

fn gzip(content: &[u8]) -> io::Result<Vec<u8>> {
    let mut writer = GzEncoder::new(Vec::new(), Compression::best());
    writer.write_all(content)?;
    writer.finish()
}

/// Extensions of files that browsers request and whose format is not compressed already.
const COMPRESSIBLE: &[&str] = &[
    "css",
    "html",
    "js",
    "json",
    "map",
    "svg",
    "txt",
    "wasm",
    "webmanifest",
];

/// Any size works; the brotli crate's examples use this one.
const BUFFER_BYTES: usize = 4096;

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn compressed_files_decompress_to_the_original_and_exist_only_if_smaller() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let text = "every word once, in order. ".repeat(500);
        let deep = folder.path().join("deep");
        fs::create_dir(&deep).expect("made");
        for (name, content) in [
            ("app.js", text.as_str()),
            ("tiny.css", "a{}"),
            ("a.png", &text),
        ] {
            fs::write(deep.join(name), content).expect("written");
        }

        compress_all(folder.path()).expect("compressed");

        let mut plain = String::new();
        let br = fs::File::open(deep.join("app.js.br")).expect("made");
        brotli::Decompressor::new(br, BUFFER_BYTES)
            .read_to_string(&mut plain)
            .expect("valid brotli");
        assert_eq!(plain, text);

        plain.clear();
        let gz = fs::File::open(deep.join("app.js.gz")).expect("made");
        flate2::read::GzDecoder::new(gz)
            .read_to_string(&mut plain)
            .expect("valid gzip");
        assert_eq!(plain, text);

        for absent in ["tiny.css.br", "tiny.css.gz", "a.png.br", "a.png.gz"] {
            assert!(!deep.join(absent).exists(), "{absent}");
        }
    }
}
