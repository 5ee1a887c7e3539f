//! `cargo xtask dist`: one program with the page in it, tried in an empty folder, in an archive.

use std::{
    fs,
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use flate2::{Compression, write::GzEncoder};

use crate::{
    client,
    failure::Failure,
    os_release::System,
    run::{self, note, output, program, step},
    rustup, system_packages,
    workspace::Workspace,
};

/// Builds the program, tries it, and packs it.
///
/// # Errors
///
/// When something can't be set up, built, started or written.
pub(crate) fn run(workspace: &Workspace) -> Result<(), Failure> {
    let target = target(workspace)?;
    let is_static = target.ends_with("-linux-musl");
    if is_static {
        rustup::ensure_target(workspace, &target)?;
        ensure_musl(workspace)?;
    }
    client::ensure(workspace)?;

    step("Building the program with the page in it (minutes the first time)");
    run::run(
        run::cargo(workspace)
            .args(["build", "--release", "--package", "inturn-server"])
            .args(["--features", "embed", "--target", &target]),
        "The program could not be built, see above.",
    )?;
    let built = workspace.path(&format!("target/{target}/release/{PROGRAM}"));

    step("Trying it in an empty folder");
    let size = fs::metadata(&built).map_err(|error| unreadable(&built, &error))?;
    note(&format!("size: {:.1} MB", size.len() as f64 / 1e6));
    let started = try_it(workspace, &built)
        .map_err(|error| Failure::new(format!("The program does not work: {error}.")))?;
    note(&format!(
        "from its start until it serves: {:.0} ms (median of {TRIES})",
        started.as_secs_f64() * 1e3
    ));
    if is_static {
        note("it is fully static, so it can't load PocketSphinx: its local service plays a script");
    }

    let name = format!("inturn-{}-{target}", env!("CARGO_PKG_VERSION"));
    let archive = workspace.path(&format!("target/dist/{name}.tar.gz"));
    pack(workspace, &built, &name, &archive).map_err(|error| unreadable(&archive, &error))?;
    step(&format!("Packed: {}", archive.display()));
    Ok(())
}

/// Linux gets a program that needs nothing of the system; others one of their own kind.
fn target(workspace: &Workspace) -> Result<String, Failure> {
    let version = output(program(workspace, "rustc").arg("-vV")).unwrap_or_default();
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    let host = host
        .ok_or_else(|| Failure::new("rustc can't be run: install Rust from https://rustup.rs."))?;
    Ok(host.replace("-linux-gnu", "-linux-musl"))
}

/// The cryptography's assembler and C need a compiler for this target.
fn ensure_musl(workspace: &Workspace) -> Result<(), Failure> {
    if run::find(&["musl-gcc"]).is_some() {
        return Ok(());
    }
    if system_packages::system() == System::Other {
        return Err(Failure::new(
            "musl-gcc is missing: install your system's package of musl's tools.",
        ));
    }
    system_packages::install(workspace, &["musl-tools"])
}

/// Starts it a few times where there is nothing, and asks for the page and a token.
fn try_it(workspace: &Workspace, built: &Path) -> io::Result<Duration> {
    let folder = workspace.path("target/dist/empty");
    let mut times = Vec::new();
    for _ in 0..TRIES {
        // Left over from a run that was ended.
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder)?;
        let started = Instant::now();
        let mut running = Running::start(built, &folder)?;
        let address = running.address()?;
        let page = ask(&address, "/")?;
        times.push(started.elapsed());
        if !page.starts_with("HTTP/1.1 200") || !page.contains("id=\"record\"") {
            return Err(io::Error::other("it does not serve the page"));
        }
        let token = ask(&address, "/token")?;
        if !token.starts_with("HTTP/1.1 200") || !token.contains("\"token\"") {
            return Err(io::Error::other("it hands out no token"));
        }
    }
    times.sort();
    Ok(times[times.len() / 2])
}

/// A server that ends with this value.
struct Running(Child);

impl Running {
    fn start(program: &Path, folder: &Path) -> io::Result<Self> {
        let child = Command::new(program)
            .args(["--listen", "127.0.0.1:0", "--log-filter", "off"])
            .current_dir(folder)
            .env_clear()
            .stdout(Stdio::piped())
            .spawn()?;
        Ok(Self(child))
    }

    /// Where it listens, as soon as it says so.
    fn address(&mut self) -> io::Result<String> {
        let mut line = String::new();
        if let Some(output) = self.0.stdout.take() {
            BufReader::new(output).read_line(&mut line)?;
        }
        let address = line.trim().strip_prefix("listening on http://");
        address
            .map(str::to_owned)
            .ok_or_else(|| io::Error::other("it does not say where it listens"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It has ended by itself, or ends now.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn ask(address: &str, path: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

/// Writes the archive: the program, what an operator reads, and what a system starts it with.
fn pack(workspace: &Workspace, built: &Path, name: &str, archive: &Path) -> io::Result<()> {
    fs::create_dir_all(workspace.path("target/dist"))?;
    let mut tar = tar::Builder::new(GzEncoder::new(
        fs::File::create(archive)?,
        Compression::best(),
    ));
    // The same input gives the same archive, whoever packs it and when.
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

fn unreadable(path: &Path, error: &io::Error) -> Failure {
    Failure::new(format!("{} can't be used: {error}.", path.display()))
}

const PROGRAM: &str = if cfg!(windows) {
    "inturn.exe"
} else {
    "inturn"
};

/// Beside the program and `deploy/`.
const FILES: &[&str] = &["LICENSE-APACHE", "LICENSE-MIT", "docs/operating.md"];

const TRIES: usize = 5;

/// Many times what an answer on this machine takes.
const PATIENCE: Duration = Duration::from_secs(10);
