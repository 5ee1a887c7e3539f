//! The commands beside serving: `check`, `health` and `hash-password`.

use std::{
    io::Write,
    process::{Command, Output, Stdio},
    time::{Duration, SystemTime},
};

use axum::{body::Body, http::Request};
use inturn_server::{config::PasswordHash, hash_password};
use tempfile::TempDir;

use crate::support::{FakeUpstream, KEY, Program, Reply, TOKEN, built_page, config, router, send};

/// Runs `inturn check`: its exit code, and its lines.
async fn check(page: &TempDir, flags: &[&str], variables: &[(&str, &str)]) -> (i32, Vec<String>) {
    let dir = page.path().to_str().expect("text");
    let mut args = vec!["check", "--client-dir", dir];
    args.extend(flags);
    let output = Program::ended(page.path(), &args, variables).await;
    let text = String::from_utf8(output.stdout).expect("text");
    assert!(
        output.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(!text.contains(KEY) && !text.contains(TOKEN), "{text}");
    let lines = text.lines().map(str::to_owned).collect();
    (output.status.code().expect("a code"), lines)
}

/// The lines that say what is not as it must be.
fn failures(lines: &[String]) -> Vec<&str> {
    let lines = lines.iter().map(String::as_str);
    lines.filter(|line| !line.starts_with("ok ")).collect()
}

/// A service that tells the time, so many seconds from now, and hands out tokens.
async fn service(seconds_off: i64) -> FakeUpstream {
    let off = Duration::from_secs(seconds_off.unsigned_abs());
    let now = SystemTime::now();
    let told = if seconds_off < 0 {
        now - off
    } else {
        now + off
    };
    let line = format!("Date: {}\r\n", httpdate::fmt_http_date(told));
    let body = format!(r#"{{"token":"{TOKEN}"}}"#).into_bytes();
    FakeUpstream::start(Reply::Answer("200 OK", line.leak(), body)).await
}

const WITH_KEY: [(&str, &str); 1] = [("ASSEMBLYAI_API_KEY", KEY)];

#[tokio::test]
async fn where_all_is_well_every_line_is_ok() {
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
    // One look, and one token of the shortest life.
    assert_eq!(service.calls(), 2);
    let head = service.last_head();
    assert!(
        head.contains("expires_in_seconds=1&max_session_duration_seconds=60"),
        "{head}"
    );
}

#[tokio::test]
async fn a_wrong_key_is_told() {
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
async fn what_stands_between_here_and_the_service_is_told_apart() {
    let page = built_page();
    let (encrypted, _) = FakeUpstream::start_encrypted(Reply::token(TOKEN)).await;
    let (_, another) = FakeUpstream::start_encrypted(Reply::token(TOKEN)).await;
    let certificates = page.path().join("another.pem");
    std::fs::write(&certificates, another).expect("written");
    let cutting = FakeUpstream::start(Reply::Hang).await;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let free = format!("http://{}", listener.local_addr().expect("an address"));
    drop(listener);
    for (url, step) in [
        ("http://no-such-host.invalid", "DNS: "),
        (free.as_str(), "TCP: "),
        (encrypted.url(), "TLS: "),
        (cutting.url(), "HTTP: "),
    ] {
        let file = certificates.to_str().expect("text");
        let variables = [("ASSEMBLYAI_API_KEY", KEY), ("SSL_CERT_FILE", file)];
        let flags = ["--upstream-timeout-seconds=2", "--service-url", url];
        let (code, lines) = check(&page, &flags, &variables).await;
        assert_eq!(code, 1, "{url}: {lines:?}");
        // Another host's http:// is a warning too.
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
async fn a_clock_that_is_off_is_told() {
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
async fn what_needs_no_service_is_told_too() {
    let empty = tempfile::tempdir().expect("a folder");
    let (code, lines) = check(&empty, &["--recogniser=script"], &[]).await;
    assert_eq!(code, 1, "{lines:?}");
    let [line] = failures(&lines)[..] else {
        panic!("{lines:?}");
    };
    assert!(line.starts_with("FAILED  page "), "{line}");
    assert!(line.contains("cargo xtask serve"), "{line}");

    let page = built_page();
    let beyond = ["--listen=0.0.0.0:8000", "--local-service"];
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

    let (code, lines) = check(&page, &["--auth=open"], &[]).await;
    assert_eq!(code, 1, "{lines:?}");
    let [warning, line] = failures(&lines)[..] else {
        panic!("{lines:?}");
    };
    assert!(warning.starts_with("warning proxy "), "{warning}");
    assert!(line.starts_with("FAILED  key "), "{line}");

    let absolute = "<!doctype html><link rel=\"stylesheet\" href=\"/style.css\">";
    std::fs::write(page.path().join("index.html"), absolute).expect("written");
    let (code, lines) = check(&page, &["--recogniser=script"], &[]).await;
    assert_eq!(code, 1, "{lines:?}");
    assert!(failures(&lines)[0].contains("absolute"), "{lines:?}");
}

#[tokio::test]
async fn parameters_that_the_service_would_refuse_are_told_and_stop_the_start() {
    let page = built_page();
    let dir = page.path().to_str().expect("text");
    // Each by itself could be.
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
    let output = Program::ended(page.path(), &args, &variables).await;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains(sentence), "{said}");

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
async fn a_proxy_that_would_not_be_believed_is_told_and_is_no_failure() {
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
    assert!(line.contains("keep everybody out"), "{line}");
    assert_eq!(code, 0, "{lines:?}");

    let trusting = [&flags[..], &["--trusted-proxy=127.0.0.1"]].concat();
    let (code, lines) = check(&page, &trusting, &variables).await;
    assert_eq!((code, failures(&lines).len()), (0, 0), "{lines:?}");
}

#[tokio::test]
async fn the_worst_case_is_told_in_money_at_start_too() {
    let page = built_page();
    let service = service(0).await;
    let flags = [
        "--service-url",
        service.url(),
        "--person-hours-per-day=30",
        "--all-hours-per-day=300",
    ];
    let variables = [WITH_KEY[0], ("INTURN_HOURLY_RATE", "0.50")];
    let sentence = "the most that can be billed a day, at one session a token: 30 h (15.00) for one \
                    person, 300 h (150.00) for all; if clients report an end and go on, 180 h (90.00) \
                    and 1800 h (900.00); on a day after a quiet one, up to twice that";
    let (code, lines) = check(&page, &flags, &variables).await;
    assert_eq!(code, 0, "{lines:?}");
    let line = format!("ok      cost           {sentence}");
    assert!(lines.contains(&line), "{lines:?}");

    let dir = page.path().to_str().expect("text");
    let args = [&flags[..], &["--client-dir", dir, "--listen=127.0.0.1:0"]].concat();
    let mut program = Program::listening(page.path(), &args, &variables).await;
    program.wait_for_log(sentence).await;
}

#[tokio::test]
async fn hours_that_no_recording_fits_into_stop_the_start() {
    let page = built_page();
    let dir = page.path().to_str().expect("text");
    for flag in ["--person-hours-per-day=2", "--all-hours-per-day=2"] {
        let name = flag.strip_suffix("=2").expect("a number");
        let sentence = format!(
            "{name} is less than one recording of --max-session-duration-seconds (10800): enlarge the \
             one or lower the other."
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
        let output = Program::ended(page.path(), &args, &[]).await;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(&sentence), "{said}");
    }
}

#[tokio::test]
async fn a_redis_that_is_away_is_told() {
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
async fn without_a_key_on_this_machine_the_local_service_is_well() {
    let page = built_page();
    let (code, lines) = check(&page, &["--recogniser=script"], &[]).await;
    assert_eq!((code, failures(&lines).len()), (0, 0), "{lines:?}");
}

#[cfg(unix)]
#[tokio::test]
async fn a_key_that_others_may_see_is_a_warning_at_start_and_in_check() {
    use std::os::unix::fs::PermissionsExt;
    let page = built_page();
    let file = page.path().join("key");
    std::fs::write(&file, KEY).expect("written");
    std::fs::write(
        page.path().join(".env"),
        "INTURN_PROXY_SECRET=proxy-marker-0123456789",
    )
    .expect("written");
    let dir = page.path().to_str().expect("text");
    // Of the network for documentation, which nobody answers from.
    let flags = [
        "--service-url=http://192.0.2.1:9",
        "--upstream-timeout-seconds=1",
    ];
    let variables = [("ASSEMBLYAI_API_KEY_FILE", file.to_str().expect("text"))];
    for (mode, count) in [(0o644, 2), (0o640, 0)] {
        for name in ["key", ".env"] {
            let mode = std::fs::Permissions::from_mode(mode);
            std::fs::set_permissions(page.path().join(name), mode).expect("set");
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
        let program = Program::listening(page.path(), &args, &variables).await;
        program.terminate();
        let (_, written) = program.finish().await;
        assert_eq!(written.matches(may_read).count(), count, "{written}");
        assert_eq!(written.matches(unencrypted).count(), 1, "{written}");
        assert!(!written.contains("marker"), "{written}");
    }
}

#[tokio::test]
async fn a_bad_flag_is_wrong_use_here_too() {
    let page = built_page();
    let args = ["check", "--chunk-ms=49"];
    let output = Program::ended(page.path(), &args, &[]).await;
    assert_eq!(output.status.code(), Some(2));
    let args = ["check"];
    let variables = [("INTURN_CHUNK_MS", "49")];
    let output = Program::ended(page.path(), &args, &variables).await;
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).expect("text");
    assert!(said.contains("INTURN_CHUNK_MS"), "{said}");
}

#[tokio::test]
async fn a_server_tells_a_container_how_it_is() {
    let page = built_page();
    let dir = page.path().to_str().expect("text");
    let args = [
        "--client-dir",
        dir,
        "--listen=127.0.0.1:0",
        "--service-url=http://127.0.0.1:9",
    ];
    let program = Program::listening(page.path(), &args, &WITH_KEY).await;
    let ask = async |address: &str, flags: &[&str]| {
        let mut args = vec!["health"];
        args.extend(flags);
        // As a container tells both of its programs.
        let variables = [("INTURN_LISTEN", address)];
        let output = Program::ended(page.path(), &args, &variables).await;
        (output.status.code(), output.stderr.is_empty())
    };
    assert_eq!(ask(&program.address, &[]).await, (Some(0), true));
    let port = program.address.rsplit_once(':').expect("a port").1;
    let anywhere = format!("0.0.0.0:{port}");
    assert_eq!(ask(&anywhere, &[]).await, (Some(0), true));
    // The service is away.
    assert_eq!(ask(&program.address, &["--ready"]).await, (Some(1), false));
    let address = program.address.clone();
    program.terminate();
    assert!(program.finish().await.0);
    assert_eq!(ask(&address, &[]).await, (Some(1), false));
}

#[tokio::test]
async fn a_hash_lets_its_passphrase_in() {
    let output = hash("passphrase-marker horse\n");
    assert!(output.status.success() && output.stderr.is_empty());
    let hash = String::from_utf8(output.stdout).expect("text");
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
fn no_passphrase_and_a_short_one_have_no_hash() {
    for typed in ["", "\n", "seven77\n"] {
        let output = hash(typed);
        assert_eq!(output.status.code(), Some(2), "{typed:?}");
        assert!(output.stdout.is_empty());
        let said = String::from_utf8(output.stderr).expect("text");
        assert!(
            said.contains("characters") && !said.contains("seven"),
            "{said}"
        );
    }
}

/// Runs `inturn hash-password` with this at its standard input.
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
        .expect("starts");
    let mut input = program.stdin.take().expect("piped");
    input.write_all(typed.as_bytes()).expect("written");
    drop(input);
    program.wait_with_output().expect("ends")
}
