//! An expired sign-in has its own message. People can sign in again in another window, and the
//! transcript stays.

use std::time::Duration;

use inturn_tests::{
    browser::{Browser, Microphone, PATIENCE},
    page::Page,
    proxy::{Exchange, Gate, Proxy},
    speech,
    stage::Setting,
};
use thirtyfour::{By, WebDriver, WindowHandle};
use tokio::time::Instant;

use crate::support::{Scene, pausing};

/// Responses of proxies to clients that are not signed in.
fn gates() -> Vec<Gate> {
    let html = "Content-Type: text/html";
    let form = "<!doctype html><title>Sign in</title><form></form>";
    let elsewhere = "Location: http://127.0.0.2:9/oauth2/start?rd=%2F";
    let below = "Location: /oauth2/sign_in";
    vec![
        Gate::new("302 Found", &[elsewhere], ""),
        Gate::new("302 Found", &[elsewhere], "").only("token"),
        Gate::new("303 See Other", &[below], "").only("token"),
        Gate::new("200 OK", &[html], form).only("token"),
        Gate::new("200 OK", &[html], form),
        Gate::new("401 Unauthorized", &[html], form),
        Gate::new("403 Forbidden", &[html], form).only("token"),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn after_an_expired_sign_in_is_renewed_the_recording_goes_on() {
    let (scene, proxy) = behind_a_proxy("/team/scribe/").await;
    let page = &scene.page;
    page.record().await;
    page.wait_for_words("one two").await;
    page.stop().await;
    let before = page.turns().await;
    for (recordings, gate) in (1..).zip(gates()) {
        prepared(&proxy, recordings).await;
        proxy.set_gate(Some(gate.clone()));
        page.press().await;
        let problem = page.wait_for_problem().await;
        assert_eq!(problem.kind, "sign-in-needed", "{gate:?}: {problem:?}");
        page.wait_for_state("reconnecting").await;
        assert!(page.microphone_is_on().await);
        let status: String = page.browser.value(STATUS).await;
        assert!(
            status.starts_with("Waiting for you to sign in, "),
            "{status}"
        );
        assert_eq!(
            link(page).await,
            ("Sign in again".to_owned(), proxy.url.clone())
        );
        assert_eq!(page.turns().await[..before.len()], before);

        // The recording goes on by itself.
        proxy.set_gate(None);
        page.wait_for_state("listening").await;
        assert_eq!(page.problem().await, None, "{gate:?}");
        page.press().await;
        page.wait_for_state("idle").await;
    }
    assert_eq!(page.problem().await, None);
    assert!(was_not_reloaded(page).await);
}

/// Waits until the page has prepared the recording after so many others: that needs no sign-in.
async fn prepared(proxy: &Proxy, recordings: usize) {
    let is_worklet = |it: &&Exchange| it.path.ends_with("/audio-processor.js");
    proxy
        .wait_for(|all| all.iter().filter(is_worklet).count() > recordings)
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_that_expires_during_a_recording_loses_nothing() {
    let (scene, proxy) = behind_a_proxy("/").await;
    let page = &scene.page;
    page.record().await;
    page.wait_for_words("one").await;
    proxy.set_gate(gates().into_iter().next());
    page.wait_for_words("one two three four five").await;
    page.wait_until_recorded(Duration::from_secs(3)).await;
    page.stop().await;
    assert_eq!(page.problem().await, None);
    let first = page.turns().await;
    assert!(
        first
            .iter()
            .all(|turn| turn.is_final && turn.remark.is_empty()),
        "{first:?}"
    );
    let log = scene.stage.closed_session(1).await;
    assert!(log.terminated, "{log:?}");

    // The next recording needs a new sign-in, and is appended to the transcript.
    page.press().await;
    assert_eq!(page.wait_for_problem().await.kind, "sign-in-needed");
    page.wait_for_state("idle").await;
    proxy.set_gate(None);
    page.record().await;
    page.browser
        .wait_for("document.querySelector('#transcript [data-session=\"2\"]')")
        .await;
    page.stop().await;
    assert_eq!(page.turns().await[..first.len()], first);
    assert!(was_not_reloaded(page).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_that_expires_during_loading_is_reported() {
    let (scene, proxy) = behind_a_proxy("/").await;
    let gate = Gate::new("302 Found", &["Location: http://127.0.0.2:9/"], "");
    proxy.set_gate(Some(gate.only("config")));
    let page = Page::load(scene.page.browser, &proxy.url).await;
    assert_eq!(page.wait_for_problem().await.kind, "sign-in-needed");
    proxy.set_gate(None);
    page.record().await;
    assert_eq!(page.problem().await, None);
    page.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn people_sign_in_with_the_passphrase_and_again_after_expiry() {
    let setting = Setting::new()
        .with_passphrase(PASSPHRASE)
        .with_flag("--base-path", "/team/scribe/");
    let stage = setting.open().await;
    sign_in_and_again_and_out(stage.url.trim_end_matches('/'), &stage.url).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn people_sign_in_below_a_prefix_that_the_server_does_not_know() {
    let stage = Setting::new().with_passphrase(PASSPHRASE).open().await;
    let proxy = Proxy::start(&stage.url, "/team/scribe/").await;
    sign_in_and_again_and_out(&proxy.url, &proxy.url).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn people_sign_in_over_plain_http_with_any_host_name() {
    let stage = Setting::new().with_passphrase(PASSPHRASE).open().await;
    // Browsers send no `Sec-Fetch-Site` for plain HTTP with another host than localhost.
    let resolve = "--host-resolver-rules=MAP scribe.test 127.0.0.1";
    let browser = Browser::open_with(&Microphone::Missing, &[resolve]).await;
    let url = stage.url.replace("127.0.0.1", "scribe.test");
    browser.go_to(&url).await;
    assert_eq!(address(&browser).await, format!("{url}sign-in"));
    sign_in(
        &browser,
        "open sesame",
        "document.querySelector('[role=alert]')?.textContent.includes('not the passphrase')",
    )
    .await;
    sign_in(&browser, PASSPHRASE, "document.getElementById('record')").await;
    assert_eq!(address(&browser).await, url);
    assert!(!browser.value::<bool>("window.isSecureContext").await);
}

/// Signs in, signs in again after expiry, and signs out. The page is at `url`; the first request
/// goes to `entrance`.
async fn sign_in_and_again_and_out(entrance: &str, url: &str) {
    let browser = Browser::open(&Microphone::Repeats(speech::go_forward().part(0.4, 1.6))).await;
    browser.go_to(entrance).await;
    assert_eq!(address(&browser).await, format!("{url}sign-in"));
    sign_in(
        &browser,
        "open sesame",
        "document.querySelector('[role=alert]')?.textContent.includes('not the passphrase')",
    )
    .await;
    sign_in(
        &browser,
        PASSPHRASE,
        "document.getElementById('status')?.dataset.state === 'idle'",
    )
    .await;
    assert_eq!(address(&browser).await, url);

    let page = Page::load(browser, url).await;
    mark(&page).await;
    page.record().await;
    page.wait_for_words("one two").await;
    page.stop().await;
    let before = page.turns().await;
    let driver = page.browser.driver.clone();

    // Like an expired sign-in.
    driver
        .delete_all_cookies()
        .await
        .expect("cookies can be deleted");
    page.press().await;
    assert_eq!(page.wait_for_problem().await.kind, "sign-in-needed");
    let (label, href) = link(&page).await;
    assert_eq!(
        (label.as_str(), href),
        ("Sign in again", format!("{url}sign-in?again=1"))
    );
    let first = driver.window().await.expect("a window");
    let anchor = driver
        .find(By::Id("sign-in"))
        .await
        .expect("the link is shown");
    anchor.click().await.expect("the link can be clicked");
    let second = other_window(&driver, &first).await;
    driver
        .switch_to_window(second)
        .await
        .expect("the window can be selected");
    shows(&page.browser, "document.getElementById('passphrase')").await;
    assert!(page.browser.value::<bool>("window.opener === null").await);
    sign_in(
        &page.browser,
        "open sesame",
        "document.querySelector('[role=alert]')?.textContent.includes('not the passphrase')",
    )
    .await;
    sign_in(
        &page.browser,
        PASSPHRASE,
        "document.querySelector('[role=status]')?.textContent.includes('Close this window')",
    )
    .await;
    driver
        .close_window()
        .await
        .expect("the window can be closed");
    driver
        .switch_to_window(first)
        .await
        .expect("the window is still open");

    // The recording goes on by itself.
    page.wait_for_state("listening").await;
    assert_eq!(page.problem().await, None);
    page.stop().await;
    assert!(was_not_reloaded(&page).await);
    assert_eq!(page.turns().await[..before.len()], before);

    page.browser.go_to(&format!("{url}sign-in")).await;
    let sign_out = driver.find(By::Css("form button")).await.expect("a button");
    sign_out.click().await.expect("the button can be clicked");
    shows(&page.browser, "document.getElementById('passphrase')").await;
    page.browser.go_to(url).await;
    shows(&page.browser, "document.getElementById('passphrase')").await;
    assert_eq!(address(&page.browser).await, format!("{url}sign-in"));
}

/// Opens a page behind a proxy below `prefix`, with a mark that a reload would remove.
async fn behind_a_proxy(prefix: &'static str) -> (Scene, Proxy) {
    let Scene { page, stage } = pausing(Setting::new()).await;
    let proxy = Proxy::start(&stage.url, prefix).await;
    let page = Page::load(page.browser, &proxy.url).await;
    mark(&page).await;
    (Scene { page, stage }, proxy)
}

async fn mark(page: &Page) {
    page.browser.value::<()>("void (window.mark = 1)").await;
}

async fn was_not_reloaded(page: &Page) -> bool {
    page.browser.value("window.mark === 1").await
}

/// Returns text and target of the link to the sign-in, which must open in a new window.
async fn link(page: &Page) -> (String, String) {
    page.browser
        .value(
            "((link) => link.target === '_blank' && link.rel === 'noopener' && link.offsetWidth > 0
                 ? [link.textContent, link.href] : null)(document.querySelector('#problem a'))",
        )
        .await
}

/// Submits a passphrase, and waits until `shown` is true in the resulting document.
async fn sign_in(browser: &Browser, passphrase: &str, shown: &str) {
    let field = browser.driver.find(By::Id("passphrase")).await;
    let field = field.expect("the page has the field");
    field
        .send_keys(passphrase)
        .await
        .expect("the field can be filled in");
    let button = browser.driver.find(By::Css("button")).await;
    button
        .expect("the page has the button")
        .click()
        .await
        .expect("the button can be clicked");
    shows(browser, shown).await;
}

/// Waits until the expression is true in the current document. A wait inside a document would end
/// with it.
async fn shows(browser: &Browser, shown: &str) {
    let script = format!("return !!({shown})");
    let deadline = Instant::now() + PATIENCE;
    loop {
        let found = browser.driver.execute(script.as_str(), Vec::new()).await;
        if found.is_ok_and(|it| it.json() == true) {
            return;
        }
        assert!(Instant::now() < deadline, "not shown in time: {shown}");
        tokio::time::sleep(CHECK_INTERVAL).await;
    }
}

async fn address(browser: &Browser) -> String {
    browser.value("location.href").await
}

async fn other_window(driver: &WebDriver, first: &WindowHandle) -> WindowHandle {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let windows = driver
            .windows()
            .await
            .expect("the browser lists its windows");
        if let Some(other) = windows.into_iter().find(|it| it != first) {
            return other;
        }
        assert!(Instant::now() < deadline, "no other window opens");
        tokio::time::sleep(CHECK_INTERVAL).await;
    }
}

const STATUS: &str = "document.getElementById('status').textContent";

/// Time between two checks of a document.
const CHECK_INTERVAL: Duration = Duration::from_millis(50);

const PASSPHRASE: &str = "passphrase-marker horse battery";
