//! The commands `check`, `health` and `hash-password`.

use std::{
    io::Write,
    path::Path,
    process::{Command, Output, Stdio},
    time::{Duration, SystemTime},
};

use axum::{body::Body, http::Request};
use inturn_server::{config::PasswordHash, hash_password};
use tempfile::TempDir;

use crate::support::{
    FakeUpstream, KEY, Reply, ServerProgram, TOKEN, built_page, config, router, send,
};

/// Runs `inturn check`; returns its exit code and its lines.
async fn check(page: &TempDir, flags: &[&str], variables: &[(&str, &str)]) -> (i32, Vec<String>) {
    let dir = page.path().to_str().expect("UTF-8");
    let mut args = vec!["check", "--client-dir", dir];
    args.extend(flags);
    let output = ServerProgram::run_to_exit(page.path(), &args, variables).await;
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(
        output.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(!text.contains(KEY) && !text.contains(TOKEN), "{text}");
    let lines = text.lines().map(str::to_owned).collect();
    (output.status.code().expect("a code"), lines)
}

/// Returns the lines with a warning or a failure.
fn failures(lines: &[String]) -> Vec<&str> {
    let lines = lines.iter().map(String::as_str);
    lines.filter(|line| !line.starts_with("ok ")).collect()
}

/// Starts a service with tokens, and with a clock that is off by so many seconds.
async fn service(seconds_off: i64) -> FakeUpstream {
    let off = Duration::from_secs(seconds_off.unsigned_abs());
    let now = SystemTime::now();
    let date = if seconds_off < 0 {
        now - off
    } else {
        now + off
    };
    let line = format!("Date: {}\r\n", httpdate::fmt_http_date(date));
    let body = format!(r#"{{"token":"{TOKEN}"}}"#).into_bytes();
    FakeUpstream::start(Reply::Answer("200 OK", line.leak(), body)).await
}

const WITH_KEY: [(&str, &str); 1] = [("ASSEMBLYAI_API_KEY", KEY)];

#[tokio::test]
async fn check_prints_only_ok_lines_for_a_correct_setup() {
    let page = built_page();
    let service = service(0).await;
    let (code, lines) = check(&page, &["--service-url", service.url()], &WITH_KEY).await;
    assert_eq!((code, failures(&lines).len()), (0, 0), "{lines:?}");
    for what in [
        "configuration",
        "session",
        "page",
        "cost",
        "service",
        "clock",
        "key",
    ] {
        let has = |line: &&String| line.split_whitespace().nth(1) == Some(what);
        assert_eq!(lines.iter().filter(has).count(), 1, "{what}: {lines:?}");
    }
    // One probe, and one token with the shortest lifetime.
    assert_eq!(service.calls(), 2);
    let head = service.last_head();
    assert!(
        head.contains("expires_in_seconds=1&max_session_duration_seconds=60"),
        "{head}"
    );
}

#[tokio::test]
async fn check_reports_a_wrong_key() {
    let page = built_page();
    let service = FakeUpstream::start(Reply::json("401 Unauthorized", "{}")).await;
    let (code, lines) = check(&page, &["--service-url", service.url()], &WITH_KEY).await;
    assert_eq!(code, 1, "{lines:?}");
    let [line] = failures(&lines)[..] else {
        panic!("{lines:?}");
    };
    assert!(line.starts_with("FAILED  key "), "{line}");
    assert!(
        line.contains("refused the API key (401)") && line.contains("Set a valid one"),
        "{line}"
    );
}

#[tokio::test]
async fn check_reports_which_step_to_the_service_fails() {
    let page = built_page();
    let (encrypted, _) = FakeUpstream::start_encrypted(Reply::token(TOKEN)).await;
    let (_, another) = FakeUpstream::start_encrypted(Reply::token(TOKEN)).await;
    let certificates = page.path().join("another.pem");
    std::fs::write(&certificates, another).expect("the file is written");
    let hanging = FakeUpstream::start(Reply::Hang).await;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let free = format!("http://{}", listener.local_addr().expect("an address"));
    drop(listener);
    for (url, step) in [
        ("http://no-such-host.invalid", "DNS: "),
        (free.as_str(), "TCP: "),
        (encrypted.url(), "TLS: "),
        (hanging.url(), "HTTP: "),
    ] {
        let file = certificates.to_str().expect("UTF-8");
        let variables = [("ASSEMBLYAI_API_KEY", KEY), ("SSL_CERT_FILE", file)];
        let flags = ["--upstream-timeout-seconds=2", "--service-url", url];
        let (code, lines) = check(&page, &flags, &variables).await;
        assert_eq!(code, 1, "{url}: {lines:?}");
        // `http://` to another host is an additional warning.
        let mut failed = failures(&lines);
        failed.retain(|line| line.starts_with("FAILED"));
        let [line] = failed[..] else {
            panic!("{lines:?}");
        };
        assert!(line.starts_with("FAILED  service "), "{line}");
        assert!(line.contains(step), "{step}: {line}");
    }
}

#[tokio::test]
async fn check_reports_a_wrong_clock() {
    let page = built_page();
    for (seconds_off, side) in [(3600, "slow"), (-3600, "fast")] {
        let service = service(seconds_off).await;
        let (code, lines) = check(&page, &["--service-url", service.url()], &WITH_KEY).await;
        assert_eq!(code, 1, "{lines:?}");
        let [line] = failures(&lines)[..] else {
            panic!("{lines:?}");
        };
        assert!(
            line.starts_with("FAILED  clock ") && line.contains(side),
            "{line}"
        );
    }
}

#[tokio::test]
async fn check_reports_problems_without_calling_the_service() {
    let empty = tempfile::tempdir().expect("a folder");
    let (code, lines) = check(&empty, &["--recogniser=script"], &[]).await;
    assert_eq!(code, 1, "{lines:?}");
    let [line] = failures(&lines)[..] else {
        panic!("{lines:?}");
    };
    assert!(line.starts_with("FAILED  page "), "{line}");
    assert!(line.contains("cargo xtask serve"), "{line}");

    let page = built_page();
    let beyond = [
        "--listen=0.0.0.0:8000",
        "--local-service",
        "--recogniser=script",
    ];
    let (code, lines) = check(&page, &beyond, &[]).await;
    assert_eq!(code, 1, "{lines:?}");
    let [line] = failures(&lines)[..] else {
        panic!("{lines:?}");
    };
    assert!(
        line.starts_with("FAILED  configuration ") && line.contains("--auth proxy"),
        "{line}"
    );

    let odd = [("ASSEMBLYAI_API_KEY_FILE", "/nowhere/at/all")];
    let (code, lines) = check(&page, &["--recogniser=script"], &odd).await;
    assert_eq!(code, 1, "{lines:?}");
    assert!(failures(&lines)[0].contains("/nowhere/at/all"), "{lines:?}");

    let flags = ["--auth=open", "--recogniser=script"];
    let (code, lines) = check(&page, &flags, &[]).await;
    assert_eq!(code, 1, "{lines:?}");
    let [warning, line] = failures(&lines)[..] else {
        panic!("{lines:?}");
    };
    assert!(warning.starts_with("warning proxy "), "{warning}");
    assert!(line.starts_with("FAILED  key "), "{line}");

    let absolute = "<!doctype html><link rel=\"stylesheet\" href=\"/style.css\">";
    std::fs::write(page.path().join("index.html"), absolute).expect("the file is written");
    let (code, lines) = check(&page, &["--recogniser=script"], &[]).await;
    assert_eq!(code, 1, "{lines:?}");
    assert!(failures(&lines)[0].contains("absolute"), "{lines:?}");
}

#[tokio::test]
async fn session_parameters_the_service_would_refuse_fail_check_and_start() {
    let page = built_page();
    let dir = page.path().to_str().expect("UTF-8");
    // Each parameter is valid alone.
    let text = "voice_focus_threshold=0.5\nspeaker_labels=true";
    let variables = [("INTURN_SESSION_PARAMETER", text)];
    let sentence = "--session-parameter can't set voice_focus_threshold: needs voice_focus.";
    let (code, lines) = check(&page, &["--recogniser=script"], &variables).await;
    assert_eq!(code, 1, "{lines:?}");
    let [line] = failures(&lines)[..] else {
        panic!("{lines:?}");
    };
    assert!(
        line.starts_with("FAILED  session ") && line.ends_with(sentence),
        "{line}"
    );
    let args = [
        "--listen=127.0.0.1:0",
        "--client-dir",
        dir,
        "--recogniser=script",
    ];
    let output = ServerProgram::run_to_exit(page.path(), &args, &variables).await;
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains(sentence), "{stderr}");

    let flags = [
        "--recogniser=script",
        "--session-parameter=voice_focus=far-field",
        "--session-parameter=keyterms_prompt=[\"Inturn\"]",
    ];
    let (code, lines) = check(&page, &flags, &[]).await;
    assert_eq!(code, 0, "{lines:?}");
    let line = lines
        .iter()
        .find(|line| line.starts_with("ok      session"));
    let line = line.expect("a line");
    assert!(
        line.ends_with("asks for universal-3-6-pro, with voice_focus, keyterms_prompt"),
        "{line}"
    );
}

#[tokio::test]
async fn check_warns_about_an_untrusted_proxy() {
    let page = built_page();
    let hash = hash_password("correct horse").expect("a hash");
    let variables = [("INTURN_PASSWORD_HASH", hash.as_str())];
    let flags = ["--auth=password", "--local-service", "--recogniser=script"];
    let (code, lines) = check(&page, &flags, &variables).await;
    let [line] = failures(&lines)[..] else {
        panic!("{lines:?}");
    };
    assert!(
        line.starts_with("warning proxy ") && line.contains("--trusted-proxy"),
        "{line}"
    );
    assert!(line.contains("lock out all of them"), "{line}");
    assert_eq!(code, 0, "{lines:?}");

    let trusting = [&flags[..], &["--trusted-proxy=127.0.0.1"]].concat();
    let (code, lines) = check(&page, &trusting, &variables).await;
    assert_eq!((code, failures(&lines).len()), (0, 0), "{lines:?}");
}

#[tokio::test]
async fn check_and_start_print_the_maximum_cost() {
    let page = built_page();
    let service = service(0).await;
    let flags = [
        "--service-url",
        service.url(),
        "--person-hours-per-day=30",
        "--all-hours-per-day=300",
    ];
    let variables = [WITH_KEY[0], ("INTURN_COST_PER_HOUR", "0.50")];
    let sentence = "the most that can be billed a day, at one session a token: \
                    30 h ($15.00) for one person, 300 h ($150.00) for all; \
                    if clients report an end and go on, 180 h ($90.00) and 1800 h ($900.00); \
                    on a day after a quiet one, up to twice that";
    let (code, lines) = check(&page, &flags, &variables).await;
    assert_eq!(code, 0, "{lines:?}");
    let line = format!("ok      cost           {sentence}");
    assert!(lines.contains(&line), "{lines:?}");

    let dir = page.path().to_str().expect("UTF-8");
    let args = [&flags[..], &["--client-dir", dir, "--listen=127.0.0.1:0"]].concat();
    let mut program = ServerProgram::start(page.path(), &args, &variables).await;
    program.wait_for_log(sentence).await;
}

#[tokio::test]
async fn check_prints_when_a_forgotten_recording_ends() {
    let page = built_page();
    for (flag, text) in [
        (
            "--idle-minutes=5",
            "the page ends a session after 5 minutes without a word",
        ),
        (
            "--idle-minutes=1",
            "the page ends a session after a minute without a word",
        ),
        (
            "--idle-minutes=0",
            "off: a session without words continues to its maximum duration",
        ),
    ] {
        let (code, lines) = check(&page, &["--recogniser=script", flag], &[]).await;
        assert_eq!(code, 0, "{lines:?}");
        let line = format!("ok      idle           {text}");
        assert!(lines.contains(&line), "{lines:?}");
    }
}

#[tokio::test]
async fn check_prints_whether_transcripts_are_stored() {
    let page = built_page();
    for (flag, text) in [
        (
            "--store-transcripts=true",
            "the page stores transcripts on people's devices",
        ),
        (
            "--store-transcripts=false",
            "off: the page stores no transcripts, and deletes those that it stored",
        ),
    ] {
        let (code, lines) = check(&page, &["--recogniser=script", flag], &[]).await;
        assert_eq!(code, 0, "{lines:?}");
        let line = format!("ok      storage        {text}");
        assert!(lines.contains(&line), "{lines:?}");
    }
}

#[tokio::test]
async fn hour_limits_below_one_recording_fail_check_and_start() {
    let page = built_page();
    let dir = page.path().to_str().expect("UTF-8");
    for flag in ["--person-hours-per-day=2", "--all-hours-per-day=2"] {
        let name = flag.strip_suffix("=2").expect("a number");
        let sentence = format!(
            "{name} is less than one recording of --max-session-duration-seconds (10800): raise \
             the first or lower the second."
        );
        let (code, lines) = check(&page, &["--recogniser=script", flag], &[]).await;
        assert_eq!(code, 1, "{lines:?}");
        assert!(failures(&lines)[0].ends_with(&sentence), "{lines:?}");
        let args = [
            "--listen=127.0.0.1:0",
            "--client-dir",
            dir,
            "--recogniser=script",
            flag,
        ];
        let output = ServerProgram::run_to_exit(page.path(), &args, &[]).await;
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{stderr}");
        assert!(stderr.contains(&sentence), "{stderr}");
    }
}

#[tokio::test]
async fn check_reports_an_unreachable_redis() {
    let page = built_page();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let redis = format!("--limits-redis=redis://:redis-marker@{address}/0");
    let (code, lines) = check(&page, &["--recogniser=script", &redis], &[]).await;
    assert_eq!(code, 1, "{lines:?}");
    let [line] = failures(&lines)[..] else {
        panic!("{lines:?}");
    };
    assert!(
        line.starts_with("FAILED  limits ") && !line.contains("marker"),
        "{line}"
    );
}

#[tokio::test]
async fn check_passes_with_the_local_service() {
    let page = built_page();
    let (code, lines) = check(&page, &["--recogniser=script"], &[]).await;
    assert_eq!((code, failures(&lines).len()), (0, 0), "{lines:?}");
}

#[tokio::test]
async fn check_says_how_to_install_a_better_recogniser() {
    let page = built_page();
    let flags = ["--recogniser=auto", "--moonshine-dir=/nonexistent/base-en"];
    let (code, lines) = check(&page, &flags, &[]).await;
    assert_eq!(code, 0, "{lines:?}");
    let line = lines.iter().find(|line| line.contains(" local service "));
    let line = line.expect("a line for the local service");
    assert!(line.starts_with("warning "), "{line}");
    // Without the program, the package is of no use.
    let program = Path::new(env!("CARGO_BIN_EXE_inturn")).with_file_name("inturn-moonshine");
    assert!(
        line.contains(if program.is_file() {
            "run `inturn fetch-recogniser --moonshine-dir /nonexistent/base-en`."
        } else {
            "Put inturn-moonshine of the same release next to inturn."
        }),
        "{line}"
    );
    assert!(
        line.contains("36 of 100 words") || line.contains("no word is one"),
        "{line}"
    );

    let (_, lines) = check(&page, &["--recogniser=script"], &[]).await;
    let line = lines.iter().find(|line| line.contains(" local service "));
    let line = line.expect("a line for the local service");
    assert!(line.starts_with("ok "), "the script was chosen: {line}");
}

#[cfg(unix)]
#[tokio::test]
async fn check_and_start_warn_about_a_world_readable_key() {
    use std::os::unix::fs::PermissionsExt;
    let page = built_page();
    let file = page.path().join("key");
    std::fs::write(&file, KEY).expect("the file is written");
    std::fs::write(
        page.path().join(".env"),
        "INTURN_PROXY_SECRET=proxy-marker-0123456789",
    )
    .expect("the file is written");
    let dir = page.path().to_str().expect("UTF-8");
    // An address reserved for documentation (RFC 5737): no host responds.
    let flags = [
        "--service-url=http://192.0.2.1:9",
        "--upstream-timeout-seconds=1",
    ];
    let variables = [("ASSEMBLYAI_API_KEY_FILE", file.to_str().expect("UTF-8"))];
    for (mode, count) in [(0o644, 2), (0o640, 0)] {
        for name in ["key", ".env"] {
            let mode = std::fs::Permissions::from_mode(mode);
            std::fs::set_permissions(page.path().join(name), mode)
                .expect("Redis accepts the command");
        }
        let may_read = "Every user of this machine may read";
        let unencrypted = "go to http://192.0.2.1:9 unencrypted";
        let (_, lines) = check(&page, &flags, &variables).await;
        let warnings = |what: &str| {
            let found = lines.iter().filter(|line| line.contains(what));
            assert!(found.clone().all(|line| line.starts_with("warning ")));
            found.count()
        };
        assert_eq!((warnings(may_read), warnings(unencrypted)), (count, 1));
        let args = [&["--client-dir", dir, "--listen=127.0.0.1:0"], &flags[..]].concat();
        let program = ServerProgram::start(page.path(), &args, &variables).await;
        program.terminate();
        let (_, log) = program.finish().await;
        assert_eq!(log.matches(may_read).count(), count, "{log}");
        assert_eq!(log.matches(unencrypted).count(), 1, "{log}");
        assert!(!log.contains("marker"), "{log}");
    }
}

#[tokio::test]
async fn check_exits_with_2_for_a_bad_flag_or_variable() {
    let page = built_page();
    let args = ["check", "--chunk-ms=49"];
    let output = ServerProgram::run_to_exit(page.path(), &args, &[]).await;
    assert_eq!(output.status.code(), Some(2));
    let args = ["check"];
    let variables = [("INTURN_CHUNK_MS", "49")];
    let output = ServerProgram::run_to_exit(page.path(), &args, &variables).await;
    assert_eq!(output.status.code(), Some(2));
    let stderr = String::from_utf8(output.stderr).expect("UTF-8");
    assert!(stderr.contains("INTURN_CHUNK_MS"), "{stderr}");
}

#[tokio::test]
async fn health_reports_the_state_of_the_server() {
    let page = built_page();
    let dir = page.path().to_str().expect("UTF-8");
    let args = [
        "--client-dir",
        dir,
        "--listen=127.0.0.1:0",
        "--service-url=http://127.0.0.1:9",
    ];
    let program = ServerProgram::start(page.path(), &args, &WITH_KEY).await;
    let health = async |address: &str, flags: &[&str]| {
        let mut args = vec!["health"];
        args.extend(flags);
        // In a container, server and health check get the same variables.
        let variables = [("INTURN_LISTEN", address)];
        let output = ServerProgram::run_to_exit(page.path(), &args, &variables).await;
        (output.status.code(), output.stderr.is_empty())
    };
    assert_eq!(health(&program.address, &[]).await, (Some(0), true));
    let port = program.address.rsplit_once(':').expect("a port").1;
    let anywhere = format!("0.0.0.0:{port}");
    assert_eq!(health(&anywhere, &[]).await, (Some(0), true));
    // The service can't be reached.
    assert_eq!(
        health(&program.address, &["--ready"]).await,
        (Some(1), false)
    );
    let address = program.address.clone();
    program.terminate();
    assert!(program.finish().await.0);
    assert_eq!(health(&address, &[]).await, (Some(1), false));
}

#[tokio::test]
async fn hash_password_prints_a_hash_that_signs_in() {
    let output = hash("passphrase-marker horse\n");
    assert!(output.status.success() && output.stderr.is_empty());
    let hash = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(
        hash.starts_with("$argon2id$") && hash.lines().count() == 1,
        "{hash}"
    );
    let page = built_page();
    let mut config = config(page.path(), &["--auth=password", "--local-service"]);
    config.access.secrets.password_hash = PasswordHash::parse(&hash).expect("a hash");
    let router = router(&config);
    for (passphrase, status) in [("passphrase-marker+horse", 303), ("wrong+horse", 401)] {
        let call = Request::post("/sign-in")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(format!("passphrase={passphrase}&again=")))
            .expect("a request");
        assert_eq!(send(&router, call).await.status, status, "{passphrase}");
    }
}

#[test]
fn hash_password_refuses_empty_and_short_passphrases() {
    for typed in ["", "\n", "seven77\n"] {
        let output = hash(typed);
        assert_eq!(output.status.code(), Some(2), "{typed:?}");
        assert!(output.stdout.is_empty());
        let stderr = String::from_utf8(output.stderr).expect("UTF-8");
        assert!(
            stderr.contains("characters") && !stderr.contains("seven"),
            "{stderr}"
        );
    }
}

/// Runs `inturn hash-password` with `typed` on standard input.
fn hash(typed: &str) -> Output {
    let folder = tempfile::tempdir().expect("a folder");
    let mut program = Command::new(env!("CARGO_BIN_EXE_inturn"))
        .arg("hash-password")
        .current_dir(folder.path())
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut input = program.stdin.take().expect("a pipe");
    input
        .write_all(typed.as_bytes())
        .expect("the file is written");
    drop(input);
    program.wait_with_output().expect("the program exits")
}
