//! A recording without words is about to end: the page counts down, plays a tone, and lets a person
//! go on. It shows how long sessions were connected, and what that costs.

use inturn_client_core::{
    problem::Problem,
    session::{Event, Progress, State},
};
use inturn_tests::{
    browser::{Browser, Engine, Microphone},
    page::Page,
    sound::Sound,
    speech,
    stage::Setting,
};
use serde::Deserialize;
use thirtyfour::By;

use crate::support::{Scene, copy_client, dispatch, for_engines, speaking_in};

for_engines!(the_countdown_ends_by_a_click_and_by_words: Chromium, Firefox);
for_engines!(the_countdown_is_read_at_its_start_and_at_ten_seconds: Chromium);
for_engines!(the_time_connected_and_the_cost_are_shown: Chromium, Firefox);

async fn the_countdown_ends_by_a_click_and_by_words(engine: Engine) {
    let client = tempfile::tempdir().expect("a temporary folder");
    copy_client(client.path(), |name, script| {
        if name == "crash.js" {
            script.push_str(IMPATIENT);
        }
        true
    });
    let stage = Setting::new().with_client(client.path()).open().await;
    // The sound repeats, so the page may begin anywhere in it.
    let sound = Sound::silence(16_000, 20.0).then(&speech::novel(930).part(0.2, 2.9));
    let browser = Browser::open_in(engine, &Microphone::Repeats(sound)).await;
    let page = Page::load(browser, &stage.url).await;
    page.press().await;
    page.browser.wait_for(SHOWN).await;
    let line: Line = page.browser.value(LINE).await;
    let start = "No words for 3 seconds. Recording ends in ";
    assert!(line.text.starts_with(start), "{line:?}");
    assert_eq!(page.browser.value::<u32>("tones").await, 1);

    let driver = &page.browser.driver;
    let button = driver
        .find(By::Id("keep"))
        .await
        .expect("there is a button");
    button.click().await.expect("the button can be clicked");
    page.browser.wait_for(&format!("!({SHOWN})")).await;
    // Not at Stop, which the next press of a key would click.
    let focused = "document.activeElement.id === 'scroller'";
    assert!(page.browser.value::<bool>(focused).await);

    page.browser.wait_for(SHOWN).await;
    assert_eq!(page.browser.value::<u32>("tones").await, 2);
    page.browser.wait_for(&format!("!({SHOWN})")).await;
    page.wait_for_words("one").await;
    assert_eq!(page.state().await, "listening");
    page.stop().await;
    stage.no_session_is_open().await;
}

async fn the_countdown_is_read_at_its_start_and_at_ten_seconds(engine: Engine) {
    let stage = Setting::new().open().await;
    let browser = Browser::open_in(engine, &Microphone::Missing).await;
    let page = Page::load(browser, &stage.url).await;
    let show = async |events| page.browser.value::<()>(&dispatch(events)).await;
    show(vec![Event::State(State::Listening(Progress::Live))]).await;
    for secs in [60, 59, 11, 10, 9, 1] {
        show(vec![Event::IdleCountdown(Some(secs))]).await;
        let line: Line = page.browser.value(LINE).await;
        let text = format!("No words for 5 minutes. Recording ends in {}.", clock(secs));
        assert_eq!(line.text, text);
        let is_read = secs == 60 || secs == 10;
        assert_eq!(line.live == "assertive", is_read, "{line:?}");
        assert_eq!(line.title, format!("● Ends in {} · Inturn", clock(secs)));
    }
    show(vec![
        Event::IdleCountdown(None),
        Event::Problem(Problem::IdleStopped { limit_secs: 300 }),
        Event::State(State::Idle),
    ])
    .await;
    assert!(!page.browser.value::<bool>(SHOWN).await);
    let problem = page.wait_for_problem().await;
    assert_eq!(problem.kind, "idle-stopped");
}

async fn the_time_connected_and_the_cost_are_shown(engine: Engine) {
    // A cent a second.
    let setting = Setting::new().with_flag("--cost-per-hour", "36");
    let Scene { page, stage } = speaking_in(engine, setting).await;
    assert_eq!(page.browser.value::<String>("billed.innerText").await, "");
    page.record().await;
    page.browser.wait_for(COSTS).await;
    page.stop().await;
    // It stays until the next recording.
    assert!(page.browser.value::<bool>(COSTS).await);
    stage.no_session_is_open().await;
}

fn clock(secs: u32) -> String {
    format!("{}:{:02}", secs / 60, secs % 60)
}

/// The line as it is shown.
#[derive(Debug, Deserialize)]
struct Line {
    text: String,
    /// The value of `aria-live`.
    live: String,
    /// The page's title.
    title: String,
}

const LINE: &str = "({
    text: document.getElementById('idle-text').textContent,
    live: document.getElementById('idle-text').getAttribute('aria-live'),
    title: document.title,
})";

const SHOWN: &str = "document.getElementById('idle').checkVisibility()";

const COSTS: &str = "((shown) => /^0:(0[3-9]|[1-5]\\d) connected$/.test(shown('connected'))
    && /^about \\$0\\.(0[3-9]|[1-5]\\d)$/.test(shown('cost'))
    && document.getElementById('times').title === `${shown('connected')} · ${shown('cost')}`
)((id) => document.getElementById(id).textContent)";

/// Starts the countdown after 3 s, and counts the tones.
const IMPATIENT: &str = "
    ;((fetch, create) => {
        window.fetch = async (what, ...more) => {
            const answer = await fetch(what, ...more);
            if (!String(what.url ?? what).endsWith('config')) return answer;
            const config = await answer.json();
            return Response.json({ ...config, idle_seconds: 3 });
        };
        window.tones = 0;
        BaseAudioContext.prototype.createOscillator = function () {
            window.tones += 1;
            return create.call(this);
        };
    })(window.fetch, BaseAudioContext.prototype.createOscillator);
";
