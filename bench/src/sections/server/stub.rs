//! The stub of the service: nginx.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::Context as _;
use inturn_testkit::free_ports;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    process::Child,
    time::{sleep, timeout},
};

use super::{machine::Cores, pinned::pinned};

/// A running nginx with two servers: one answers at once, the other late. Dropped, it is ended.
pub(super) struct Stub {
    nginx: Child,
    fast: u16,
    slow: u16,
}

/// What the stub has counted since its start.
#[derive(Clone, Copy, Debug)]
pub(super) struct Counts {
    pub(super) connections: u64,
    pub(super) requests: u64,
}

impl Stub {
    pub(super) async fn start(folder: &Path, cores: Cores) -> anyhow::Result<Self> {
        let folder = folder.join("nginx");
        fs::create_dir(&folder)?;
        let [fast, slow] = free_ports();
        let file = folder.join("nginx.conf");
        fs::write(&file, configuration(&folder, fast, slow)?)?;
        let nginx = pinned(cores.load, "nginx")
            .arg("-p")
            .arg(&folder)
            .arg("-c")
            .arg(&file)
            // Before it has read its configuration, it would complain about a log it can't open.
            .args(["-e", "stderr"])
            .stdin(Stdio::null())
            .spawn()
            .context("nginx can't be started: run `cargo xtask bench`, which installs it")?;
        let stub = Self { nginx, fast, slow };
        let answers = async {
            while stub.counts().await.is_err() {
                sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(PATIENCE, answers)
            .await
            .context("nginx does not answer: what it complains of stands above")?;
        Ok(stub)
    }

    /// The base address of the stub that answers at once.
    pub(super) fn fast(&self) -> String {
        format!("http://127.0.0.1:{}", self.fast)
    }

    /// The base address of the stub that takes its time.
    pub(super) fn slow(&self) -> String {
        format!("http://127.0.0.1:{}", self.slow)
    }

    pub(super) fn process(&self) -> u32 {
        self.nginx.id().unwrap_or_default()
    }

    /// Connections and requests of both, this question included.
    pub(super) async fn counts(&self) -> anyhow::Result<Counts> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.fast)).await?;
        stream
            .write_all(b"GET /counts HTTP/1.1\r\nHost: stub\r\nConnection: close\r\n\r\n")
            .await?;
        let mut text = String::new();
        stream.read_to_string(&mut text).await?;
        // A line of three numbers: accepted and handled connections, requests.
        let numbers = text.lines().find_map(|line| {
            let numbers: Result<Vec<u64>, _> = line.split_whitespace().map(str::parse).collect();
            numbers.ok().filter(|numbers| numbers.len() == 3)
        });
        let numbers = numbers.context("nginx does not say what it counted")?;
        Ok(Counts {
            connections: numbers[0],
            requests: numbers[2],
        })
    }
}

fn configuration(folder: &Path, fast: u16, slow: u16) -> anyhow::Result<String> {
    let echo = echo_module()?;
    let echo = echo.display();
    let token = "0123456789abcdef".repeat(TOKEN_BYTES / 16);
    let answer = format!(
        "default_type application/json; return 200 '{{\"token\":\"{token}\",\"expires_in_seconds\":60}}';"
    );
    let folder = folder.display();
    let paths: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|name| format!("  {name}_temp_path {folder}/{name};\n"))
        .concat();
    let delay = DELAY_MS / 1000.0;
    Ok(format!(
        "load_module {echo};
daemon off;
master_process off;
pid {folder}/pid;
error_log stderr;
events {{ worker_connections 4096; }}
http {{
{paths}  access_log off;
  # Whoever opens a new connection does so for a reason of its own.
  keepalive_requests 1000000000;
  keepalive_timeout 600s;
  server {{
    listen 127.0.0.1:{fast};
    location = /v3/token {{ {answer} }}
    location = /counts {{ stub_status; }}
  }}
  server {{
    listen 127.0.0.1:{slow};
    location = /v3/token {{ echo_sleep {delay}; echo_exec /answer; }}
    location = /answer {{ internal; {answer} }}
  }}
}}
"
    ))
}

/// nginx itself can't wait; Debian's module can.
fn echo_module() -> anyhow::Result<PathBuf> {
    ["/usr/lib/nginx/modules", "/usr/share/nginx/modules"]
        .iter()
        .map(|folder| Path::new(folder).join("ngx_http_echo_module.so"))
        .find(|file| file.is_file())
        .context("nginx lacks its echo module: install Debian's package libnginx-mod-http-echo.")
}

/// How long the slow stub takes: a token endpoint in the same region.
pub(super) const DELAY_MS: f64 = 50.0;

/// As long as tokens of the real service mostly are.
const TOKEN_BYTES: usize = 1792;

/// Far more than nginx takes to start.
const PATIENCE: Duration = Duration::from_secs(10);
