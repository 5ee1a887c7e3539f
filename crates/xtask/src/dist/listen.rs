//! The terminal client in the archive: its test, its man page and its completions.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

/// The file name of the terminal client.
pub(super) const LISTEN: &str = if cfg!(windows) {
    "inturn-listen.exe"
} else {
    "inturn-listen"
};

/// Lets the program in `folder` transcribe a second of sound, with the script of the local service.
pub(super) fn test(folder: &Path) -> io::Result<()> {
    let mut child = Command::new(folder.join(LISTEN))
        .args(["--quiet", "--recogniser", "script"])
        .args(["--rate", "16000", "-"])
        .current_dir(folder)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    // A square wave, which the voice activity detection takes for a voice.
    let second: Vec<u8> = (0..16_000_u32)
        .flat_map(|index| {
            (if index / 40 % 2 == 0 {
                8_000_i16
            } else {
                -8_000
            })
            .to_le_bytes()
        })
        .collect();
    if let Some(mut input) = child.stdin.take() {
        input.write_all(&second)?;
    }
    let Output {
        status,
        stdout,
        stderr,
    } = child.wait_with_output()?;
    let words = String::from_utf8_lossy(&stdout);
    if !status.success() || words.trim().is_empty() {
        let stderr = String::from_utf8_lossy(&stderr);
        let message = format!("{LISTEN} transcribes nothing: {status}, {words:?}, {stderr:?}");
        return Err(io::Error::other(message));
    }
    Ok(())
}

/// Lets the program in `folder` write its man page and its completions. Returns the files with
/// their paths in the archive, which are those below `/usr/local`.
pub(super) fn documents(folder: &Path) -> io::Result<Vec<(PathBuf, String)>> {
    let mut files = Vec::new();
    for (arguments, path) in DOCUMENTS {
        let output = Command::new(folder.join(LISTEN))
            .args(*arguments)
            .current_dir(folder)
            .env_clear()
            .output()?;
        if !output.status.success() || output.stdout.is_empty() {
            let message = format!("`{LISTEN} {}` writes nothing", arguments.join(" "));
            return Err(io::Error::other(message));
        }
        let file = folder.join(path);
        fs::create_dir_all(file.parent().unwrap_or(folder))?;
        fs::write(&file, output.stdout)?;
        files.push((file, (*path).to_owned()));
    }
    Ok(files)
}

/// Commands that write a document, and where it belongs.
const DOCUMENTS: &[(&[&str], &str)] = &[
    (&["man"], "share/man/man1/inturn-listen.1"),
    (
        &["completions", "bash"],
        "share/bash-completion/completions/inturn-listen",
    ),
    (
        &["completions", "fish"],
        "share/fish/vendor_completions.d/inturn-listen.fish",
    ),
    (
        &["completions", "zsh"],
        "share/zsh/site-functions/_inturn-listen",
    ),
];
