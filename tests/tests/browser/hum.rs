//! WebKit and its mock microphone: an audio graph that sleeps until somebody clicks, as Safari's.
//!
//! The mock hums at 150 Hz and 3 kHz and beeps once a second. On a busy machine WebKit's own buffers
//! lose some of it before any page can hear it; so what arrives is held against what a tap gets from
//! the very same source.

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
async fn a_graph_that_sleeps_until_the_click_comes_alive_in_it() {
    let (_client, stage, page) = humming().await;
    let asleep: String = page.browser.value("new AudioContext().state").await;
    assert_eq!(asleep, "suspended", "this WebKit is no stand-in for Safari");

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

/// What the page did with its audio graph.
#[derive(Debug, Deserialize, PartialEq)]
struct Graph {
    /// Its state when it was first asked to run.
    before: String,
    /// The event in which that was.
    event: String,
    /// Whether the browser took it for something that the person had done.
    in_time: bool,
    /// Its state since.
    state: String,
    rate_hz: f64,
}

/// A page before the mock microphone, with a tap beside it.
async fn humming() -> (TappedClient, Stage, Page) {
    let client = TappedClient::copy();
    let stage = Setting::new().with_client(client.dir()).open().await;
    let browser = Browser::open_in(Engine::WebKit, &Microphone::Mock).await;
    let page = Page::load(browser, &stage.url).await;
    tap::set(&page).await;
    page.browser.value::<()>(WATCH_WAKING).await;
    (client, stage, page)
}

async fn record_and_compare(stage: &Stage, page: &Page, meanwhile: While) {
    let heard = record_while(page, stage, 1, meanwhile, 7.0).await;
    assert_hums(&heard);

    let tapped = tap::drawn(page).await;
    assert_eq!(tapped.rate_hz, 44_100);
    // The tap may have kept its last block to itself.
    let part = signal::audible(&heard).start + EDGE_SAMPLES
        ..heard.samples.len().saturating_sub(TAIL_SAMPLES);
    assert!(
        part.len() > 5 * heard.rate_hz as usize,
        "{part:?}: hardly anything arrived"
    );
    let found = aligned(&heard, part, &tapped);
    assert!(agrees(&found), "{found:?}");
    tap::assert_as_long(&heard, &tapped, "the hum");
}

/// Where `part` was captured. Both begin with the same quantum, or with the next, and a busy machine
/// makes that a few; the hum is like itself after each period, but for the beeps once a second.
fn aligned(heard: &Sound, part: Range<usize>, tapped: &Sound) -> Match {
    let start_secs = part.start as f64 / f64::from(heard.rate_hz);
    let mut tried = (0..=PERIODS_APART)
        .flat_map(|periods| [-periods, periods])
        .skip(1)
        .filter_map(|periods| {
            let near = start_secs + f64::from(periods) * HUM_SECS;
            let within = near - HUM_SECS / 2.0..near + HUM_SECS / 2.0;
            signal::locate_within(heard, part.clone(), tapped, within)
        });
    let first = tried.next().expect("what arrives was captured");
    if agrees(&first) {
        return first;
    }
    tried.find(agrees).unwrap_or(first)
}

/// Where WebKit has lost something, the sound jumps, which two filters make different things of; but
/// where the page had lost a sample, all would differ from there on.
fn agrees(found: &Match) -> bool {
    let differs = |part: &[f64]| part.iter().all(|agreement| *agreement < 0.999);
    found.gaps.is_empty() && found.worst() >= 0.8 && !found.correlations.windows(3).any(differs)
}

/// Both tones of the mock's hum, as loud as it makes them, in most of the tenths of a second.
fn assert_hums(heard: &Sound) {
    let window = heard.rate_hz as usize / 10;
    for (tone_hz, level) in [(150.0, 0.1), (3_000.0, 0.05)] {
        let step = TAU * tone_hz / f64::from(heard.rate_hz);
        let mut levels: Vec<f64> = heard
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

/// Notes how the page wakes its graph.
const WATCH_WAKING: &str = "void ((resume) => {
    AudioContext.prototype.resume = function () {
        window.graph ??= {
            before: this.state,
            event: window.event?.type ?? 'none',
            in_time: navigator.userActivation.isActive,
            rate_hz: this.sampleRate,
        };
        const note = () => (window.graph.state = this.state);
        this.addEventListener('statechange', note);
        return resume.call(this).finally(note);
    };
})(AudioContext.prototype.resume)";

/// 100 ms at 16 kHz: some blocks of the tap.
const TAIL_SAMPLES: usize = 1_600;

/// 5 ms at 16 kHz, in which the filters swing in.
const EDGE_SAMPLES: usize = 80;

/// A period of the deeper tone, in which the higher one has twenty.
const HUM_SECS: f64 = 1.0 / 150.0;

/// A twentieth of a second, as far as the tap may be off.
const PERIODS_APART: i32 = 7;
