//! Paths of programs and files that tests need.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use inturn_emulator::MoonshinePaths;

/// Returns the path of Chromium.
///
/// # Panics
///
/// If it is not installed, with a sentence that says what to do.
pub fn chromium() -> PathBuf {
    program(
        "INTURN_CHROMIUM",
        &["chromium", "chromium-browser", "google-chrome"],
    )
}

/// Returns the path of the WebDriver server for Chromium.
///
/// # Panics
///
/// If it is not installed, with a sentence that says what to do.
pub fn chromedriver() -> PathBuf {
    program("INTURN_CHROMEDRIVER", &["chromedriver"])
}

/// Returns the path of Firefox.
///
/// # Panics
///
/// If it is not installed, with a sentence that says what to do.
pub fn firefox() -> PathBuf {
    program("INTURN_FIREFOX", &["firefox-esr", "firefox"])
}

/// Returns the path of the WebDriver server for Firefox: from `PATH`, or where `cargo xtask test`
/// installs it.
///
/// # Panics
///
/// If it is not installed, with a sentence that says what to do.
pub fn geckodriver() -> PathBuf {
    let installed = repository().join("target/tools/bin/geckodriver");
    if env::var_os("INTURN_GECKODRIVER").is_none() && installed.is_file() {
        return installed;
    }
    program("INTURN_GECKODRIVER", &["geckodriver"])
}

/// Returns the path of WebKitGTK's MiniBrowser, which is not in `PATH`.
///
/// # Panics
///
/// If it is not installed, with a sentence that says what to do.
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

/// Returns the path of the WebDriver server for WebKitGTK.
///
/// # Panics
///
/// If it is not installed, with a sentence that says what to do.
pub fn webkitdriver() -> PathBuf {
    program("INTURN_WEBKIT_DRIVER", &["WebKitWebDriver"])
}

/// Returns the path of Xvfb, the virtual screen for browsers that need one.
///
/// # Panics
///
/// If it is not installed, with a sentence that says what to do.
pub fn xvfb() -> PathBuf {
    program("INTURN_XVFB", &["Xvfb"])
}

/// Returns the path of PulseAudio, for browsers with a real capture device.
///
/// # Panics
///
/// If it is not installed, with a sentence that says what to do.
pub fn pulseaudio() -> PathBuf {
    program("INTURN_PULSEAUDIO", &["pulseaudio"])
}

/// Returns the path of PulseAudio's control program.
///
/// # Panics
///
/// If it is not installed, with a sentence that says what to do.
pub fn pactl() -> PathBuf {
    program("INTURN_PACTL", &["pactl"])
}

/// Returns the path of PulseAudio's player.
///
/// # Panics
///
/// If it is not installed, with a sentence that says what to do.
pub fn pacat() -> PathBuf {
    program("INTURN_PACAT", &["pacat"])
}

/// Returns the path of nginx.
///
/// # Panics
///
/// If it is not installed, with a sentence that says what to do.
pub fn nginx() -> PathBuf {
    server("INTURN_NGINX", "nginx")
}

/// Returns the path of Caddy.
///
/// # Panics
///
/// If it is not installed, with a sentence that says what to do.
pub fn caddy() -> PathBuf {
    server("INTURN_CADDY", "caddy")
}

/// Returns the path of HAProxy.
///
/// # Panics
///
/// If it is not installed, with a sentence that says what to do.
pub fn haproxy() -> PathBuf {
    server("INTURN_HAPROXY", "haproxy")
}

/// Returns the folder of the built page: `INTURN_TEST_CLIENT_DIR`, or `dist` in the repository.
///
/// # Panics
///
/// If the page is not built, with a sentence that says what to do.
pub fn client_dir() -> PathBuf {
    let dir = env::var_os("INTURN_TEST_CLIENT_DIR")
        .map_or_else(|| repository().join("dist"), PathBuf::from);
    assert!(
        dir.join("index.html").is_file(),
        "The page is not built: there is no index.html in {}. Run `cargo xtask test`, which builds \
         it.",
        dir.display()
    );
    dir
}

/// Returns the path of axe-core, a script that looks for accessibility problems.
///
/// # Panics
///
/// If it is not installed, with a sentence that says what to do.
pub fn axe_core() -> PathBuf {
    let script = repository().join("target/tools/axe-core/node_modules/axe-core/axe.min.js");
    assert!(
        script.is_file(),
        "There is no axe-core in {}. Run `cargo xtask test`, which installs it with npm.",
        script.display()
    );
    script
}

/// Returns the folder of recorded voices.
///
/// # Panics
///
/// If they are not installed, with a sentence that says what to do.
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

/// Returns where Moonshine is.
///
/// # Panics
///
/// If it is not installed, with a sentence that says what to do.
pub fn moonshine() -> MoonshinePaths {
    let program = built("inturn-moonshine");
    let folder = env::var_os("INTURN_TEST_MOONSHINE_DIR").map_or_else(
        || repository().join("target/tools/moonshine"),
        PathBuf::from,
    );
    assert!(
        program.is_file() && folder.is_dir(),
        "{} or {} is missing. Run `cargo xtask test`, which builds the one and installs the other.",
        program.display(),
        folder.display()
    );
    MoonshinePaths {
        program: Some(program),
        folder: Some(folder),
    }
}

/// Returns the path of a program of this repository, which `cargo xtask test` builds.
///
/// # Panics
///
/// If the test's own path is not known.
pub fn built(name: &str) -> PathBuf {
    // Test programs are in the folder `deps` of the one with the other programs.
    let test = env::current_exe().expect("the test's path");
    test.ancestors().nth(2).expect("a folder").join(name)
}

/// Returns the root of the repository.
pub fn repository() -> &'static Path {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests
        .parent()
        .expect("this package is in the root of the repository")
}

/// Returns the path of a program that may be in `/usr/sbin`, which `PATH` often lacks.
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
                "There is no {} in PATH, and {variable} is not set. Run `cargo xtask test`, which \
                 installs it if it can.",
                names[0]
            )
        })
}
