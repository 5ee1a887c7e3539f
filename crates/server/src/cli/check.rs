//! `inturn check`: checks everything the server needs, one line for each check.

use inturn_cli::{CheckReport, CheckResult, DotenvFile, Issue, check_service};

use crate::{
    access::Access,
    caller::consequence,
    config::{AuthMode, Config, ConfigWarning},
    files::{ClientFiles, Index},
    limits::{Limits, WorstCase},
    metrics::SignInCounts,
    upstream::LocalUpstream,
};

/// Checks everything the server needs, and calls the service as the server would.
///
/// Requests one token with the shortest lifetime and session. Nothing is billed for it.
pub async fn check(mut config: Config) -> CheckReport {
    let mut report = CheckReport::default();
    report.add("configuration", configuration(&mut config));
    for ConfigWarning {
        what,
        message,
        remedy,
    } in config.warnings()
    {
        report.add(what, Err(Issue::new(message, remedy).warning()));
    }
    if let Some(dotenv) = &config.dotenv {
        report.add("dotenv", self::dotenv(dotenv));
    }
    if let Some(result) = proxy(&config) {
        report.add("proxy", result);
    }
    report.add("session", session(&config));
    report.add("idle", Ok(idle(&config)));
    report.add("storage", Ok(storage(&config).to_owned()));
    report.add("page", page(&config).await);
    if config.limits.limits_redis.is_some() {
        report.add("limits", limits(&config).await);
    }
    if config.local.local_service || config.key.is_none() {
        report.add("key", key(&config));
        report.add("local service", local_service(&config));
    } else {
        let cost = config.cost.session_cost();
        let cost = WorstCase::of(&config.limits, &config.session, cost);
        report.add("cost", Ok(cost.to_string()));
        if let Some(key) = &config.key {
            let timeout = config.service.upstream_timeout();
            check_service(&config.service.url(), key, timeout, &mut report).await;
        }
    }
    report
}

fn configuration(config: &mut Config) -> CheckResult {
    // These messages already say what to do.
    config
        .read_secrets()
        .map_err(|error| Issue::new(error, ""))?;
    Access::new(config, &SignInCounts::default()).map_err(|error| Issue::new(error, ""))?;
    config
        .limits
        .check_budget(&config.session)
        .map_err(|error| Issue::new(error, ""))?;
    let who = match config.access.auth {
        AuthMode::Loopback => "only this machine",
        AuthMode::Proxy => "people that the proxy identifies",
        AuthMode::Password => "people who know the passphrase",
        AuthMode::Open => "everyone",
    };
    Ok(format!(
        "{who} can record; the server would listen on {}",
        config.listen.listen
    ))
}

fn dotenv(file: &DotenvFile) -> CheckResult {
    let path = file.path.display();
    match file.ignored() {
        None => Ok(format!("variables are read from {path}")),
        Some(lines) => Err(Issue::new(
            format_args!("{path} has lines that are not NAME=value and are ignored: {lines}."),
            "Fix those lines, or make them comments.",
        )
        .warning()),
    }
}

fn session(config: &Config) -> CheckResult {
    // The message already says what to do.
    config
        .session
        .parameters()
        .map_err(|error| Issue::new(format_args!("--session-parameter {error}."), ""))?;
    let model = config.session.model();
    Ok(match config.session.extra_parameters()[..] {
        [] => format!("asks for {model}"),
        ref extra => format!("asks for {model}, with {}", extra.join(", ")),
    })
}

/// Describes what happens to a forgotten recording.
fn idle(config: &Config) -> String {
    match config.cost.idle_minutes {
        0 => "off: a session without words continues to its maximum duration".to_owned(),
        1 => "the page ends a session after a minute without a word".to_owned(),
        minutes => format!("the page ends a session after {minutes} minutes without a word"),
    }
}

/// Describes where transcripts are stored.
fn storage(config: &Config) -> &'static str {
    if config.storage.store_transcripts {
        "the page stores transcripts on people's devices"
    } else {
        "off: the page stores no transcripts, and deletes those that it stored"
    }
}

/// Checks that `--trusted-proxy` is set in the modes where it is optional.
///
/// Only a request can show whether a proxy exists. The server logs a warning at the first request
/// through an untrusted one.
fn proxy(config: &Config) -> Option<CheckResult> {
    let consequence = match config.access.auth {
        // `proxy` requires the flag, and `loopback` accepts no proxy.
        AuthMode::Proxy | AuthMode::Loopback => return None,
        AuthMode::Password | AuthMode::Open => consequence(config.access.auth)?,
    };
    let trusted = &config.access.trusted_proxy;
    if trusted.is_empty() {
        let message = format!(
            "--trusted-proxy is not set. If people use a proxy, {consequence}, and the server does \
             not know that they use https."
        );
        let remedy = "Set it to the address that your proxy connects from, such as 127.0.0.1.";
        return Some(Err(Issue::new(message, remedy).warning()));
    }
    let count = trusted.len();
    Some(Ok(format!(
        "{count} addresses or networks are trusted proxies"
    )))
}

async fn page(config: &Config) -> CheckResult {
    let files = ClientFiles::new(config.listen.client_dir.as_deref());
    if let Some(dir) = files.folder_without_page() {
        return Err(Issue::new(
            format_args!("There is no index.html in {}.", dir.display()),
            "Run `cargo xtask serve`, which builds it, or set --client-dir to its folder.",
        ));
    }
    let (text, source) = match files.index() {
        Index::File(path) => {
            let text = tokio::fs::read_to_string(&path).await;
            let text = text.map_err(|error| {
                let message = format!("{} can't be read: {error}.", path.display());
                Issue::new(message, "Build the page again.")
            })?;
            (text, path.display().to_string())
        }
        Index::Text(text) => (text, "built into this program".to_owned()),
    };
    // Under a prefix, an absolute path leads to another application.
    if ["src=\"/", "href=\"/", "from '/", "from \"/"]
        .iter()
        .any(|absolute| text.contains(absolute))
    {
        return Err(Issue::new(
            "The page contains absolute paths, which do not work under a prefix.",
            "Build it with `cargo xtask`, which writes relative paths.",
        ));
    }
    Ok(format!(
        "{source}; served under {}, with relative URLs",
        config.listen.base_path
    ))
}

async fn limits(config: &Config) -> CheckResult {
    let remedy = "Start it, or check --limits-redis: the address, the password, and whether that \
                  user may write.";
    let limits =
        Limits::new(&config.limits, &config.session).map_err(|error| Issue::new(error, remedy))?;
    limits.connect().await;
    if limits.redis_is_unavailable() {
        return Err(Issue::new(
            "Redis can't be reached, or it rejects commands.",
            remedy,
        ));
    }
    Ok("shared through Redis, which can be reached".to_owned())
}

fn key(config: &Config) -> CheckResult {
    if config.local.local_service {
        return Ok("not used, because of --local-service".to_owned());
    }
    if config.access.auth == AuthMode::Loopback {
        return Ok("not set: the server would use the local service".to_owned());
    }
    Err(Issue::new(
        "There is no API key.",
        "Set ASSEMBLYAI_API_KEY_FILE or ASSEMBLYAI_API_KEY, or use the local service with \
         --local-service.",
    ))
}

fn local_service(config: &Config) -> CheckResult {
    match LocalUpstream::new(config) {
        Ok(local) => match local.advice() {
            None => Ok(local.description()),
            Some(advice) => {
                let message = format!("{}. {}.", local.description(), advice.reason);
                Err(Issue::new(message, advice.remedy).warning())
            }
        },
        Err(error) => Err(Issue::new(
            format_args!("The local service can't start: {error}."),
            error.remedy().to_owned(),
        )),
    }
}
