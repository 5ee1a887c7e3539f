//! The key and the tokens are in no log, of no program, at any level.

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
    speech, stage,
};
use rustix::process::{Pid, Signal, kill_process};
use tokio::{
    process::{Child, Command},
    time::{sleep, timeout},
};

#[tokio::test(flavor = "multi_thread")]
async fn no_log_holds_the_key_or_a_token() {
    let _alone = stage::alone().await;
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
    let unused = ask_amiss(&server.url, &service.url, &used).await;

    let mut written = BTreeMap::from([(
        "the console".to_owned(),
        page.browser.console().await.join("\n"),
    )]);
    drop(page);
    for (name, log) in [("the server's log", server), ("the service's log", service)] {
        written.insert(name.to_owned(), log.finish().await);
    }
    for file in fs::read_dir(&records).expect("the service made it") {
        let path = file.expect("it can be listed").path();
        let bytes = fs::read(&path).expect("it can be read");
        written.insert(
            path.display().to_string(),
            String::from_utf8_lossy(&bytes).into_owned(),
        );
    }

    // All that could have told was there, and told what it should.
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

/// The token that the page got.
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

/// Calls both programs in ways in which a log could take up a secret; gives one more token.
async fn ask_amiss(server: &str, service: &str, used: &str) -> String {
    let client = reqwest::Client::new();
    let reply = client.get(format!("{server}token?token={used}&key={KEY}"));
    let reply = reply.send().await.expect("the server answers");
    let body = reply.text().await.expect("a body");
    let reply = TokenReply::decode(&body).expect("a token");
    // No upgrade; a token used twice; a key where a path should be.
    for url in [
        format!("{service}v3/ws?sample_rate=16000&token={}", reply.token),
        format!("{service}v3/nowhere?token={}", reply.token),
        format!("{server}nowhere?token={}", reply.token),
    ] {
        let answer = client.get(url).header("authorization", KEY).send().await;
        assert!(answer.expect("it answers").status().is_client_error());
    }
    let again = service.replacen("http", "ws", 1);
    let again = format!("{again}v3/ws?speech_model=u3-rt-pro&sample_rate=16000&token={used}");
    // Refused, in whatever way.
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

/// A program of this workspace, which lies beside this test's own folder.
fn built(name: &str) -> PathBuf {
    let test = env::current_exe().expect("this test is a program");
    let folder = test
        .parent()
        .and_then(Path::parent)
        .expect("it lies in the build's folder");
    let program = folder.join(name);
    assert!(
        program.is_file(),
        "{} is not built. Run `cargo xtask test`, or `cargo build --workspace` first.",
        program.display()
    );
    program
}

/// A running program and all that it writes. It is killed when it is dropped.
struct Program {
    url: String,
    child: Child,
    stdout: OutputFile,
    stderr: OutputFile,
}

impl Program {
    /// Starts it in `folder` and waits until it says where it listens.
    async fn start(place: OutputSource, mut command: Command, folder: &Path) -> Self {
        let (stdout, out) = OutputFile::create(place);
        let (stderr, err) = OutputFile::create(place);
        command.current_dir(folder).kill_on_drop(true);
        command.stdin(Stdio::null()).stdout(out).stderr(err);
        let mut child = command.spawn().expect("it is built");
        let listening = async {
            loop {
                let has_ended = child.try_wait().expect("it can be asked").is_some();
                let said = stdout.text();
                if let Some((_, address)) = said.split_once("listening on http://")
                    && let Some((address, _)) = address.split_once('\n')
                {
                    break address.to_owned();
                }
                assert!(!has_ended, "it ended: {said}{}", stderr.text());
                sleep(LOOK).await;
            }
        };
        let address = timeout(PATIENCE, listening).await;
        let address = address.expect("it starts in time");
        Self {
            url: format!("http://{address}/"),
            child,
            stdout,
            stderr,
        }
    }

    /// Ends it as a service manager does, and gives all that it wrote.
    async fn finish(mut self) -> String {
        let id = self.child.id().and_then(|id| i32::try_from(id).ok());
        let id = id.and_then(Pid::from_raw).expect("it still runs");
        kill_process(id, Signal::TERM).expect("it is ours");
        let ended = timeout(PATIENCE, self.child.wait()).await;
        let status = ended
            .expect("it ends in time")
            .expect("it can be waited for");
        let written = format!("{}{}", self.stdout.text(), self.stderr.text());
        assert!(status.success(), "{status}: {written}");
        written
    }
}

/// Between two looks at what is printed.
const LOOK: Duration = Duration::from_millis(20);

/// Longer than anything here takes, even on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(30);
