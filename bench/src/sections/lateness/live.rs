//! The section `start-live`: time from the click on Record to live captions, and the speech that is
//! lost after the click.

mod method;

use std::{net::SocketAddr, time::Duration};

use anyhow::{Context as _, ensure};
use inturn_emulator::{ToneSpeech, ToneWord};
use inturn_tests::{
    browser::{Browser, FILE_HZ, Microphone},
    network::Network,
    signal,
    sound::Sound,
    stage::Setting,
};
use serde::Deserialize;

use self::method::METHOD;
use super::{ms, relay::Relay};
use crate::{
    host,
    report::{Figure, Section, Table},
    statistics::{median, spread},
};

/// Measures all cases.
pub(crate) async fn run() -> anyhow::Result<Section> {
    let mut figures = Vec::new();
    let mut rows = Vec::new();
    let mut lost_ms = Vec::new();
    for network in NETWORKS {
        for is_early in [false, true] {
            let mut starts = Vec::new();
            for _ in 0..RUNS {
                host::wait_until_quiet().await;
                let start = start(network.round_trip, is_early).await?;
                eprintln!("    {}, early: {is_early}: {start:?}", network.name);
                starts.push(start);
            }
            let click = if is_early { "early" } else { "usual" };
            let what = format!(
                "From the {click} click to live captions, {}, median",
                network.name
            );
            let live_ms: Vec<f64> = starts.iter().map(|it| it.live_ms).collect();
            figures.push(Figure::new(what, median(&live_ms) / 1_000.0, "s"));
            lost_ms.extend(starts.iter().map(|it| it.lost_ms));
            rows.push(row(network.name, click, &starts));
        }
    }
    figures.push(
        Figure::new(
            "Speech lost between the click and the first captured sample, worst run",
            lost_ms.into_iter().fold(0.0, f64::max),
            "ms",
        )
        .at_most(LOSS_GOAL_MS),
    );
    Ok(Section {
        title: "From the click to live captions",
        charts: Vec::new(),
        method: METHOD.iter().map(|&text| text.to_owned()).collect(),
        figures,
        tables: vec![Table {
            title: "From the click to live captions, medians".to_owned(),
            columns: COLUMNS.map(str::to_owned).into(),
            rows,
        }],
    })
}

fn row(network: &str, click: &str, starts: &[Start]) -> Vec<String> {
    let all = |value: fn(&Start) -> f64| starts.iter().map(value).collect::<Vec<_>>();
    let secs = |value: fn(&Start) -> f64| format!("{:.2} s", median(&all(value)) / 1_000.0);
    let live_secs: Vec<f64> = starts.iter().map(|it| it.live_ms / 1_000.0).collect();
    vec![
        network.to_owned(),
        click.to_owned(),
        secs(|it| it.clicked_ms),
        format!("{} ms", ms(median(&all(|it| it.first_sample_ms)))),
        secs(|it| it.first_words_ms),
        secs(|it| it.live_ms),
        format!("{} s", spread(&live_secs)),
        secs(|it| it.lag_ms),
        secs(|it| it.usual_lag_ms),
        starts.iter().filter(|it| it.was_behind).count().to_string(),
    ]
}

/// A network between the browser and both servers.
struct Place {
    name: &'static str,
    round_trip: Duration,
}

/// The start of a recording. Times are since the click, unless they say something else.
#[derive(Debug)]
struct Start {
    /// The click, since navigation.
    clicked_ms: f64,
    /// The first sample that the service received, on the track's timeline.
    first_sample_ms: f64,
    /// How much of the track's sound precedes it.
    lost_ms: f64,
    first_words_ms: f64,
    /// The first moment at which words are shown and the status is *Live*.
    live_ms: f64,
    /// How long before that moment the newest word was spoken.
    lag_ms: f64,
    /// The same for words in the last part of the recording.
    usual_lag_ms: f64,
    /// Whether the status ever said that the words are behind.
    was_behind: bool,
}

/// Results of `live.js`. Times are by the page's clock.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Shown {
    clicked_at: f64,
    statuses: Vec<Status>,
    words: Vec<Word>,
}

#[derive(Debug, Deserialize)]
struct Status {
    at: f64,
    text: String,
}

/// The newest word at a change of the transcript.
#[derive(Debug, Deserialize)]
struct Word {
    at: f64,
    number: u32,
}

/// The track's first seconds.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Track {
    /// When the browser received the first block, by the page's clock or the system's.
    at: f64,
    rate_hz: u32,
    samples: Vec<f64>,
}

/// Records in a fresh browser with a service as slow as the real one.
async fn start(round_trip: Duration, is_early: bool) -> anyhow::Result<Start> {
    let network = Network::with_round_trip(round_trip);
    let (page_relay, socket_relay) = (network.relay(), network.relay());
    let service_relay = Relay::start().await?;
    let stage = Setting::new()
        .with_tones()
        .with_real_delays()
        .with_relay(&service_relay.url)
        .open()
        .await;
    page_relay.set_target(&stage.url);
    // The server is near the service: only sockets of the browser have the round trip.
    socket_relay.set_target(&stage.service_url);
    service_relay.set_service(address(&stage.service_url)?);
    service_relay.set_sockets_through(address(&socket_relay.url)?);

    let speech = ToneSpeech::new(0..100, FILE_HZ).with_turns_of(SENTENCE_WORDS, SENTENCE_PAUSE_MS);
    let sound = Sound::silence(FILE_HZ, LEAD_IN_SECS).then(&Sound::tone_words(&speech));
    let browser = Browser::open(&Microphone::Plays(sound.clone())).await;
    browser
        .before_each_page(include_str!("track_blocks.js"))
        .await;
    browser.before_each_page(include_str!("live/live.js")).await;
    if is_early {
        browser.go_to(&format!("{}/?early", page_relay.url)).await;
    } else {
        browser.go_to(&page_relay.url).await;
        browser.wait_for(STILL).await;
        browser.value::<()>("void live.click()").await;
    }
    let recorded = format!("performance.now() - live.clickedAt > {RECORDED_MS}");
    browser.wait_within(PATIENCE, &recorded).await;
    let shown: Shown = browser.value("live").await;
    let track: Track = browser.value(TRACK).await;
    let zero_ms = super::scene::page_zero_ms(&browser).await?;
    browser
        .value::<()>("document.getElementById('record').click()")
        .await;
    browser.wait_within(PATIENCE, IDLE).await;
    stage.no_session_is_open().await;
    let logs = stage.service.sessions();
    ensure!(logs.len() == 1, "not one session: {logs:?}");
    let received = stage.recording(&logs[0]);

    // Old versions of Chromium use the system's clock. Its times are greater than the page's zero.
    let track_at = if track.at > zero_ms {
        track.at - zero_ms
    } else {
        track.at
    };
    let tapped = Sound {
        rate_hz: track.rate_hz,
        samples: track.samples,
    };
    let first_ms = position_ms(&received, &tapped).context("the service and the track differ")?;
    let played_ms =
        position_ms(&tapped, &sound.part(0.0, 4.0)).context("the track and the file differ")?;
    let spoken_at = track_at - played_ms + LEAD_IN_SECS * 1_000.0;
    let timeline = Timeline {
        words: speech.words(),
        spoken_at,
    };
    // Silence before the first word may be left out.
    let lost_ms = (first_ms + begin_ms(&received) - begin_ms(&tapped)).max(0.0);
    timeline.start(&shown, track_at + first_ms, lost_ms)
}

/// When the words were spoken, by the page's clock.
struct Timeline {
    words: Vec<ToneWord>,
    /// When the first word began.
    spoken_at: f64,
}

impl Timeline {
    fn start(&self, shown: &Shown, first_sample_at: f64, lost_ms: f64) -> anyhow::Result<Start> {
        let clicked_at = shown.clicked_at;
        let first = shown.words.first().context("no words were shown")?;
        let live_at = live_at(shown).context("the status was never Live")?;
        let newest = shown.words.iter().rfind(|it| it.at <= live_at);
        let later = shown
            .words
            .iter()
            .filter(|it| it.at > clicked_at + SETTLED_MS);
        let later: Vec<f64> = later.map(|it| self.lag_ms(it)).collect();
        let behind = |it: &Status| BEHIND.iter().any(|text| it.text.contains(text));
        Ok(Start {
            clicked_ms: clicked_at,
            first_sample_ms: first_sample_at - clicked_at,
            lost_ms,
            first_words_ms: first.at - clicked_at,
            live_ms: live_at - clicked_at,
            lag_ms: self.lag_ms(newest.context("Live without words")?),
            usual_lag_ms: median(&later),
            was_behind: shown.statuses.iter().any(behind),
        })
    }

    /// Returns the time from the end of a word to its appearance.
    fn lag_ms(&self, word: &Word) -> f64 {
        let spoken = self.words[word.number as usize].end_ms as f64;
        word.at - (self.spoken_at + spoken)
    }
}

/// Returns the first moment at which words are shown and the status is *Live*.
fn live_at(shown: &Shown) -> Option<f64> {
    let first_words_at = shown.words.first()?.at;
    let ends = shown.statuses.iter().skip(1).map(|it| it.at);
    let ends = ends.chain([f64::INFINITY]);
    shown
        .statuses
        .iter()
        .zip(ends)
        .find(|(status, end)| status.text == "Live" && *end > first_words_at)
        .map(|(status, _)| status.at.max(first_words_at))
}

/// Returns the time in `original` at which `recording` begins, in milliseconds.
fn position_ms(recording: &Sound, original: &Sound) -> Option<f64> {
    let rate_hz = recording.rate_hz as usize;
    let begin = signal::audible(recording).start;
    // Blocks at the very beginning may be out of order.
    let part = begin + rate_hz / 4..begin + rate_hz * 3 / 2;
    let found = signal::locate_within(recording, part, original, 0.0..NEAR_SECS)?;
    Some(found.start_secs * 1_000.0)
}

/// Returns when the sound begins, in milliseconds.
fn begin_ms(sound: &Sound) -> f64 {
    signal::audible(sound).start as f64 * 1_000.0 / f64::from(sound.rate_hz)
}

fn address(url: &str) -> anyhow::Result<SocketAddr> {
    Ok(url.trim_start_matches("http://").parse()?)
}

const NETWORKS: [Place; 2] = [
    Place {
        name: "loopback",
        round_trip: Duration::ZERO,
    },
    Place {
        name: "round trip of 400 ms",
        round_trip: Duration::from_millis(400),
    },
];

const COLUMNS: [&str; 10] = [
    "Network",
    "Click",
    "The click, after navigation",
    "First captured sample",
    "First words",
    "Live captions",
    "Middle half of the runs",
    "Lag of the newest word at that moment",
    "Usual lag of the newest word",
    "Runs in which the words were ever shown as late",
];

/// Nothing has been loaded for a second, and a click records.
const STILL: &str = "document.getElementById('status')?.dataset.state === 'idle'
    && !document.getElementById('record').disabled
    && performance.getEntriesByType('resource').every((it) =>
        it.responseEnd > 0 && performance.now() - it.responseEnd > 1000)";

const IDLE: &str = "document.getElementById('status').dataset.state === 'idle'";

/// Three seconds of the track are enough for `position_ms`.
const TRACK: &str = "({
    at: live.blocks[0].at,
    rateHz: live.rateHz,
    samples: live.blocks.slice(0, 300).flatMap((it) =>
        Array.from(it.samples, (x) => Math.round(x * 32768) / 32768)),
})";

/// Texts of the status while words are late, see `page-core`.
const BEHIND: [&str; 2] = ["behind", "catching up"];

/// Recordings of each case.
const RUNS: usize = 3;

/// Length of a recording from the click on.
const RECORDED_MS: f64 = 20_000.0;

/// Start of the part with the usual lag, after the click.
const SETTLED_MS: f64 = 12_000.0;

/// Longer than a recording and its start.
const PATIENCE: Duration = Duration::from_secs(60);

/// How far from each other the beginnings of two sounds are searched for.
const NEAR_SECS: f64 = 2.0;

/// Silence before the first word: Chromium drops parts of a microphone's first 50 ms.
const LEAD_IN_SECS: f64 = 0.1;

/// Words in a sentence, of 2.3 s.
const SENTENCE_WORDS: u32 = 6;

/// The pause after a sentence. The service ends a turn in it.
const SENTENCE_PAUSE_MS: u64 = 1_500;

/// Less than the tap's blocks of 10 ms.
const LOSS_GOAL_MS: f64 = 10.0;

#[cfg(test)]
mod tests {
    use super::*;

    /// The page's statuses, each with its time.
    type Statuses<'a> = &'a [(f64, &'a str)];

    fn shown(statuses: Statuses, words_at: f64) -> Shown {
        let status = |&(at, text): &(f64, &str)| Status {
            at,
            text: text.to_owned(),
        };
        Shown {
            clicked_at: 0.0,
            statuses: statuses.iter().map(status).collect(),
            words: vec![Word {
                at: words_at,
                number: 0,
            }],
        }
    }

    #[test]
    fn captions_are_live_once_words_are_shown_and_none_are_late() {
        let connecting = (100.0, "Connecting");
        let table: [(Statuses, f64, f64); 3] = [
            (&[connecting, (200.0, "Live")], 300.0, 300.0),
            (&[connecting, (400.0, "Live")], 300.0, 400.0),
            (
                &[(200.0, "Live"), (250.0, "3 s behind"), (500.0, "Live")],
                300.0,
                500.0,
            ),
        ];
        for (statuses, words_at, expected) in table {
            assert_eq!(live_at(&shown(statuses, words_at)), Some(expected));
        }
        assert_eq!(live_at(&shown(&[connecting], 300.0)), None);
    }
}
