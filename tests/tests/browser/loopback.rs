//! A server for its own machine alone, behind nginx with the shortest lines that people write.

#![cfg(target_os = "linux")]

use inturn_tests::{
    front::{Front, Program},
    page::Page,
    stage::Setting,
};
use serde_json::Value;

use crate::recipes::{address, browser, url};

#[tokio::test(flavor = "multi_thread")]
async fn who_opens_the_page_behind_nginx_reads_which_mode_to_choose() {
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
async fn who_presses_record_behind_an_nginx_that_leaves_no_trace_reads_it_too() {
    let stage = Setting::new().open().await;
    let traceless = PLAIN.replace("# more", "proxy_http_version 1.1;");
    let front = Front::start_with(Program::Nginx, &traceless, address(&stage), &[]).await;
    let page = Page::load(browser().await, &url(&front, "/")).await;
    page.press().await;
    let problem = page.wait_for_problem().await;
    assert_eq!(problem.kind, "host-refused", "{problem:?}");
    assert_names_the_modes(&format!("{problem:?}"));

    // The page of the JavaScript original knows of no header of ours.
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

/// What many a page of advice shows. It sends `Host: 127.0.0.1:8000` and no header of its own.
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
