//! What the machine must bring along, and where it is.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

/// The browser's program.
///
/// # Panics
///
/// When there is none, with a sentence that says what to do.
pub fn chromium() -> PathBuf {
    program(
        "INTURN_CHROMIUM",
        &["chromium", "chromium-browser", "google-chrome"],
    )
}

/// The WebDriver server for it.
///
/// # Panics
///
/// When there is none, with a sentence that says what to do.
pub fn chromedriver() -> PathBuf {
    program("INTURN_CHROMEDRIVER", &["chromedriver"])
}

/// Firefox.
///
/// # Panics
///
/// When there is none, with a sentence that says what to do.
pub fn firefox() -> PathBuf {
    program("INTURN_FIREFOX", &["firefox-esr", "firefox"])
}

/// The WebDriver server for it: on the PATH, or where `cargo xtask test` installs it.
///
/// # Panics
///
/// When there is none, with a sentence that says what to do.
pub fn geckodriver() -> PathBuf {
    let installed = repository().join("target/tools/bin/geckodriver");
    if env::var_os("INTURN_GECKODRIVER").is_none() && installed.is_file() {
        return installed;
    }
    program("INTURN_GECKODRIVER", &["geckodriver"])
}

/// WebKitGTK's own small browser, which is not on the PATH.
///
/// # Panics
///
/// When there is none, with a sentence that says what to do.
pub fn minibrowser() -> PathBuf {
    let folders = ["/usr/lib", "/usr/libexec", "/usr/lib64"].map(Path::new);
    let multiarch = fs::read_dir(folders[0]).into_iter().flatten().flatten();
    folders
        .into_iter()
        .map(Path::to_owned)
        .chain(multiarch.map(|folder| folder.path()))
        .map(|folder| folder.join("webkit2gtk-4.1/MiniBrowser"))
        .find(|program| program.is_file())
        .filter(|_| env::var_os("INTURN_WEBKIT_BROWSER").is_none())
        .unwrap_or_else(|| program("INTURN_WEBKIT_BROWSER", &["MiniBrowser"]))
}

/// The WebDriver server for it.
///
/// # Panics
///
/// When there is none, with a sentence that says what to do.
pub fn webkitdriver() -> PathBuf {
    program("INTURN_WEBKIT_DRIVER", &["WebKitWebDriver"])
}

/// The screen of browsers that need one.
///
/// # Panics
///
/// When there is none, with a sentence that says what to do.
pub fn xvfb() -> PathBuf {
    program("INTURN_XVFB", &["Xvfb"])
}

/// The sound system of browsers that hear through a true capture device.
///
/// # Panics
///
/// When there is none, with a sentence that says what to do.
pub fn pulseaudio() -> PathBuf {
    program("INTURN_PULSEAUDIO", &["pulseaudio"])
}

/// What tells about it.
///
/// # Panics
///
/// When there is none, with a sentence that says what to do.
pub fn pactl() -> PathBuf {
    program("INTURN_PACTL", &["pactl"])
}

/// What plays on it.
///
/// # Panics
///
/// When there is none, with a sentence that says what to do.
pub fn pacat() -> PathBuf {
    program("INTURN_PACAT", &["pacat"])
}

/// nginx.
///
/// # Panics
///
/// When there is none, with a sentence that says what to do.
pub fn nginx() -> PathBuf {
    server("INTURN_NGINX", "nginx")
}

/// Caddy.
///
/// # Panics
///
/// When there is none, with a sentence that says what to do.
pub fn caddy() -> PathBuf {
    server("INTURN_CADDY", "caddy")
}

/// HAProxy.
///
/// # Panics
///
/// When there is none, with a sentence that says what to do.
pub fn haproxy() -> PathBuf {
    server("INTURN_HAPROXY", "haproxy")
}

/// The folder of the built page: `INTURN_TEST_CLIENT_DIR`, or `dist` in the repository.
///
/// # Panics
///
/// When the page is not built, with a sentence that says what to do.
pub fn client_dir() -> PathBuf {
    let dir = env::var_os("INTURN_TEST_CLIENT_DIR")
        .map_or_else(|| repository().join("dist"), PathBuf::from);
    assert!(
        dir.join("index.html").is_file(),
        "The page is not built: there is no index.html in {}. Run `cargo xtask test`, which builds it.",
        dir.display()
    );
    dir
}

/// The recordings of people speaking.
///
/// # Panics
///
/// When they are not installed, with a sentence that says what to do.
pub fn voices() -> &'static Path {
    let voices = Path::new("/usr/share/pocketsphinx/test/data");
    assert!(
        voices.join("goforward.raw").is_file(),
        "There are no recorded voices in {}. Run `cargo xtask test`, which installs them where it \
         can, or install Debian's package pocketsphinx-testdata.",
        voices.display()
    );
    voices
}

/// The repository's root.
pub fn repository() -> &'static Path {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests
        .parent()
        .expect("this package lies in the repository's root")
}

/// A program that may lie where only the system's own look.
fn server(variable: &str, name: &str) -> PathBuf {
    let place = Path::new("/usr/sbin").join(name);
    if env::var_os(variable).is_none() && place.is_file() {
        return place;
    }
    program(variable, &[name])
}

fn program(variable: &str, names: &[&str]) -> PathBuf {
    if let Some(named) = env::var_os(variable).filter(|value| !value.is_empty()) {
        return PathBuf::from(named);
    }
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .flat_map(|folder| names.iter().map(move |name| folder.join(name)))
        .find(|program| program.is_file())
        .unwrap_or_else(|| {
            panic!(
                "There is no {} on the PATH and {variable} names none. Run `cargo xtask test`, which \
                 installs it where it can.",
                names[0]
            )
        })
}
