//! No log of any program, at any level, contains the key or a token.

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use inturn_protocol::TokenReply;
use inturn_testkit::{OutputFile, OutputSource, secrets::KEY};
use inturn_tests::{
    browser::{Browser, Microphone},
    machine,
    page::Page,
    proxy::Proxy,
    speech,
    stage::Kind,
};
use rustix::process::{Pid, Signal, kill_process};
use tokio::{
    process::{Child, Command},
    time::{sleep, timeout},
};

#[tokio::test(flavor = "multi_thread")]
async fn no_log_contains_the_key_or_a_token() {
    let _turn = Kind::Usual.turn().await;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let records = folder.path().join("records");
    let service = Program::start(OutputSource::Emulator, service(&records), folder.path()).await;
    let server = Program::start(OutputSource::Server, server(&service.url), folder.path()).await;
    let proxy = Proxy::start(&server.url, "/").await;

    let browser = Browser::open(&Microphone::Repeats(speech::novel(930).part(0.2, 2.9))).await;
    let page = Page::load(browser, &proxy.url).await;
    page.record().await;
    page.wait_for_words("the kettle is on").await;
    page.stop().await;
    assert_eq!(page.problem().await, None);
    let used = token(&proxy);
    let unused = make_bad_requests(&server.url, &service.url, &used).await;

    let mut written = BTreeMap::from([(
        "the console".to_owned(),
        page.browser.console().await.join("\n"),
    )]);
    drop(page);
    for (name, log) in [("the server's log", server), ("the service's log", service)] {
        written.insert(name.to_owned(), log.finish().await);
    }
    for file in fs::read_dir(&records).expect("the service made it") {
        let path = file.expect("the folder can be listed").path();
        let bytes = fs::read(&path).expect("the file can be read");
        written.insert(
            path.display().to_string(),
            String::from_utf8_lossy(&bytes).into_owned(),
        );
    }

    // Each output exists and contains what is expected.
    assert!(
        written["the console"].contains("inturn: session"),
        "{written:#?}"
    );
    assert!(
        written["the server's log"].contains("path=\"/token\""),
        "{written:#?}"
    );
    assert!(
        written["the service's log"].contains("session"),
        "{written:#?}"
    );
    for ending in [".json", ".wav"] {
        assert!(
            written.keys().any(|name| name.ends_with(ending)),
            "{:?}",
            written.keys()
        );
    }
    for secret in [KEY, &used, &unused, "token=", "speech_model=", "kettle"] {
        for (name, text) in &written {
            assert!(!text.contains(secret), "{secret} is in {name}: {text}");
        }
    }
}

/// Returns the token that the page received.
fn token(proxy: &Proxy) -> String {
    let exchanges = proxy.exchanges();
    let mut answers = exchanges
        .iter()
        .filter(|exchange| exchange.path == "/token");
    let answer = answers
        .next()
        .and_then(|exchange| exchange.answer.as_deref());
    let answer = answer.expect("the page asked for a token");
    let (_, body) = answer.split_once("\r\n\r\n").expect("an answer has a head");
    let reply = TokenReply::decode(body).expect("a token came");
    assert!(reply.token.len() > 20);
    reply.token
}

/// Makes requests that could lead to secrets in logs. Returns another token.
async fn make_bad_requests(server: &str, service: &str, used: &str) -> String {
    let client = reqwest::Client::new();
    let reply = client.get(format!("{server}token?token={used}&key={KEY}"));
    let reply = reply.send().await.expect("the server answers");
    let body = reply.text().await.expect("a body");
    let reply = TokenReply::decode(&body).expect("a token");
    // A missing upgrade, and unknown paths with a token.
    for url in [
        format!("{service}v3/ws?sample_rate=16000&token={}", reply.token),
        format!("{service}v3/nowhere?token={}", reply.token),
        format!("{server}nowhere?token={}", reply.token),
    ] {
        let answer = client.get(url).header("authorization", KEY).send().await;
        assert!(
            answer
                .expect("the server responds")
                .status()
                .is_client_error()
        );
    }
    let again = service.replacen("http", "ws", 1);
    let again = format!("{again}v3/ws?speech_model=u3-rt-pro&sample_rate=16000&token={used}");
    // A token used twice is refused, at the upgrade or later.
    if let Ok((mut socket, _)) = tokio_tungstenite::connect_async(again).await {
        while let Some(Ok(_)) = futures_util::StreamExt::next(&mut socket).await {}
    }
    reply.token
}

fn service(records: &Path) -> Command {
    let mut command = Command::new(built("inturn-emulator"));
    command
        .env_clear()
        .env("INTURN_EMULATOR_LOG", "trace")
        .env("INTURN_EMULATOR_API_KEY", KEY)
        .args([
            "--listen",
            "127.0.0.1:0",
            "--recogniser",
            "script",
            "--record-dir",
        ])
        .arg(records);
    command
}

fn server(service_url: &str) -> Command {
    let mut command = Command::new(built("inturn"));
    command
        .env_clear()
        .env("ASSEMBLYAI_API_KEY", KEY)
        .args([
            "--listen",
            "127.0.0.1:0",
            "--log-filter",
            "trace",
            "--service-url",
        ])
        .arg(service_url.trim_end_matches('/'))
        .arg("--client-dir")
        .arg(machine::client_dir());
    command
}

/// Returns the path of a program of this workspace, in the parent folder of this test's program.
fn built(name: &str) -> PathBuf {
    let test = env::current_exe().expect("the path of this test is known");
    let folder = test
        .parent()
        .and_then(Path::parent)
        .expect("this test is in the build folder");
    let program = folder.join(name);
    assert!(
        program.is_file(),
        "{} is not built. Run `cargo xtask test`, or `cargo build --workspace` first.",
        program.display()
    );
    program
}

/// A running program with its output, killed on drop.
struct Program {
    url: String,
    child: Child,
    stdout: OutputFile,
    stderr: OutputFile,
}

impl Program {
    /// Starts a program in `folder` and waits until it prints its address.
    async fn start(place: OutputSource, mut command: Command, folder: &Path) -> Self {
        let (stdout, out) = OutputFile::create(place);
        let (stderr, err) = OutputFile::create(place);
        command.current_dir(folder).kill_on_drop(true);
        command.stdin(Stdio::null()).stdout(out).stderr(err);
        let mut child = command.spawn().expect("the program can be started");
        let listening = async {
            loop {
                let has_ended = child.try_wait().expect("the status can be read").is_some();
                let output = stdout.text();
                if let Some((_, address)) = output.split_once("listening on http://")
                    && let Some((address, _)) = address.split_once('\n')
                {
                    break address.to_owned();
                }
                assert!(!has_ended, "it exited: {output}{}", stderr.text());
                sleep(CHECK_INTERVAL).await;
            }
        };
        let address = timeout(PATIENCE, listening).await;
        let address = address.expect("the program starts in time");
        Self {
            url: format!("http://{address}/"),
            child,
            stdout,
            stderr,
        }
    }

    /// Stops the program with SIGTERM, and returns its output.
    async fn finish(mut self) -> String {
        let id = self.child.id().and_then(|id| i32::try_from(id).ok());
        let id = id.and_then(Pid::from_raw).expect("the process is running");
        kill_process(id, Signal::TERM).expect("the signal can be sent");
        let ended = timeout(PATIENCE, self.child.wait()).await;
        let status = ended
            .expect("the process exits in time")
            .expect("the process can be awaited");
        let written = format!("{}{}", self.stdout.text(), self.stderr.text());
        assert!(status.success(), "{status}: {written}");
        written
    }
}

/// Time between two checks of the output.
const CHECK_INTERVAL: Duration = Duration::from_millis(20);

/// Timeout: longer than needed even on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(30);
