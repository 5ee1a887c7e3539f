//! The attacked server, and single requests to it.

use std::{
    env, fs,
    net::SocketAddr,
    path::Path,
    process::Stdio,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpSocket, TcpStream},
    process::{Child, Command},
    time::timeout,
};

/// A running server, killed on drop.
pub(super) struct Target {
    child: Child,
    address: SocketAddr,
}

/// A response, and the time from opening the connection to its end.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) seconds: f64,
    head: String,
    pub(super) body: String,
}

impl Target {
    /// Starts the server in `folder` and makes one normal request, so that the memory for a first
    /// request counts as idle memory.
    pub(super) async fn start(folder: &Path) -> anyhow::Result<Self> {
        let program = env::var_os("INTURN_BENCH_SERVER")
            .context("INTURN_BENCH_SERVER is not set: run `cargo xtask bench`, which sets it.")?;
        let hash = hash(&program).await?;
        let log = fs::File::create(folder.join("attacked.log"))?;
        let mut child = Command::new(program)
            .args(["--listen", "127.0.0.1:0"])
            .args(FLAGS)
            .arg("--client-dir")
            .arg(inturn_tests::machine::client_dir())
            .env_clear()
            .env("INTURN_PASSWORD_HASH", hash)
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .context("the server can't be started")?;
        let stdout = child.stdout.take().context("stdout is piped")?;
        let mut line = String::new();
        timeout(PATIENCE, BufReader::new(stdout).read_line(&mut line))
            .await
            .context("the server printed no listen address in time")??;
        let address = line.trim().strip_prefix("listening on http://");
        let address = address.context("the first line is not the listen address")?;
        let target = Self {
            child,
            address: address.parse()?,
        };
        let cookie = target.sign_in("198.51.100.1", PASSPHRASE).await?.cookie()?;
        target.token(&cookie).await?;
        // Background work right after the start counts as idle too.
        tokio::time::sleep(Duration::from_secs(1)).await;
        Ok(target)
    }

    pub(super) fn resident_mib(&self) -> anyhow::Result<f64> {
        self.memory("VmRSS:")
    }

    pub(super) fn peak_mib(&self) -> anyhow::Result<f64> {
        self.memory("VmHWM:")
    }

    fn memory(&self, key: &str) -> anyhow::Result<f64> {
        let process = self.child.id().context("the server has exited")?;
        let status = fs::read_to_string(format!("/proc/{process}/status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix(key));
        let kibibytes: f64 = line
            .and_then(|line| line.split_whitespace().next()?.parse().ok())
            .with_context(|| format!("/proc/{process}/status has no {key}"))?;
        Ok(kibibytes / 1024.0)
    }

    /// Opens a connection from a loopback address.
    pub(super) async fn connect_from(&self, source: [u8; 4]) -> anyhow::Result<TcpStream> {
        let socket = TcpSocket::new_v4()?;
        socket.bind(SocketAddr::from((source, 0)))?;
        Ok(timeout(PATIENCE, socket.connect(self.address)).await??)
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns a sign-in request as a proxy forwards it for a client at `address`.
    pub(super) fn sign_in_request(&self, address: &str, passphrase: &str) -> String {
        let body = format!("passphrase={passphrase}");
        format!(
            "POST /sign-in HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\n\
             X-Forwarded-For: {address}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len(),
            host = self.address,
        )
    }

    pub(super) async fn sign_in(&self, address: &str, passphrase: &str) -> anyhow::Result<Answer> {
        self.ask(&self.sign_in_request(address, passphrase)).await
    }

    /// Requests a token with this cookie.
    pub(super) async fn token(&self, cookie: &str) -> anyhow::Result<Answer> {
        self.call("GET", "/token", cookie, "").await
    }

    /// Makes a request as the page does.
    pub(super) async fn call(
        &self,
        method: &str,
        path: &str,
        cookie: &str,
        body: &str,
    ) -> anyhow::Result<Answer> {
        let kind = if body.is_empty() {
            String::new()
        } else {
            format!(
                "Content-Type: application/json\r\nContent-Length: {}\r\n",
                body.len()
            )
        };
        self.ask(&format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\n\
             Cookie: {cookie}\r\nX-Forwarded-For: 198.51.100.1\r\n{kind}Connection: close\r\n\r\n\
             {body}",
            host = self.address,
        ))
        .await
    }

    /// Sends a request on a new connection and reads until the connection ends.
    pub(super) async fn ask(&self, request: &str) -> anyhow::Result<Answer> {
        let started = Instant::now();
        let answer = async {
            let mut stream = TcpStream::connect(self.address).await?;
            stream.write_all(request.as_bytes()).await?;
            let mut bytes = Vec::new();
            stream.read_to_end(&mut bytes).await?;
            anyhow::Ok(bytes)
        };
        let bytes = timeout(PATIENCE, answer).await??;
        let text = String::from_utf8_lossy(&bytes);
        let (head, body) = text.split_once("\r\n\r\n").context("incomplete response")?;
        let status = head.split(' ').nth(1).and_then(|it| it.parse().ok());
        Ok(Answer {
            status: status.context("response without a status")?,
            seconds: started.elapsed().as_secs_f64(),
            head: head.to_owned(),
            body: body.to_owned(),
        })
    }
}

impl Answer {
    /// Returns the cookie that a sign-in set, as the client sends it back.
    pub(super) fn cookie(&self) -> anyhow::Result<String> {
        let line = self.head.lines().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case("set-cookie").then_some(value)
        });
        let value = line.and_then(|line| line.split(';').next());
        let value = value.with_context(|| format!("no cookie, but status {}", self.status))?;
        Ok(value.to_owned())
    }
}

/// Returns the hash that `inturn hash-password` prints for [`PASSPHRASE`].
async fn hash(program: &std::ffi::OsStr) -> anyhow::Result<String> {
    let mut child = Command::new(program)
        .arg("hash-password")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let mut stdin = child.stdin.take().context("stdin is piped")?;
    stdin
        .write_all(format!("{PASSPHRASE}\n{PASSPHRASE}\n").as_bytes())
        .await?;
    drop(stdin);
    let output = child.wait_with_output().await?;
    anyhow::ensure!(output.status.success(), "`inturn hash-password` failed");
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

/// The correct passphrase, used in this bench only.
pub(super) const PASSPHRASE: &str = "a-passphrase-of-the-bench";

/// Rate limits of tokens are off, since they are not attacked. The budget in hours has its default.
const FLAGS: [&str; 9] = [
    "--auth=password",
    "--local-service",
    "--recogniser=script",
    "--trusted-proxy=127.0.0.1",
    "--person-tokens-per-minute=0",
    "--person-tokens-per-day=0",
    "--all-tokens-per-minute=0",
    "--all-tokens-per-day=0",
    "--log-filter=warn",
];

/// Deadline for a response, far above the usual time. A request that takes longer fails.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// Memory that the server may still hold after an attack. `deploy/systemd` limits it to 512 MiB.
pub(super) const MOST_ABOVE_IDLE_MIB: f64 = 64.0;
