//! The program: what it says when it can't start, and how.

use std::fs;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::{FakeUpstream, KEY, Program, Reply, TOKEN, built_page};

/// Runs it to its end: the exit code, and its one sentence.
async fn refusal(args: &[&str], variables: &[(&str, &str)]) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let output = Program::ended(folder.path(), args, variables).await;
    let said = String::from_utf8(output.stderr).expect("text");
    assert_eq!(said.lines().count(), 1, "{said}");
    (output.status.code(), said)
}

#[tokio::test]
async fn a_bad_flag_or_variable_is_named() {
    for (args, variables, name) in [
        (&["--listen", "nowhere"][..], &[][..], "--listen"),
        (&["--chunk-ms=49"], &[], "--chunk-ms"),
        (&["--colour"], &[], "--colour"),
        (&[], &[("INTURN_LISTEN", "nowhere")], "INTURN_LISTEN"),
        (&[], &[("INTURN_REGION", "mars")], "INTURN_REGION"),
        (&[], &[("INTURN_CHUNK_MS", "49")], "INTURN_CHUNK_MS"),
        (
            &[],
            &[("ASSEMBLYAI_API_KEY", "two words")],
            "ASSEMBLYAI_API_KEY",
        ),
        (
            &[],
            &[("ASSEMBLYAI_API_KEY_FILE", "/nowhere")],
            "ASSEMBLYAI_API_KEY_FILE",
        ),
        (
            &[],
            &[
                ("ASSEMBLYAI_API_KEY", "k"),
                ("ASSEMBLYAI_API_KEY_FILE", "f"),
            ],
            "both set",
        ),
    ] {
        let (code, said) = refusal(args, variables).await;
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains(name), "{name}: {said}");
        assert!(!said.contains("two words"), "{said}");
    }
}

#[tokio::test]
async fn a_page_that_is_not_built_names_the_command() {
    let (code, said) = refusal(&["--client-dir", "dist"], &[]).await;
    assert_eq!(code, Some(2), "{said}");
    assert!(
        said.contains("cargo xtask serve") && said.contains("dist"),
        "{said}"
    );
}

#[tokio::test]
async fn other_machines_are_not_let_in_unasked() {
    let page = built_page();
    let dir = page.path().to_str().expect("text");
    let args = ["--listen", "0.0.0.0:8000", "--client-dir", dir];
    let (code, said) = refusal(&args, &[("ASSEMBLYAI_API_KEY", KEY)]).await;
    assert_eq!(code, Some(2), "{said}");
    assert!(
        said.contains("--auth proxy") && said.contains("--auth open"),
        "{said}"
    );
}

#[tokio::test]
async fn a_port_in_use_is_named() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let page = built_page();
    let dir = page.path().to_str().expect("text");
    let (code, said) = refusal(
        &[
            "--client-dir",
            dir,
            "--listen",
            &address.to_string(),
            "--log-filter",
            "off",
        ],
        &[],
    )
    .await;
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains(&address.port().to_string()) && said.contains("in use"),
        "{said}"
    );
    assert!(said.contains("--listen"), "{said}");
}

#[tokio::test]
async fn help_and_version_go_to_standard_output() {
    let folder = tempfile::tempdir().expect("a folder");
    for flag in ["--help", "--version"] {
        let output = Program::ended(folder.path(), &[flag], &[]).await;
        assert_eq!(output.status.code(), Some(0), "{flag}");
        assert!(
            output.stderr.is_empty() && !output.stdout.is_empty(),
            "{flag}"
        );
    }
}

#[tokio::test]
async fn the_key_is_read_from_wherever_it_is() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let page = built_page();
    let dir = page.path().to_str().expect("text");
    let args = [
        "--client-dir",
        dir,
        "--listen",
        "127.0.0.1:0",
        "--service-url",
        service.url(),
    ];
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("key");
    fs::write(&file, format!("{KEY}\n")).expect("written");
    let dotenv = format!("# mine\nASSEMBLYAI_API_KEY=\"{KEY}\"\nINTURN_CHUNK_MS=60\n");
    for (variables, dotenv) in [
        (vec![("ASSEMBLYAI_API_KEY", format!("{KEY} \n"))], ""),
        (
            vec![("ASSEMBLYAI_API_KEY_FILE", file.display().to_string())],
            "",
        ),
        (vec![], dotenv.as_str()),
        // Set to nothing, it hides nothing. Other people's lines are their own.
        (
            vec![("ASSEMBLYAI_API_KEY", String::new())],
            "stray line\nOTHER='it\nINTURN_CHUNK_MS=60\nASSEMBLYAI_API_KEY=\"key-marker-4f1d\"",
        ),
        // What is set already wins over the file.
        (
            vec![("ASSEMBLYAI_API_KEY", KEY.to_owned())],
            "ASSEMBLYAI_API_KEY=other\n",
        ),
    ] {
        fs::write(folder.path().join(".env"), dotenv).expect("written");
        let variables: Vec<_> = variables
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let program = Program::listening(folder.path(), &args, &variables).await;
        let url = format!("http://{}", program.address);
        let reply = reqwest::get(format!("{url}/token")).await.expect("answers");
        assert_eq!(reply.status(), 200);
        assert!(
            service.last_head().contains(&format!("{KEY}\r\n")),
            "{}",
            service.last_head()
        );
        if dotenv.contains("CHUNK") {
            let config = reqwest::get(format!("{url}/config"))
                .await
                .expect("answers");
            assert!(
                config
                    .text()
                    .await
                    .expect("text")
                    .contains("\"chunk_ms\":60")
            );
        }
        program.terminate();
        assert!(program.finish().await.0);
    }
}

#[tokio::test]
async fn an_odd_dotenv_is_named_without_being_shown() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(
        folder.path().join(".env"),
        format!("ASSEMBLYAI_API_KEY='{KEY}\nx y z"),
    )
    .expect("written");
    let output = Program::ended(folder.path(), &[], &[]).await;
    let said = String::from_utf8(output.stderr).expect("text");
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains(".env") && !said.contains(KEY), "{said}");
    assert!(said.contains("Line 1 "), "{said}");

    let without_mark: Vec<u8> = format!("ASSEMBLYAI_API_KEY={KEY}\n")
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    fs::write(folder.path().join(".env"), without_mark).expect("written");
    let output = Program::ended(folder.path(), &[], &[]).await;
    let said = String::from_utf8(output.stderr).expect("text");
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("save it as UTF-8"), "{said}");
}

#[tokio::test]
async fn a_dotenv_of_windows_is_read_and_the_file_is_named_at_start() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let page = built_page();
    let dir = page.path().to_str().expect("text");
    let args = [
        "--client-dir",
        dir,
        "--listen=127.0.0.1:0",
        "--service-url",
        service.url(),
    ];
    let folder = tempfile::tempdir().expect("a folder");
    let text = format!("\u{feff}stray\r\nASSEMBLYAI_API_KEY={KEY}\r\n");
    let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    fs::write(folder.path().join(".env"), utf16).expect("written");
    let mut program = Program::listening(folder.path(), &args, &[]).await;
    let reply = reqwest::get(format!("http://{}/token", program.address)).await;
    assert_eq!(reply.expect("answers").status(), 200);
    assert!(service.last_head().contains(&format!("{KEY}\r\n")));
    let said = program
        .wait_for_log("variables were read from a .env file")
        .await;
    assert!(said.contains("ignored_lines=\"1\""), "{said}");
    program.terminate();
    assert!(program.finish().await.0);
}

#[tokio::test]
async fn without_a_key_it_says_what_stands_in() {
    let page = built_page();
    let dir = page.path().to_str().expect("text");
    let args = [
        "--client-dir",
        dir,
        "--listen",
        "127.0.0.1:0",
        "--recogniser",
        "script",
    ];
    let folder = tempfile::tempdir().expect("a folder");
    for key in ["", " \n"] {
        let program =
            Program::listening(folder.path(), &args, &[("ASSEMBLYAI_API_KEY", key)]).await;
        program.terminate();
        let (success, written) = program.finish().await;
        assert!(success, "{written}");
        let warning = written
            .lines()
            .find(|line| line.contains("WARN"))
            .expect("a warning");
        assert!(
            warning.contains("no API key") && warning.contains("script"),
            "{warning}"
        );
        assert!(warning.contains("ASSEMBLYAI_API_KEY"), "{warning}");
    }
}

#[tokio::test]
async fn a_long_method_or_path_is_no_long_line() {
    let page = built_page();
    let args = ["--recogniser=script"];
    let mut program = Program::serving(page.path(), &args, &[]).await;
    let long = "X".repeat(30_000);
    for request in [
        format!("{long} / HTTP/1.1"),
        format!("GET /{long} HTTP/1.1"),
    ] {
        let mut stream = TcpStream::connect(&program.address)
            .await
            .expect("connects");
        let request = format!("{request}\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("read");
        assert!(answer.starts_with("HTTP/1.1 40"), "{answer}");
    }
    program.wait_for_log_times("X…", 2).await;
    program.terminate();
    let (_, written) = program.finish().await;
    assert!(written.lines().all(|line| line.len() < 500), "{written}");
}

#[tokio::test]
async fn json_logs_are_json() {
    let page = built_page();
    let dir = page.path().to_str().expect("text");
    let args = [
        "--client-dir",
        dir,
        "--listen",
        "127.0.0.1:0",
        "--recogniser=script",
        "--log-format=json",
    ];
    let folder = tempfile::tempdir().expect("a folder");
    let program = Program::listening(folder.path(), &args, &[]).await;
    let reply = reqwest::get(format!("http://{}/nothing?token=x", program.address)).await;
    assert_eq!(reply.expect("answers").status(), 404);
    program.terminate();
    let (_, written) = program.finish().await;
    let lines: Vec<serde_json::Value> = written
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect();
    let request = lines
        .iter()
        .find(|line| line["message"] == "request")
        .expect("a request line");
    assert_eq!(request["method"], "GET");
    assert_eq!(request["path"], "/nothing");
    assert_eq!(request["status"], 404);
    assert!(request["ms"].is_u64());
}
