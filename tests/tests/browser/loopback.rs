//! A server in loopback mode behind nginx with a minimal configuration.

#![cfg(target_os = "linux")]

use inturn_tests::{
    front::{Front, Program},
    page::Page,
    stage::Setting,
};
use serde_json::Value;

use crate::recipes::{address, browser, url};

#[tokio::test(flavor = "multi_thread")]
async fn the_page_behind_nginx_names_the_auth_modes() {
    let stage = Setting::new().open().await;
    let front = Front::start_with(Program::Nginx, PLAIN, address(&stage), &[]).await;
    let browser = browser().await;
    browser.go_to(&url(&front, "/")).await;
    let text: String = browser.value("document.body.innerText").await;
    assert_names_the_modes(&text);
    let kind: String = browser.value("document.contentType").await;
    assert_eq!(kind, "text/html");
}

#[tokio::test(flavor = "multi_thread")]
async fn record_behind_an_undetectable_nginx_names_the_auth_modes() {
    let stage = Setting::new().open().await;
    let undetectable = PLAIN.replace("# more", "proxy_http_version 1.1;");
    let front = Front::start_with(Program::Nginx, &undetectable, address(&stage), &[]).await;
    let page = Page::load(browser().await, &url(&front, "/")).await;
    page.press().await;
    let problem = page.wait_for_problem().await;
    assert_eq!(problem.kind, "host-refused", "{problem:?}");
    assert_names_the_modes(&format!("{problem:?}"));

    // The page of the JavaScript original does not send our header.
    let reply: Value = page
        .browser
        .value("fetch('/token').then((reply) => reply.json())")
        .await;
    assert_eq!(reply["code"], "host_refused", "{reply}");
    assert_names_the_modes(&reply["error"].to_string());
}

fn assert_names_the_modes(text: &str) {
    for mode in ["--auth proxy", "--auth password", "--auth open"] {
        assert!(text.contains(mode), "{text}");
    }
}

/// A common minimal configuration. It sends `Host: 127.0.0.1:8000` and no additional headers.
const PLAIN: &str = "
server {
    listen 443 ssl;
    server_name scribe.example.org;
    ssl_certificate /etc/ssl/inturn/cert.pem;
    ssl_certificate_key /etc/ssl/inturn/key.pem;
    location / {
        proxy_pass http://127.0.0.1:8000;
        # more
    }
}
";
