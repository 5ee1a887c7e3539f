//! Each sample of the microphone reaches the service once and in order, measured with a file as
//! Chromium's microphone. For real devices, see `captured`.
//!
//! On a busy machine, Chromium repeats blocks of the file (10 or 20 ms), or plays less than the
//! time that passes, before any page receives them. So the file shows where a recording begins, and
//! a tap in the page shows the rest and the duration.

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
async fn a_stalled_page_loses_no_sample() {
    record_both_sounds(While::Stalled).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hidden_page_loses_no_sample() {
    record_both_sounds(While::Hidden).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_service_loses_no_sample() {
    record_both_sounds(While::Waiting).await;
}

/// Conditions during the recording.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum While {
    Undisturbed,
    /// The page's thread is blocked for 200 ms in each second.
    Stalled,
    /// Another tab is in front.
    Hidden,
    /// The service begins two seconds after the microphone.
    Waiting,
}

async fn record_both_sounds(meanwhile: While) {
    let client = TappedClient::copy();
    let stage = Setting::new()
        .exact()
        .with_client(client.dir())
        .open()
        .await;
    if meanwhile == While::Waiting {
        stage.set_faults(&json!([{ "fault": "slow_begin", "ms": 2_000 }]));
    }
    let noise = Sound::noise(Engine::Chromium.microphone_hz(), 6_000, 10.0);
    let tone = Sound::tone(Engine::Chromium.microphone_hz(), TONE_HZ, 10.0);

    let browser = Browser::open(&Microphone::Plays(lead_in().then(&noise))).await;
    let page = Page::load(browser, &stage.url).await;
    let (received, captured) = record(&page, &stage, 1, meanwhile).await;
    let found = signal::locate(&received, within(&received), &lead_in().then(&noise))
        .unwrap_or_else(|| panic!("{meanwhile:?}: the noise was not received"));
    // If the recording waited for the service, it would begin two seconds later.
    assert!(
        found.start_secs.abs() < BEGINNING_SECS,
        "{meanwhile:?}: {found:?}"
    );
    tap::assert_copied(&received, &captured, &format!("{meanwhile:?}"));
    if !found.gaps.is_empty() {
        let gaps = &found.gaps;
        println!("{meanwhile:?}: the browser played the file with gaps: {gaps:?}");
    }

    page.browser.set_sound(&lead_in().then(&tone));
    let (received, captured) = record(&page, &stage, 2, meanwhile).await;
    tap::assert_as_long(&received, &captured, &format!("{meanwhile:?}"));
    let of_the_browser = breaks_in(&captured);
    let by_the_browser = |at: &f64| {
        of_the_browser
            .iter()
            .any(|its| (at - its).abs() < FILTER_SECS)
    };
    let mut ours = breaks_in(&received);
    ours.retain(|at| !by_the_browser(at));
    assert!(
        ours.is_empty(),
        "{meanwhile:?}: the tone breaks at {ours:?} s, and in the page at {of_the_browser:?} s"
    );
}

/// Returns the times at which the tone breaks, in seconds since it began.
fn breaks_in(sound: &Sound) -> Vec<f64> {
    let tone = within(sound);
    signal::breaks(sound, tone.clone(), TONE_HZ)
        .into_iter()
        .map(|at| (at - tone.start) as f64 / f64::from(sound.rate_hz))
        .collect()
}

/// Records for four seconds. Returns the audio that the service received, and that the page
/// captured.
async fn record(page: &Page, stage: &Stage, count: usize, meanwhile: While) -> (Sound, Sound) {
    let received = record_while(page, stage, count, meanwhile, 4.0).await;
    (received, tap::captured(page).await)
}

/// Records for this time and checks the frames' length. Returns the audio that the service
/// received.
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

/// Returns the audible part, without the few milliseconds in which filters ring at its ends.
fn within(sound: &Sound) -> std::ops::Range<usize> {
    let audible = signal::audible(sound);
    let edge = sound.rate_hz as usize / 200;
    audible.start + edge..audible.end.saturating_sub(edge)
}

/// Returns silence before the sound. Chromium reorders and drops parts of a microphone's first 50
/// ms, and more on a loaded machine, before any page receives them.
fn lead_in() -> Sound {
    Sound::silence(Engine::Chromium.microphone_hz(), 0.5)
}

const STALL: &str = "window.stalls = 0, void (window.stall = setInterval(() => {
    const end = performance.now() + 200;
    while (performance.now() < end);
    window.stalls++;
}, 1000))";

/// A fault's usual number of repeated or lost samples is never a whole number of periods.
const TONE_HZ: f64 = 937.0;

/// Allowed distance between the beginnings of file and recording. Chromium loses the first blocks
/// of a microphone, 10 ms each; more of them on a busy machine.
const BEGINNING_SECS: f64 = 0.25;

/// 100 ms at 16 kHz, 16 bits.
const CHUNK_BYTES: usize = 3_200;

/// Allowed distance between a break in the page and the same break after the filters.
const FILTER_SECS: f64 = 0.01;
