//! `cargo xtask dist`: builds one program that contains the page, the terminal client, and the one
//! that runs the speech library, tests them in an empty folder, and packs them into an archive.

mod listen;

use std::{
    env, fs,
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use flate2::{Compression, write::GzEncoder};
use sha2::{Digest as _, Sha256};

use crate::{
    client,
    failure::Failure,
    moonshine,
    os_release::System,
    run::{self, info, output, program, step},
    rustup, sbom, system_packages,
    workspace::Workspace,
};

/// Builds, tests and packs the program; writes the archive's checksum and SBOMs next to it.
///
/// # Errors
///
/// Returns an error if something can't be installed, built, started or written.
pub(crate) fn run(workspace: &Workspace) -> Result<(), Failure> {
    let host = host(workspace)?;
    let target = host.replace("-linux-gnu", "-linux-musl");
    let is_static = target.ends_with("-linux-musl");
    if is_static {
        rustup::ensure_target(workspace, &target)?;
        ensure_musl(workspace)?;
    }
    client::ensure(workspace)?;

    step("Building the programs (takes minutes the first time)");
    run::run(
        run::cargo(workspace)
            .args(["build", "--release", "--package", "inturn-server"])
            .args(["--package", "inturn-terminal", "--target", &target])
            .args(["--features", "inturn-server/embed"]),
        "The programs could not be built, see above.",
    )?;
    let mut programs = vec![
        Program::built(workspace, "inturn", &target),
        Program::built(workspace, "inturn-listen", &target),
    ];
    // A static program can't load a library. The one that does is dynamic, also on Linux.
    let speech_target = (!host.ends_with("-linux-musl")).then_some(host.as_str());
    if let Some(target) = speech_target {
        step("Building the program that runs the speech library");
        run::run(
            run::cargo(workspace)
                .args(["build", "--release", "--package", SPEECH])
                .args(["--target", target]),
            "The program could not be built, see above.",
        )?;
        programs.push(Program::built(workspace, SPEECH, target));
    }

    step("Testing the programs in an empty folder");
    for Program { name, path } in &programs {
        let size = fs::metadata(path).map_err(|error| unusable(path, &error))?;
        info(&format!(
            "size of {name}: {:.1} MB",
            size.len() as f64 / 1e6
        ));
    }
    let does_not_work =
        |error: io::Error| Failure::new(format!("The program does not work: {error}."));
    let startup = smoke_test(workspace, &programs).map_err(does_not_work)?;
    info(&format!(
        "time from start to the first page: {:.0} ms (median of {RUNS} runs)",
        startup.as_secs_f64() * 1e3
    ));
    listen::test(&workspace.path(TEST_FOLDER)).map_err(does_not_work)?;
    info("the terminal client works");
    if speech_target.is_some() {
        test_speech(workspace).map_err(does_not_work)?;
    }
    if is_static {
        info("the programs are fully static and can't load PocketSphinx");
    }
    let documents = listen::documents(&workspace.path(TEST_FOLDER)).map_err(does_not_work)?;

    let name = format!("inturn-{}-{target}", env!("CARGO_PKG_VERSION"));
    let archive = workspace.path(&format!("target/dist/{name}.tar.gz"));
    pack(workspace, &programs, &documents, &name, &archive)
        .map_err(|error| unusable(&archive, &error))?;
    write_checksum(&archive).map_err(|error| unusable(&archive, &error))?;
    step("Writing the SBOM");
    sbom::write(
        workspace,
        &target,
        speech_target,
        &workspace.path(&format!("target/dist/{name}")),
    )?;
    step(&format!("Packed: {}", archive.display()));
    Ok(())
}

/// A program of the archive.
struct Program {
    /// Its file name.
    name: String,
    path: PathBuf,
}

impl Program {
    fn built(workspace: &Workspace, name: &str, target: &str) -> Self {
        let name = format!("{name}{}", env::consts::EXE_SUFFIX);
        let path = workspace.path(&format!("target/{target}/release/{name}"));
        Self { name, path }
    }
}

/// Returns the host's own target.
///
/// The main program is built for musl on Linux, so that it is fully static.
fn host(workspace: &Workspace) -> Result<String, Failure> {
    let version = output(program(workspace, "rustc").arg("-vV")).unwrap_or_default();
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned)
        .ok_or_else(|| Failure::new("rustc can't be started: install Rust from https://rustup.rs."))
}

/// Installs a C compiler for musl. The cryptography crate contains assembler and C.
fn ensure_musl(workspace: &Workspace) -> Result<(), Failure> {
    if run::find_on_path(&["musl-gcc"]).is_some() {
        return Ok(());
    }
    if system_packages::system() == System::Other {
        return Err(Failure::new(
            "musl-gcc is missing: install your system's package with musl's tools.",
        ));
    }
    system_packages::install(workspace, &["musl-tools"])
}

/// Starts the program several times in a folder that contains nothing else, and requests the page
/// and a token. Returns the median time from start to the first page.
fn smoke_test(workspace: &Workspace, programs: &[Program]) -> io::Result<Duration> {
    let folder = workspace.path(TEST_FOLDER);
    let mut times = Vec::new();
    for _ in 0..RUNS {
        // An interrupted run may have left files here.
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder)?;
        for Program { name, path } in programs {
            fs::copy(path, folder.join(name))?;
        }
        let started = Instant::now();
        let mut server = ServerProcess::start(&folder)?;
        let address = server.address()?;
        let page = get(&address, "/")?;
        times.push(started.elapsed());
        if !page.starts_with("HTTP/1.1 200") || !page.contains("id=\"record\"") {
            return Err(io::Error::other("it does not serve the page"));
        }
        let token = get(&address, "/token")?;
        if !token.starts_with("HTTP/1.1 200") || !token.contains("\"token\"") {
            return Err(io::Error::other("it serves no token"));
        }
    }
    times.sort();
    Ok(times[times.len() / 2])
}

/// Lets the program test its local speech recognition, if Moonshine's package is installed.
fn test_speech(workspace: &Workspace) -> io::Result<()> {
    let Some(package) = moonshine::installed(workspace) else {
        info("local speech is not tested: `cargo xtask serve` or `test` installs its package");
        return Ok(());
    };
    let folder = workspace.path(TEST_FOLDER);
    let output = Command::new(folder.join(INTURN))
        .args(["check", "--recogniser", "moonshine", "--moonshine-dir"])
        .arg(package)
        .current_dir(&folder)
        .env_clear()
        .output()?;
    let report = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() || !report.contains("Moonshine recognises English") {
        return Err(io::Error::other(format!("local speech fails: {report}")));
    }
    info("local speech works");
    Ok(())
}

/// A running server; killed on drop.
struct ServerProcess(Child);

impl ServerProcess {
    fn start(folder: &Path) -> io::Result<Self> {
        let child = Command::new(folder.join(INTURN))
            .args(["--listen", "127.0.0.1:0", "--log-filter", "off"])
            .current_dir(folder)
            .env_clear()
            .stdout(Stdio::piped())
            .spawn()?;
        Ok(Self(child))
    }

    /// Waits for the line with the listen address and returns the address.
    fn address(&mut self) -> io::Result<String> {
        let mut line = String::new();
        if let Some(output) = self.0.stdout.take() {
            BufReader::new(output).read_line(&mut line)?;
        }
        let address = line.trim().strip_prefix("listening on http://");
        address
            .map(str::to_owned)
            .ok_or_else(|| io::Error::other("it does not print its listen address"))
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        // `kill` fails only if the process has already exited.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn get(address: &str, path: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(READ_TIMEOUT))?;
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )?;
    let mut response = String::new();
    stream.read_to_string(&mut response)?;
    Ok(response)
}

/// Writes the archive: the programs, their documents, the guides, the licences, and `deploy/`.
fn pack(
    workspace: &Workspace,
    programs: &[Program],
    documents: &[(PathBuf, String)],
    name: &str,
    archive: &Path,
) -> io::Result<()> {
    fs::create_dir_all(workspace.path("target/dist"))?;
    let mut tar = tar::Builder::new(GzEncoder::new(
        fs::File::create(archive)?,
        Compression::best(),
    ));
    // Makes the archive reproducible: no user names, no timestamps.
    tar.mode(tar::HeaderMode::Deterministic);
    for program in programs {
        tar.append_path_with_name(&program.path, format!("{name}/{}", program.name))?;
    }
    for (file, path) in documents {
        tar.append_path_with_name(file, format!("{name}/{path}"))?;
    }
    for file in FILES {
        tar.append_path_with_name(workspace.path(file), format!("{name}/{file}"))?;
    }
    let deploy = workspace.path("deploy");
    if deploy.is_dir() {
        tar.append_dir_all(format!("{name}/deploy"), deploy)?;
    }
    tar.into_inner()?.finish()?;
    Ok(())
}

/// Writes the archive's SHA-256 to a file next to it, in the format of `sha256sum --check`.
fn write_checksum(archive: &Path) -> io::Result<()> {
    let name = archive.file_name().unwrap_or_default().to_string_lossy();
    let digest = Sha256::digest(fs::read(archive)?);
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut path = archive.as_os_str().to_owned();
    path.push(".sha256");
    fs::write(path, format!("{hex}  {name}\n"))
}

fn unusable(path: &Path, error: &io::Error) -> Failure {
    Failure::new(format!("{} can't be used: {error}.", path.display()))
}

/// The file name of the main program.
const INTURN: &str = if cfg!(windows) {
    "inturn.exe"
} else {
    "inturn"
};

/// The program that runs the speech library, and its package.
const SPEECH: &str = "inturn-moonshine";

/// Where the programs are tested.
const TEST_FOLDER: &str = "target/dist/empty";

/// Files in the archive, in addition to the programs and `deploy/`.
const FILES: &[&str] = &[
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "THIRD-PARTY.md",
    "docs/operating.md",
    "docs/terminal.md",
];

/// How often the program is started.
const RUNS: usize = 5;

/// Read timeout of a request: many times what a local response takes.
const READ_TIMEOUT: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_archive_names_each_crate_under_the_mozilla_public_license() {
        let read = |path: &str| {
            let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
            fs::read_to_string(format!("{root}/{path}")).expect("readable")
        };
        let (rules, notice) = (read("deny.toml"), read("THIRD-PARTY.md"));
        let listed: Vec<&str> = rules
            .lines()
            .filter(|line| line.contains("MPL-2.0"))
            .filter_map(|line| line.split('"').nth(1))
            .collect();
        assert!(!listed.is_empty());
        for name in listed {
            assert!(notice.contains(&format!("- `{name}`\n")), "{name}");
        }
        assert!(FILES.contains(&"THIRD-PARTY.md"));
    }

    #[test]
    fn the_checksum_is_in_the_format_of_sha256sum() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let archive = folder.path().join("a.tar.gz");
        fs::write(&archive, "abc").expect("written");
        write_checksum(&archive).expect("written");
        // The first example of FIPS 180-2.
        let expected =
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  a.tar.gz\n";
        let written = fs::read_to_string(folder.path().join("a.tar.gz.sha256")).expect("readable");
        assert_eq!(written, expected);
    }
}
