//! The program: start-up errors, `.env`, keys and log lines.

use std::fs;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::{FakeUpstream, KEY, Reply, ServerProgram, TOKEN, built_page};

/// Runs the program to its exit; returns the exit code and the one line on standard error.
async fn refusal(args: &[&str], variables: &[(&str, &str)]) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let output = ServerProgram::run_to_exit(folder.path(), args, variables).await;
    let stderr = String::from_utf8(output.stderr).expect("UTF-8");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    (output.status.code(), stderr)
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
            &[("INTURN_COST_PER_HOUR", "NaN")],
            "INTURN_COST_PER_HOUR",
        ),
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
        let (code, stderr) = refusal(args, variables).await;
        assert_eq!(code, Some(2), "{stderr}");
        assert!(stderr.contains(name), "{name}: {stderr}");
        assert!(!stderr.contains("two words"), "{stderr}");
    }
}

#[tokio::test]
async fn a_missing_page_names_the_build_command() {
    let (code, stderr) = refusal(&["--client-dir", "dist"], &[]).await;
    assert_eq!(code, Some(2), "{stderr}");
    assert!(
        stderr.contains("cargo xtask serve") && stderr.contains("dist"),
        "{stderr}"
    );
}

#[tokio::test]
async fn a_public_listen_address_requires_an_auth_mode() {
    let page = built_page();
    let dir = page.path().to_str().expect("UTF-8");
    let args = ["--listen", "0.0.0.0:8000", "--client-dir", dir];
    let (code, stderr) = refusal(&args, &[("ASSEMBLYAI_API_KEY", KEY)]).await;
    assert_eq!(code, Some(2), "{stderr}");
    assert!(
        stderr.contains("--auth proxy") && stderr.contains("--auth open"),
        "{stderr}"
    );
}

#[tokio::test]
async fn a_port_in_use_is_named() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let page = built_page();
    let dir = page.path().to_str().expect("UTF-8");
    let (code, stderr) = refusal(
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
    assert_eq!(code, Some(1), "{stderr}");
    assert!(
        stderr.contains(&address.port().to_string()) && stderr.contains("in use"),
        "{stderr}"
    );
    assert!(stderr.contains("--listen"), "{stderr}");
}

#[tokio::test]
async fn help_and_version_go_to_standard_output() {
    let folder = tempfile::tempdir().expect("a folder");
    for flag in ["--help", "--version"] {
        let output = ServerProgram::run_to_exit(folder.path(), &[flag], &[]).await;
        assert_eq!(output.status.code(), Some(0), "{flag}");
        assert!(
            output.stderr.is_empty() && !output.stdout.is_empty(),
            "{flag}"
        );
    }
}

#[tokio::test]
async fn the_key_is_read_from_a_variable_a_file_or_dotenv() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let page = built_page();
    let dir = page.path().to_str().expect("UTF-8");
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
    fs::write(&file, format!("{KEY}\n")).expect("the file is written");
    let dotenv = format!("# mine\nASSEMBLYAI_API_KEY=\"{KEY}\"\nINTURN_CHUNK_MS=60\n");
    for (variables, dotenv) in [
        (vec![("ASSEMBLYAI_API_KEY", format!("{KEY} \n"))], ""),
        (
            vec![("ASSEMBLYAI_API_KEY_FILE", file.display().to_string())],
            "",
        ),
        (vec![], dotenv.as_str()),
        // An empty variable does not override `.env`. Invalid lines of other programs are ignored.
        (
            vec![("ASSEMBLYAI_API_KEY", String::new())],
            "stray line\nOTHER='it\nINTURN_CHUNK_MS=60\nASSEMBLYAI_API_KEY=\"key-marker-4f1d\"",
        ),
        // A variable takes precedence over the file.
        (
            vec![("ASSEMBLYAI_API_KEY", KEY.to_owned())],
            "ASSEMBLYAI_API_KEY=other\n",
        ),
    ] {
        fs::write(folder.path().join(".env"), dotenv).expect("the file is written");
        let variables: Vec<_> = variables
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let program = ServerProgram::start(folder.path(), &args, &variables).await;
        let url = format!("http://{}", program.address);
        let reply = reqwest::get(format!("{url}/token"))
            .await
            .expect("a response");
        assert_eq!(reply.status(), 200);
        assert!(
            service.last_head().contains(&format!("{KEY}\r\n")),
            "{}",
            service.last_head()
        );
        if dotenv.contains("CHUNK") {
            let config = reqwest::get(format!("{url}/config"))
                .await
                .expect("a response");
            assert!(
                config
                    .text()
                    .await
                    .expect("UTF-8")
                    .contains("\"chunk_ms\":60")
            );
        }
        program.terminate();
        assert!(program.finish().await.0);
    }
}

#[tokio::test]
async fn an_invalid_dotenv_is_named_but_not_printed() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(
        folder.path().join(".env"),
        format!("ASSEMBLYAI_API_KEY='{KEY}\nx y z"),
    )
    .expect("the file is written");
    let output = ServerProgram::run_to_exit(folder.path(), &[], &[]).await;
    let stderr = String::from_utf8(output.stderr).expect("UTF-8");
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains(".env") && !stderr.contains(KEY), "{stderr}");
    assert!(stderr.contains("Line 1 "), "{stderr}");

    let without_mark: Vec<u8> = format!("ASSEMBLYAI_API_KEY={KEY}\n")
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    fs::write(folder.path().join(".env"), without_mark).expect("the file is written");
    let output = ServerProgram::run_to_exit(folder.path(), &[], &[]).await;
    let stderr = String::from_utf8(output.stderr).expect("UTF-8");
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains("save it as UTF-8"), "{stderr}");
}

#[tokio::test]
async fn a_utf16_dotenv_is_read_and_logged_at_start() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let page = built_page();
    let dir = page.path().to_str().expect("UTF-8");
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
    fs::write(folder.path().join(".env"), utf16).expect("the file is written");
    let mut program = ServerProgram::start(folder.path(), &args, &[]).await;
    let reply = reqwest::get(format!("http://{}/token", program.address)).await;
    assert_eq!(reply.expect("a response").status(), 200);
    assert!(service.last_head().contains(&format!("{KEY}\r\n")));
    let stderr = program
        .wait_for_log("variables were read from a .env file")
        .await;
    assert!(stderr.contains("ignored_lines=\"1\""), "{stderr}");
    program.terminate();
    assert!(program.finish().await.0);
}

#[tokio::test]
async fn without_a_key_the_log_warns_about_the_local_service() {
    let page = built_page();
    let dir = page.path().to_str().expect("UTF-8");
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
            ServerProgram::start(folder.path(), &args, &[("ASSEMBLYAI_API_KEY", key)]).await;
        program.terminate();
        let (success, log) = program.finish().await;
        assert!(success, "{log}");
        let warning = log
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
async fn a_long_method_or_path_is_truncated_in_the_log() {
    let page = built_page();
    let args = ["--recogniser=script"];
    let mut program = ServerProgram::serve_page(page.path(), &args, &[]).await;
    let long = "X".repeat(30_000);
    for request in [
        format!("{long} / HTTP/1.1"),
        format!("GET /{long} HTTP/1.1"),
    ] {
        let mut stream = TcpStream::connect(&program.address)
            .await
            .expect("a connection");
        let request = format!("{request}\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        stream
            .write_all(request.as_bytes())
            .await
            .expect("the data is sent");
        let mut response = String::new();
        stream
            .read_to_string(&mut response)
            .await
            .expect("the data is read");
        assert!(response.starts_with("HTTP/1.1 40"), "{response}");
    }
    program.wait_for_log_times("X…", 2).await;
    program.terminate();
    let (_, log) = program.finish().await;
    assert!(log.lines().all(|line| line.len() < 500), "{log}");
}

#[tokio::test]
async fn json_logs_are_json() {
    let page = built_page();
    let dir = page.path().to_str().expect("UTF-8");
    let args = [
        "--client-dir",
        dir,
        "--listen",
        "127.0.0.1:0",
        "--recogniser=script",
        "--log-format=json",
    ];
    let folder = tempfile::tempdir().expect("a folder");
    let program = ServerProgram::start(folder.path(), &args, &[]).await;
    let reply = reqwest::get(format!("http://{}/nothing?token=x", program.address)).await;
    assert_eq!(reply.expect("a response").status(), 404);
    program.terminate();
    let (_, log) = program.finish().await;
    let lines: Vec<serde_json::Value> = log
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
