//! A stub of the service: nginx.

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

/// A running nginx, killed on drop. It has two servers: one answers at once, the other late.
pub(super) struct Stub {
    nginx: Child,
    fast: u16,
    slow: u16,
}

/// Counters of the stub since its start.
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
            // Until it has read its configuration, nginx would fail to open its default log.
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
            .context("nginx does not answer: its errors are above")?;
        Ok(stub)
    }

    /// Returns the base URL of the server that answers at once.
    pub(super) fn fast(&self) -> String {
        format!("http://127.0.0.1:{}", self.fast)
    }

    /// Returns the base URL of the server that answers late.
    pub(super) fn slow(&self) -> String {
        format!("http://127.0.0.1:{}", self.slow)
    }

    pub(super) fn process(&self) -> u32 {
        self.nginx.id().unwrap_or_default()
    }

    /// Reads the counters of both servers together, this request included.
    pub(super) async fn counts(&self) -> anyhow::Result<Counts> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.fast)).await?;
        stream
            .write_all(b"GET /counts HTTP/1.1\r\nHost: stub\r\nConnection: close\r\n\r\n")
            .await?;
        let mut text = String::new();
        stream.read_to_string(&mut text).await?;
        // The line has three numbers: accepted connections, handled connections, requests.
        let numbers = text.lines().find_map(|line| {
            let numbers: Result<Vec<u64>, _> = line.split_whitespace().map(str::parse).collect();
            numbers.ok().filter(|numbers| numbers.len() == 3)
        });
        let numbers = numbers.context("nginx returned no counters")?;
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
        "default_type application/json; \
         return 200 '{{\"token\":\"{token}\",\"expires_in_seconds\":60}}';"
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
  # Connections are never closed by nginx, so each new one is the decision of the server.
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

/// Returns the path of Debian's echo module. nginx itself can't delay a response.
fn echo_module() -> anyhow::Result<PathBuf> {
    ["/usr/lib/nginx/modules", "/usr/share/nginx/modules"]
        .iter()
        .map(|folder| Path::new(folder).join("ngx_http_echo_module.so"))
        .find(|file| file.is_file())
        .context("nginx has no echo module: install Debian's package libnginx-mod-http-echo")
}

/// Delay of the slow server: that of a token endpoint in the same region.
pub(super) const DELAY_MS: f64 = 50.0;

/// Usual length of the real service's tokens.
const TOKEN_BYTES: usize = 1792;

/// Deadline for the start, far above the usual time.
const PATIENCE: Duration = Duration::from_secs(10);
