//! Common reverse proxies, run with the files of `deploy/`.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use inturn_testkit::{OutputFile, OutputSource, ProcessGroup, free_port, secrets};
use tempfile::TempDir;

use crate::machine;

/// A reverse proxy program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    /// nginx.
    Nginx,
    /// Caddy.
    Caddy,
    /// HAProxy.
    Haproxy,
}

/// A running proxy with TLS for [`HOST`], killed on drop.
pub struct Front {
    /// The address it listens on.
    pub address: SocketAddr,
    _process: ProcessGroup,
    _output: OutputFile,
    _folder: TempDir,
}

impl Front {
    /// Runs a proxy with `file` of `deploy/`, which forwards to `inturn`. `also` lists more texts
    /// in the file to replace, each with its replacement. [`USERS`] can sign in with [`PASSWORD`].
    ///
    /// # Panics
    ///
    /// If the proxy can't be started, or if the file lacks a text to replace.
    pub async fn start(
        program: Program,
        file: &str,
        inturn: SocketAddr,
        also: &[(&str, &str)],
    ) -> Self {
        let path = machine::repository().join("deploy").join(file);
        let recipe =
            fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Self::start_with(program, &recipe, inturn, also).await
    }

    /// Like [`Self::start`], with the configuration as text.
    ///
    /// # Panics
    ///
    /// As [`Front::start`].
    pub async fn start_with(
        program: Program,
        recipe: &str,
        inturn: SocketAddr,
        also: &[(&str, &str)],
    ) -> Self {
        // A free port may be taken by another program before the proxy uses it.
        for _ in 0..TRIES {
            if let Some(front) = Self::try_to_start(program, recipe, inturn, also).await {
                return front;
            }
        }
        panic!("{program:?} does not run {recipe}");
    }

    async fn try_to_start(
        program: Program,
        recipe: &str,
        inturn: SocketAddr,
        also: &[(&str, &str)],
    ) -> Option<Self> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
        let folder = tempfile::tempdir().expect("a temporary folder");
        write_certificate(folder.path());
        let mut recipe = fill(recipe, "127.0.0.1:8000", &inturn.to_string());
        for (place, value) in also {
            recipe = fill(&recipe, place, value);
        }
        let mut command = match program {
            Program::Nginx => nginx(&recipe, address, folder.path()),
            Program::Caddy => caddy(&recipe, address, folder.path()),
            Program::Haproxy => haproxy(&recipe, address, folder.path()),
        };
        command.current_dir(folder.path());
        let (output, file) = OutputFile::create(OutputSource::Proxy);
        let mut process = ProcessGroup::spawn(command.stdout(Stdio::null()).stderr(file));
        let deadline = Instant::now() + PATIENCE;
        while TcpStream::connect(address).is_err() {
            if let Some(status) = process.child.try_wait().expect("the status can be read") {
                eprintln!("{program:?} exited with {status}:\n{}", output.text());
                return None;
            }
            assert!(Instant::now() < deadline, "{program:?} does not listen");
            tokio::time::sleep(RETRY_INTERVAL).await;
        }
        Some(Self {
            address,
            _process: process,
            _output: output,
            _folder: folder,
        })
    }
}

/// Runs a site file inside a minimal main configuration.
fn nginx(recipe: &str, address: SocketAddr, folder: &Path) -> Command {
    let mut site = fill(recipe, "listen 443 ssl;", &format!("listen {address} ssl;"));
    site = with_certificate(&site, folder);
    let passwords = folder.join("passwords");
    if site.contains("auth_basic_user_file") {
        site = fill(&site, "/etc/nginx/inturn.htpasswd", &text(&passwords));
    }
    let lines = USERS.map(|user| format!("{user}:{HASH}\n"));
    write(&passwords, &lines.concat());
    let file = folder.join("site.conf");
    write(&file, &site);
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("{kind}_temp_path {};\n", text(&folder.join(kind))));
    let whole = format!(
        "daemon off; master_process off; pid {}; error_log stderr;\nevents {{}}\n\
         http {{\naccess_log off;\n{}include {};\n}}\n",
        text(&folder.join("pid")),
        temporary.concat(),
        text(&file)
    );
    let main = folder.join("nginx.conf");
    write(&main, &whole);
    let mut command = Command::new(machine::nginx());
    // The log for errors before the configuration is read.
    command.args(["-e", "stderr", "-c", &text(&main)]);
    command
}

fn caddy(recipe: &str, address: SocketAddr, folder: &Path) -> Command {
    let site = fill(
        &with_certificate(recipe, folder),
        "\nscribe.example.org {",
        &format!("\n{HOST}:{} {{", address.port()),
    );
    let users = USERS.map(|user| format!("{user} {HASH}\n"));
    let site = fill(&site, "ada PASSWORD_HASH\n", &users.concat());
    let options = "{\n\tadmin off\n\tauto_https disable_redirects\n\tdefault_bind 127.0.0.1\n\
                   \tskip_install_trust\n}\n";
    let file = folder.join("Caddyfile");
    write(&file, &format!("{options}{site}"));
    let mut command = Command::new(machine::caddy());
    command
        .args(["run", "--adapter", "caddyfile", "--config", &text(&file)])
        .env("HOME", folder)
        .env("XDG_CONFIG_HOME", folder)
        .env("XDG_DATA_HOME", folder);
    command
}

fn haproxy(recipe: &str, address: SocketAddr, folder: &Path) -> Command {
    let site = fill(recipe, "bind :443 ", &format!("bind {address} "));
    let both = text(&folder.join("both.pem"));
    let site = fill(&site, "/etc/ssl/inturn/cert-and-key.pem", &both);
    let users = USERS.map(|user| format!("    user {user} password {HASH}\n"));
    let site = fill(
        &site,
        "    user ada password PASSWORD_HASH\n",
        &users.concat(),
    );
    let file = folder.join("haproxy.cfg");
    write(&file, &site);
    let mut command = Command::new(machine::haproxy());
    command.args(["-db", "-f", &text(&file)]);
    command
}

fn with_certificate(recipe: &str, folder: &Path) -> String {
    let recipe = fill(
        recipe,
        "/etc/ssl/inturn/cert.pem",
        &text(&folder.join("cert.pem")),
    );
    fill(
        &recipe,
        "/etc/ssl/inturn/key.pem",
        &text(&folder.join("key.pem")),
    )
}

fn write_certificate(folder: &Path) {
    let made = rcgen::generate_simple_self_signed([HOST.to_owned()])
        .expect("the certificate can be created");
    let (certificate, key) = (made.cert.pem(), made.signing_key.serialize_pem());
    write(&folder.join("cert.pem"), &certificate);
    write(&folder.join("key.pem"), &key);
    write(&folder.join("both.pem"), &format!("{certificate}{key}"));
}

fn fill(recipe: &str, place: &str, value: &str) -> String {
    assert!(recipe.contains(place), "no {place:?} in\n{recipe}");
    recipe.replace(place, value)
}

fn write(path: &PathBuf, text: &str) {
    fs::write(path, text).expect("the folder is writable");
}

fn text(path: &Path) -> String {
    path.to_str().expect("the path is UTF-8").to_owned()
}

/// The host name in all recipes.
pub const HOST: &str = "scribe.example.org";

/// Users who can sign in if the proxy asks for a password.
pub const USERS: [&str; 2] = ["ada", "bob"];

/// The password of all users.
pub const PASSWORD: &str = secrets::PASSWORD;

/// bcrypt hash of [`PASSWORD`] with the lowest cost. All these programs support bcrypt.
const HASH: &str = "$2a$04$abcdefghijklmnopqrstuuvJcolIXX2zX85hgD/P.szV8NSsXtLUm";

const TRIES: u32 = 3;

/// Deadline for a start: longer than needed even on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Time between two attempts to connect.
const RETRY_INTERVAL: Duration = Duration::from_millis(20);
