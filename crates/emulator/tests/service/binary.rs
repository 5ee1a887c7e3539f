//! The program: flags, TLS and shutdown.

use std::{path::Path, sync::Arc};

use futures_util::{SinkExt, StreamExt};
use inturn_emulator::ToneSpeech;
use inturn_testkit::{OutputSource, RunningProgram, secrets::KEY};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    process::Command,
};
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{ClientConfig, RootCertStore, crypto::ring},
};
use tokio_tungstenite::tungstenite::{Message, client::IntoClientRequest};

use crate::client::{Client, http_client};

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_inturn-emulator"));
    command
        .env("INTURN_EMULATOR_LISTEN", "127.0.0.1:0")
        .env("INTURN_EMULATOR_RECOGNISER", "script");
    command
}

/// The program with TLS for `localhost`. Its certificate is `cert.pem` in `folder`.
pub(crate) fn tls_program(folder: &Path) -> (Command, rcgen::CertifiedKey<rcgen::KeyPair>) {
    let [cert, key] = ["cert.pem", "key.pem"].map(|name| folder.join(name));
    let signed =
        rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    std::fs::write(&cert, signed.cert.pem()).expect("it can be written");
    std::fs::write(&key, signed.signing_key.serialize_pem()).expect("it can be written");
    let mut command = program();
    command.arg("--tls-cert").arg(cert);
    command.arg("--tls-key").arg(key);
    (command, signed)
}

/// Starts the program and waits until it listens.
async fn start_program(command: &mut Command) -> RunningProgram {
    RunningProgram::start(command, OutputSource::Emulator).await
}

/// Runs the program, which must refuse its flags. Returns its one-line error.
async fn expect_refused(command: &mut Command) -> String {
    let output = command.output().await.expect("the program starts");
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8(output.stderr).expect("text");
    assert_eq!(text.trim_end().lines().count(), 1, "one line: {text}");
    text
}

#[tokio::test]
async fn errors_name_the_wrong_flag_or_variable_in_one_line() {
    assert!(
        expect_refused(program().args(["--max-session-seconds", "soon"]))
            .await
            .contains("--max-session-seconds")
    );
    assert!(
        expect_refused(program().arg("--verbose"))
            .await
            .contains("--verbose")
    );
    assert!(
        expect_refused(program().args(["--tls-cert", "cert.pem"]))
            .await
            .contains("--tls-key")
    );
    assert!(
        expect_refused(program().args(["--too-many-sessions-code", "7"]))
            .await
            .contains("3009")
    );
    let variable =
        expect_refused(program().env("INTURN_EMULATOR_SESSIONS_PER_MINUTE", "few")).await;
    assert!(variable.contains("--sessions-per-minute"), "{variable}");
    assert!(
        expect_refused(program().args(["--script", "/no/such/file"]))
            .await
            .contains("/no/such/file")
    );
}

#[tokio::test]
async fn an_error_in_a_faults_file_is_described() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("faults.json");
    std::fs::write(&file, r#"[{"fault": "meteor"}]"#).expect("it can be written");
    let text = expect_refused(program().arg("--faults").arg(&file)).await;
    assert!(
        text.contains("fault 1 of the list is wrong: unknown variant `meteor`"),
        "{text}"
    );
}

#[tokio::test]
async fn the_error_for_a_missing_recogniser_names_the_packages() {
    let text = expect_refused(program().args([
        "--recogniser",
        "pocketsphinx",
        "--pocketsphinx-library",
        "libnone.so.9",
    ]))
    .await;
    assert!(
        text.contains("apt-get install libpocketsphinx3 pocketsphinx-en-us"),
        "{text}"
    );
}

#[tokio::test]
async fn the_error_for_a_missing_program_of_moonshine_names_it() {
    let flags = [
        "--recogniser=moonshine",
        "--moonshine-program=/none/inturn-moonshine",
    ];
    let text = expect_refused(program().args(flags)).await;
    assert!(text.contains("/none/inturn-moonshine is missing"), "{text}");
}

#[tokio::test]
async fn the_error_for_a_port_in_use_names_it() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("its address").to_string();
    let text = expect_refused(program().args(["--listen", &address])).await;
    assert!(text.contains(&format!("{address} is in use")), "{text}");
}

#[tokio::test]
async fn sigterm_completes_the_open_sessions_and_ends_the_program() {
    let folder = tempfile::tempdir().expect("a folder");
    let program = start_program(program().arg("--record-dir").arg(folder.path())).await;
    let url = format!("{}/v3/ws", program.url().replace("http", "ws"));
    let mut request =
        tokio_tungstenite::tungstenite::client::IntoClientRequest::into_client_request(url)
            .expect("a request");
    request
        .headers_mut()
        .insert("authorization", "a-key".parse().expect("a header"));
    let (mut socket, _) = tokio_tungstenite::connect_async(request)
        .await
        .expect("a socket");
    socket.next().await.expect("Begin").expect("a message");
    program.terminate();
    let close = socket.next().await.expect("a close").expect("a frame");
    assert!(matches!(close, Message::Close(Some(frame)) if u16::from(frame.code) == 1001));
    socket.flush().await.ok();
    drop(socket);
    assert!(program.finish().await.0, "it exits with success");
    let logs = std::fs::read_dir(folder.path())
        .expect("the folder")
        .filter_map(Result::ok);
    let names: Vec<String> = logs
        .map(|e| e.file_name().to_string_lossy().into_owned())
        .collect();
    assert!(
        names.iter().any(|name| name.ends_with(".json")),
        "{names:?}"
    );
}

#[tokio::test]
async fn tones_mean_the_words_of_the_script_by_their_number() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = folder.path().join("script.txt");
    std::fs::write(&script, "zero one two").expect("it can be written");
    let mut command = program();
    command
        .args(["--recogniser", "tones", "--script"])
        .arg(&script);
    let program = start_program(&mut command).await;
    let url = format!("ws://{}/v3/ws", program.address());
    let mut request = url.into_client_request().expect("a request");
    request
        .headers_mut()
        .insert("authorization", "a-key".parse().expect("a header"));
    let (socket, _) = tokio_tungstenite::connect_async(request)
        .await
        .expect("a socket");
    let mut client = Client::new(socket);
    assert_eq!(client.message().await["type"], "Begin");
    let samples = ToneSpeech::new(2..4, 16_000).samples();
    let samples: Vec<i16> = samples.iter().map(|x| (x * 16_384.0) as i16).collect();
    client.audio(&samples).await;
    let turns = client.finish().await;
    assert_eq!(turns.last().expect("a turn")["transcript"], "Two w3.");
}

#[tokio::test]
async fn no_key_or_token_is_logged_at_any_level() {
    let mut program = start_program(
        program()
            .args(["--api-key", KEY])
            .env("INTURN_EMULATOR_LOG", "trace"),
    )
    .await;
    let (url, host) = (program.url().to_owned(), program.address().to_owned());
    let reply = http_client()
        .get(format!("{url}/v3/token?expires_in_seconds=60"))
        .header("authorization", KEY)
        .send()
        .await
        .expect("a response");
    let body: Value = reply.json().await.expect("JSON");
    let token = body["token"].as_str().expect("a token").to_owned();
    let url = format!("ws://{host}/v3/ws?token={token}");
    let (mut socket, _) = tokio_tungstenite::connect_async(url)
        .await
        .expect("a socket");
    socket
        .send(Message::text(r#"{"type":"Terminate"}"#))
        .await
        .expect("it can be sent");
    while let Some(Ok(_)) = socket.next().await {}
    program.kill().await;
    let log = program.log();
    assert!(!log.contains(KEY) && !log.contains(&token[..40]), "{log}");
}

#[tokio::test]
async fn tls_serves_both_routes() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut command, signed) = tls_program(folder.path());
    let program = start_program(&mut command).await;
    assert!(
        program.url().starts_with("https://"),
        "it has a TLS address"
    );
    let host = program.address().to_owned();
    let mut http = tls(&host, &signed).await;
    http.write_all(
        b"GET /v3/token?expires_in_seconds=60 HTTP/1.1\r\nhost: localhost\r\n\
          authorization: a-key\r\nconnection: close\r\n\r\n",
    )
    .await
    .expect("it can be sent");
    let mut reply = String::new();
    http.read_to_string(&mut reply).await.expect("text");
    let body = reply.split("\r\n\r\n").nth(1).expect("a body");
    let body: Value = serde_json::from_str(body).expect("JSON");
    let token = body["token"].as_str().expect("a token");
    let url = format!("wss://localhost/v3/ws?token={token}");
    let (mut socket, _) = tokio_tungstenite::client_async(url, tls(&host, &signed).await)
        .await
        .expect("a socket");
    let begin = socket
        .next()
        .await
        .expect("Begin")
        .expect("a message")
        .into_text()
        .expect("text");
    assert!(begin.contains(r#""type":"Begin""#), "{begin}");
}

#[tokio::test]
async fn a_file_without_a_certificate_is_refused() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    let text = expect_refused(
        program()
            .arg("--tls-cert")
            .arg(&file)
            .arg("--tls-key")
            .arg(&file),
    )
    .await;
    assert!(
        text.contains("Cargo.toml contains no certificate in PEM format"),
        "{text}"
    );
}

async fn tls(host: &str, signed: &rcgen::CertifiedKey<rcgen::KeyPair>) -> TlsStream<TcpStream> {
    let mut roots = RootCertStore::empty();
    roots
        .add(signed.cert.der().clone())
        .expect("a root certificate");
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("TLS versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(host).await.expect("it listens");
    let name = "localhost".try_into().expect("a name");
    TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await
        .expect("a handshake")
}
