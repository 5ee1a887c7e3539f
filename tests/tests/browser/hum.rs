//! WebKit with its mock microphone. Like in Safari, an audio graph is suspended until a click.
//!
//! The mock hums at 150 Hz and 3 kHz and beeps once a second. On a busy machine, WebKit's buffers
//! lose some of it before any page receives it. So the received audio is compared with a tap on the
//! same source.

use std::{f64::consts::TAU, ops::Range};

use inturn_tests::{
    browser::{Browser, Engine, Microphone},
    page::Page,
    signal::{self, Match},
    sound::Sound,
    speech,
    stage::{Setting, Stage},
    tap::{self, TappedClient},
};
use serde::Deserialize;

use crate::every_sample::{While, record_while};

#[tokio::test(flavor = "multi_thread")]
async fn a_graph_suspended_until_the_click_runs_after_it() {
    let (_client, stage, page) = humming().await;
    let initial: String = page.browser.value("new AudioContext().state").await;
    assert_eq!(
        initial, "suspended",
        "this WebKit does not behave like Safari"
    );

    page.record().await;
    page.wait_for_words("one two").await;
    let graph: Graph = page.browser.value("window.graph").await;
    assert_eq!(
        graph,
        Graph {
            before: "suspended".to_owned(),
            event: "click".to_owned(),
            in_time: true,
            state: "running".to_owned(),
            rate_hz: 44_100.0,
        }
    );
    page.stop().await;
    assert!(!page.microphone_is_on().await);
    assert_eq!(page.problem().await, None);
    let turns = page.turns().await;
    assert!(
        !turns.is_empty()
            && turns
                .iter()
                .all(|turn| turn.is_final && turn.remark.is_empty()),
        "{turns:?}"
    );
    let shown = speech::words(&page.text().await);
    assert!(shown.starts_with(&speech::words("one two")), "{shown:?}");
    let log = stage.closed_session(1).await;
    assert!(log.terminated, "{log:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_sample_of_the_hum_arrives_once() {
    let (_client, stage, page) = humming().await;
    record_and_compare(&stage, &page, While::Undisturbed).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_sample_of_the_hum_arrives_once_from_a_hidden_page() {
    let (_client, stage, page) = humming().await;
    record_and_compare(&stage, &page, While::Hidden).await;
}

/// How the page resumed its audio graph.
#[derive(Debug, Deserialize, PartialEq)]
struct Graph {
    /// State at the first call of `resume`.
    before: String,
    /// Type of the event during that call.
    event: String,
    /// Whether the browser counted it as a user activation.
    in_time: bool,
    /// State afterwards.
    state: String,
    rate_hz: f64,
}

/// Opens a page with the mock microphone and a tap.
async fn humming() -> (TappedClient, Stage, Page) {
    let client = TappedClient::copy();
    let stage = Setting::new()
        .exact()
        .with_client(client.dir())
        .open()
        .await;
    let browser = Browser::open_in(Engine::WebKit, &Microphone::Mock).await;
    let page = Page::load(browser, &stage.url).await;
    page.browser.value::<()>(WATCH_WAKING).await;
    (client, stage, page)
}

async fn record_and_compare(stage: &Stage, page: &Page, meanwhile: While) {
    let received = record_while(page, stage, 1, meanwhile, 7.0).await;
    assert_hums(&received);

    let tapped = tap::captured(page).await;
    assert_eq!(tapped.rate_hz, 44_100);
    // The tap may not have posted its last block.
    let part = signal::audible(&received).start + EDGE_SAMPLES
        ..received.samples.len().saturating_sub(TAIL_SAMPLES);
    assert!(
        part.len() > 5 * received.rate_hz as usize,
        "{part:?}: too little audio was received"
    );
    let found = aligned(&received, part, &tapped);
    assert!(agrees(&found), "{found:?}");
    tap::assert_as_long(&received, &tapped, "the hum");
}

/// Locates `part` in the tapped audio. Both begin with the same quantum or the next one; on a busy
/// machine they may be a few apart. The two beeps of the mock alternate. If WebKit gives the tap
/// one of them later than the page, the other one still shows the place.
fn aligned(received: &Sound, part: Range<usize>, tapped: &Sound) -> Match {
    let rate_hz = received.rate_hz as usize;
    let locate = |part: &Range<usize>, shift_secs: f64, within_secs: f64| {
        let near = part.start as f64 / rate_hz as f64 + shift_secs;
        let within = near - within_secs..near + within_secs;
        signal::locate_within(received, part.clone(), tapped, within)
    };
    let mut tried = [0, rate_hz].into_iter().filter_map(|skipped| {
        let later = part.start + skipped..part.end;
        let shift_secs = locate(&later, 0.0, APART_SECS)?.start_secs;
        locate(&part, shift_secs, PLACE_SECS)
    });
    let first = tried.next().expect("the received audio was captured");
    if agrees(&first) {
        return first;
    }
    tried.find(agrees).unwrap_or(first)
}

/// If WebKit loses samples, the sound jumps, and the two filters differ at that place only. If the
/// page lost a sample, everything after it would differ.
fn agrees(found: &Match) -> bool {
    let differs = |part: &[f64]| part.iter().all(|agreement| *agreement < 0.999);
    found.gaps.is_empty() && found.worst() >= 0.8 && !found.correlations.windows(3).any(differs)
}

/// Asserts that both tones of the hum have the mock's levels in most periods of 0.1 s.
fn assert_hums(received: &Sound) {
    let window = received.rate_hz as usize / 10;
    for (tone_hz, level) in [(150.0, 0.1), (3_000.0, 0.05)] {
        let step = TAU * tone_hz / f64::from(received.rate_hz);
        let mut levels: Vec<f64> = received
            .samples
            .chunks_exact(window)
            .map(|part| {
                let (mut sine, mut cosine) = (0.0, 0.0);
                for (index, sample) in part.iter().enumerate() {
                    sine += sample * (step * index as f64).sin();
                    cosine += sample * (step * index as f64).cos();
                }
                sine.hypot(cosine) * 2.0 / part.len() as f64
            })
            .collect();
        levels.sort_by(f64::total_cmp);
        let median = levels[levels.len() / 2];
        assert!(
            (median / level - 1.0).abs() < 0.01,
            "{tone_hz} Hz at {median}, not {level}"
        );
    }
}

/// Records how the page resumes its audio graph.
const WATCH_WAKING: &str = "void ((resume) => {
    AudioContext.prototype.resume = function () {
        window.graph ??= {
            before: this.state,
            event: window.event?.type ?? 'none',
            in_time: navigator.userActivation.isActive,
            rate_hz: this.sampleRate,
        };
        const record = () => (window.graph.state = this.state);
        this.addEventListener('statechange', record);
        return resume.call(this).finally(record);
    };
})(AudioContext.prototype.resume)";

/// 100 ms at 16 kHz: a few blocks of the tap.
const TAIL_SAMPLES: usize = 1_600;

/// 5 ms at 16 kHz, in which the filters ring.
const EDGE_SAMPLES: usize = 80;

/// Allowed offset of the tap.
const APART_SECS: f64 = 0.05;

/// Less than a period of any of the mock's tones.
const PLACE_SECS: f64 = 0.000_2;
