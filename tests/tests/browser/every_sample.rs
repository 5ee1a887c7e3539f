//! Every sample that the microphone gave reaches the service, once and in order: measured by the file
//! that is Chromium's microphone. For true devices see `captured`.
//!
//! On a busy machine Chromium repeats blocks of such a file, 10 ms or 20, and gives fewer of them than
//! the time that passes, before any page can hear them. So the file says where a recording begins, and
//! a tap in the page what follows and how long that is.

use std::time::Duration;

use inturn_tests::{
    browser::{Browser, Engine, Microphone},
    page::Page,
    signal,
    sound::Sound,
    stage::{Setting, Stage},
    tap::{self, TappedClient},
};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_is_one_gapless_copy() {
    record_both_sounds(While::Undisturbed).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stalled_page_costs_no_sample() {
    record_both_sounds(While::Stalled).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hidden_page_costs_no_sample() {
    record_both_sounds(While::Hidden).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_is_late_costs_no_sample() {
    record_both_sounds(While::Waiting).await;
}

/// What goes on meanwhile.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum While {
    Undisturbed,
    /// The page's thread does nothing else for 200 ms in each second.
    Stalled,
    /// Another tab is in front.
    Hidden,
    /// The service begins two seconds after the microphone.
    Waiting,
}

async fn record_both_sounds(meanwhile: While) {
    let client = TappedClient::copy();
    let stage = Setting::new().with_client(client.dir()).open().await;
    if meanwhile == While::Waiting {
        stage.set_faults(&json!([{ "fault": "slow_begin", "ms": 2_000 }]));
    }
    let noise = Sound::noise(Engine::Chromium.microphone_hz(), 6_000, 10.0);
    let tone = Sound::tone(Engine::Chromium.microphone_hz(), TONE_HZ, 10.0);

    let browser = Browser::open(&Microphone::Plays(lead_in().then(&noise))).await;
    let page = Page::load(browser, &stage.url).await;
    tap::set(&page).await;
    let (heard, captured) = record(&page, &stage, 1, meanwhile).await;
    let found = signal::locate(&heard, within(&heard), &lead_in().then(&noise))
        .unwrap_or_else(|| panic!("{meanwhile:?}: nothing of the noise arrived"));
    // Nothing waits for the service before it listens, which would take two seconds.
    assert!(
        found.start_secs.abs() < BEGINNING_SECS,
        "{meanwhile:?}: {found:?}"
    );
    tap::assert_copied(&heard, &captured, &format!("{meanwhile:?}"));
    if !found.gaps.is_empty() {
        let gaps = &found.gaps;
        println!("{meanwhile:?}: the browser itself left the file: {gaps:?}");
    }

    page.browser.set_sound(&lead_in().then(&tone));
    let (heard, captured) = record(&page, &stage, 2, meanwhile).await;
    tap::assert_as_long(&heard, &captured, &format!("{meanwhile:?}"));
    let of_the_browser = breaks_in(&captured);
    let by_the_browser = |at: &f64| {
        of_the_browser
            .iter()
            .any(|its| (at - its).abs() < FILTER_SECS)
    };
    let mut ours = breaks_in(&heard);
    ours.retain(|at| !by_the_browser(at));
    assert!(
        ours.is_empty(),
        "{meanwhile:?}: the tone breaks at {ours:?} s, and in the page at {of_the_browser:?} s"
    );
}

/// Where the tone breaks, in seconds since it began.
fn breaks_in(sound: &Sound) -> Vec<f64> {
    let tone = within(sound);
    signal::breaks(sound, tone.clone(), TONE_HZ)
        .into_iter()
        .map(|at| (at - tone.start) as f64 / f64::from(sound.rate_hz))
        .collect()
}

/// Records for four seconds and gives what the service received, and what the page got.
async fn record(page: &Page, stage: &Stage, count: usize, meanwhile: While) -> (Sound, Sound) {
    let heard = record_while(page, stage, count, meanwhile, 4.0).await;
    (heard, tap::drawn(page).await)
}

/// Records for so long and gives what the service received, in frames of the right length.
pub(crate) async fn record_while(
    page: &Page,
    stage: &Stage,
    count: usize,
    meanwhile: While,
    seconds: f64,
) -> Sound {
    page.record().await;
    let mut tab = None;
    match meanwhile {
        While::Undisturbed | While::Waiting => {}
        While::Stalled => page.browser.value::<()>(STALL).await,
        While::Hidden => tab = Some(page.browser.hide().await),
    }
    page.wait_until_recorded(Duration::from_secs_f64(seconds))
        .await;
    let hidden: bool = page.browser.value("document.hidden").await;
    assert_eq!(hidden, meanwhile == While::Hidden);
    page.press().await;
    page.wait_for_state("idle").await;
    assert_eq!(page.problem().await, None);
    if meanwhile == While::Stalled {
        let stalls: u32 = page
            .browser
            .value("clearInterval(window.stall), window.stalls")
            .await;
        assert!(stalls >= 2, "{stalls}");
    }
    if let Some(tab) = tab {
        page.browser.show(tab).await;
    }

    let log = stage.closed_session(count).await;
    assert!(
        log.terminated && log.frames.all_but_the_last_are(CHUNK_BYTES),
        "{log:?}"
    );
    assert!(log.error.is_none() && log.frames.short == 0, "{log:?}");
    stage.recording(&log)
}

/// The audible part, without the few milliseconds in which the filters swing in and out.
fn within(sound: &Sound) -> std::ops::Range<usize> {
    let audible = signal::audible(sound);
    let edge = sound.rate_hz as usize / 200;
    audible.start + edge..audible.end.saturating_sub(edge)
}

/// Chromium's own buffers swap and drop parts of the first 50 ms that a microphone gives, and of
/// more on a loaded machine, before any page can see them.
fn lead_in() -> Sound {
    Sound::silence(Engine::Chromium.microphone_hz(), 0.5)
}

const STALL: &str = "window.stalls = 0, void (window.stall = setInterval(() => {
    const end = performance.now() + 200;
    while (performance.now() < end);
    window.stalls++;
}, 1000))";

/// Divides no number of samples that a fault is likely to repeat or drop.
const TONE_HZ: f64 = 937.0;

/// How far from the file's beginning a recording's may lie: Chromium's own buffers lose the first
/// blocks that a microphone gives, 10 ms each, the more the busier the machine is.
const BEGINNING_SECS: f64 = 0.25;

/// 100 ms at 16 kHz, 16 bits.
const CHUNK_BYTES: usize = 3_200;

/// How far from each other a break in the page and what the filters make of it may lie.
const FILTER_SECS: f64 = 0.01;
