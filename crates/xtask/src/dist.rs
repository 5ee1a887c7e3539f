//! `cargo xtask dist`: builds one program that contains the page, tests it in an empty folder, and
//! packs it into an archive.

use std::{
    fs,
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use flate2::{Compression, write::GzEncoder};
use sha2::{Digest as _, Sha256};

use crate::{
    client,
    failure::Failure,
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
    let target = target(workspace)?;
    let is_static = target.ends_with("-linux-musl");
    if is_static {
        rustup::ensure_target(workspace, &target)?;
        ensure_musl(workspace)?;
    }
    client::ensure(workspace)?;

    step("Building the program that contains the page (takes minutes the first time)");
    run::run(
        run::cargo(workspace)
            .args(["build", "--release", "--package", "inturn-server"])
            .args(["--features", "embed", "--target", &target]),
        "The program could not be built, see above.",
    )?;
    let built = workspace.path(&format!("target/{target}/release/{PROGRAM}"));

    step("Testing the program in an empty folder");
    let size = fs::metadata(&built).map_err(|error| unusable(&built, &error))?;
    info(&format!("size: {:.1} MB", size.len() as f64 / 1e6));
    let startup = smoke_test(workspace, &built)
        .map_err(|error| Failure::new(format!("The program does not work: {error}.")))?;
    info(&format!(
        "time from start to the first page: {:.0} ms (median of {RUNS} runs)",
        startup.as_secs_f64() * 1e3
    ));
    if is_static {
        info(
            "the program is fully static and can't load PocketSphinx: its local service plays a \
             script",
        );
    }

    let name = format!("inturn-{}-{target}", env!("CARGO_PKG_VERSION"));
    let archive = workspace.path(&format!("target/dist/{name}.tar.gz"));
    pack(workspace, &built, &name, &archive).map_err(|error| unusable(&archive, &error))?;
    write_checksum(&archive).map_err(|error| unusable(&archive, &error))?;
    step("Writing the SBOM");
    sbom::write(
        workspace,
        &target,
        &workspace.path(&format!("target/dist/{name}")),
    )?;
    step(&format!("Packed: {}", archive.display()));
    Ok(())
}

/// Returns the target to build for: musl on Linux, for a fully static program; otherwise the
/// host's own target.
fn target(workspace: &Workspace) -> Result<String, Failure> {
    let version = output(program(workspace, "rustc").arg("-vV")).unwrap_or_default();
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    let host = host.ok_or_else(|| {
        Failure::new("rustc can't be started: install Rust from https://rustup.rs.")
    })?;
    Ok(host.replace("-linux-gnu", "-linux-musl"))
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

/// Starts the program several times in an empty folder and requests the page and a token. Returns
/// the median time from start to the first page.
fn smoke_test(workspace: &Workspace, built: &Path) -> io::Result<Duration> {
    let folder = workspace.path("target/dist/empty");
    let mut times = Vec::new();
    for _ in 0..RUNS {
        // An interrupted run may have left files here.
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder)?;
        let started = Instant::now();
        let mut server = ServerProcess::start(built, &folder)?;
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

/// A running server; killed on drop.
struct ServerProcess(Child);

impl ServerProcess {
    fn start(program: &Path, folder: &Path) -> io::Result<Self> {
        let child = Command::new(program)
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

/// Writes the archive: the program, the operator's guide, the licences, and `deploy/`.
fn pack(workspace: &Workspace, built: &Path, name: &str, archive: &Path) -> io::Result<()> {
    fs::create_dir_all(workspace.path("target/dist"))?;
    let mut tar = tar::Builder::new(GzEncoder::new(
        fs::File::create(archive)?,
        Compression::best(),
    ));
    // Makes the archive reproducible: no user names, no timestamps.
    tar.mode(tar::HeaderMode::Deterministic);
    tar.append_path_with_name(built, format!("{name}/{PROGRAM}"))?;
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

const PROGRAM: &str = if cfg!(windows) {
    "inturn.exe"
} else {
    "inturn"
};

/// Files in the archive, in addition to the program and `deploy/`.
const FILES: &[&str] = &["LICENSE-APACHE", "LICENSE-MIT", "docs/operating.md"];

/// How often the program is started.
const RUNS: usize = 5;

/// Read timeout of a request: many times what a local response takes.
const READ_TIMEOUT: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

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
