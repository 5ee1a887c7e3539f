//! Compares a file with the table.

use std::{
    fs::File,
    io::{self, Read as _},
    path::Path,
};

use ring::digest::{Context, SHA256};

use crate::{
    error::FetchError,
    package::{WHEELS, Wheel},
};

/// Checks that a file is one of these.
///
/// # Errors
///
/// Returns what it is instead, or that it can't be read.
pub(crate) fn check(path: &Path, wheels: &[Wheel]) -> Result<(), FetchError> {
    let actual = sha256(path).map_err(|error| FetchError::Io {
        path: path.to_owned(),
        error,
    })?;
    if wheels.iter().any(|wheel| wheel.sha256 == actual) {
        Ok(())
    } else {
        Err(mismatch(path, actual, wheels))
    }
}

/// Explains what a file with another SHA-256 is.
fn mismatch(path: &Path, actual: String, wheels: &[Wheel]) -> FetchError {
    let [Wheel { file, sha256, .. }, ..] = *wheels else {
        return FetchError::NoPackage;
    };
    let path = path.to_owned();
    match WHEELS.iter().find(|wheel| wheel.sha256 == actual) {
        Some(other) => FetchError::OtherSystem {
            path,
            system: other.system,
            file,
            sha256,
        },
        None => FetchError::Checksum {
            path,
            actual,
            file,
            sha256,
        },
    }
}

/// Returns the SHA-256 of a file, in lower-case hexadecimal.
fn sha256(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut context = Context::new(&SHA256);
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            count => context.update(&buffer[..count]),
        }
    }
    let digest = context.finish();
    Ok(digest
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect())
}

/// Large enough that reading costs little.
const BUFFER_BYTES: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::System;

    #[test]
    fn another_file_is_named_with_its_hash() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.whl");
        fs::write(&path, "abc").expect("a file");
        // The first example of FIPS 180-2.
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let mac = System::MacArm.wheels();
        let error = check(&path, &mac).expect_err("another file").to_string();
        for part in [abc, mac[0].sha256, mac[0].file, "a.whl"] {
            assert!(error.contains(part), "{error}");
        }
        let this = Wheel {
            sha256: abc,
            ..mac[0]
        };
        assert!(check(&path, &[this]).is_ok());
        let missing = check(&folder.path().join("none.whl"), &mac).expect_err("no file");
        assert!(missing.to_string().contains("none.whl"), "{missing}");
    }

    #[test]
    fn the_package_of_another_system_is_named() {
        let given = System::WindowsX86.wheels()[0].sha256.to_owned();
        let wheels = System::LinuxX86.wheels();
        let error = mismatch(Path::new("given.whl"), given, &wheels);
        let text = error.to_string();
        assert!(matches!(error, FetchError::OtherSystem { .. }), "{text}");
        for part in [
            "given.whl",
            "Windows on x86-64",
            wheels[0].file,
            wheels[0].sha256,
        ] {
            assert!(text.contains(part), "{text}");
        }
    }
}
