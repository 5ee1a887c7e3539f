//! Records clicks and measures the lateness of each.

use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use inturn_tests::{browser::PATIENCE, sound::Sound};
use serde::Deserialize;

use super::{
    clicks, clock,
    scene::{Program, Scene},
};
use crate::{host, statistics::percentile};

/// Results of all accepted recordings of a case.
#[derive(Debug, Default)]
pub(super) struct Lateness {
    /// Time from each click to its frame.
    pub(super) lateness_ms: Vec<f64>,
    /// The same, without the wait for the end of the click's chunk.
    pub(super) beyond_ms: Vec<f64>,
    /// The part until the click reaches the audio thread; the median of each recording.
    pub(super) to_worklet_ms: Vec<f64>,
    /// The part after that; the median of each recording.
    pub(super) from_worklet_ms: Vec<f64>,
    /// Time from pressing Record to the first sample, for each recording of our page.
    pub(super) first_sample_ms: Vec<f64>,
    /// Why recordings were rejected: clicks were missing or shifted.
    pub(super) rejections: Vec<String>,
}

/// Result with a delayed service.
#[derive(Debug)]
pub(super) struct Late {
    /// Clicks that the browser received and the service did not.
    pub(super) lost: usize,
}

/// Results of the tap.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Tap {
    clicks: Vec<Click>,
    /// When the audio thread had each click, in whole milliseconds since 1970.
    rendered: Vec<f64>,
    /// When Record was pressed, by the page's clock.
    clicked_at: f64,
}

/// A click, in milliseconds of the system's monotonic clock.
#[derive(Debug, Deserialize)]
struct Click {
    /// Position on the track's timeline.
    at: f64,
    /// When the browser received the block with the click.
    had: f64,
}

impl Click {
    /// Converts from the page's clock, if the times are on it. Old versions of Chromium use the
    /// system's clock. Times on the page's clock are always smaller than `page_zero_ms`.
    fn count_from(&mut self, page_zero_ms: f64) {
        if self.had < page_zero_ms {
            self.at += page_zero_ms;
            self.had += page_zero_ms;
        }
    }
}

impl Lateness {
    /// Makes a recording, and adds it if it is accepted.
    pub(super) async fn add(&mut self, scene: &Scene, program: Program, stalled: bool) {
        host::wait_until_quiet().await;
        match record(scene, program, stalled).await {
            Ok(heard) => {
                self.to_worklet_ms
                    .push(percentile(&heard.to_worklet_ms, 0.5));
                self.from_worklet_ms
                    .push(percentile(&heard.from_worklet_ms, 0.5));
                self.lateness_ms.extend(heard.lateness_ms);
                self.beyond_ms.extend(heard.beyond_ms);
                self.first_sample_ms.extend(heard.first_sample_ms);
            }
            Err(reason) => {
                eprintln!("    rejected a run: {reason:#}");
                self.rejections.push(format!("{reason:#}"));
            }
        }
    }

    pub(super) fn percentile(&self, share: f64) -> f64 {
        percentile(&self.lateness_ms, share)
    }
}

/// Records until [`RUNS`] runs are accepted. There are several because the offset between the
/// periods of the microphone and the sound output differs between recordings.
pub(super) async fn measure(
    scene: &Scene,
    program: Program,
    stalled: bool,
) -> anyhow::Result<Lateness> {
    let mut all = Lateness::default();
    while all.to_worklet_ms.len() < RUNS {
        all.add(scene, program, stalled).await;
        if all.rejections.len() >= TRIES {
            bail!("{TRIES} runs were rejected: {}", all.rejections.join("; "));
        }
    }
    Ok(all)
}

/// Records while the token and the socket are each delayed by `held`.
pub(super) async fn late_service(scene: &Scene, held: Duration) -> anyhow::Result<Late> {
    let seconds = held.as_secs_f64() * 2.0 + 2.0;
    scene.relay.set_delay(held);
    let recorded = play(scene, Program::Page, false, seconds).await;
    scene.relay.set_delay(Duration::ZERO);
    let recorded = recorded?;
    let heard = clicks::peaks(&recorded.sound).len();
    Ok(Late {
        lost: recorded.tap.clicks.len().saturating_sub(heard),
    })
}

/// Makes and checks one recording.
async fn record(scene: &Scene, program: Program, stalled: bool) -> anyhow::Result<Lateness> {
    let recorded = play(scene, program, stalled, RUN_SECS).await?;
    let tap = &recorded.tap;
    let tapped: Vec<f64> = tap.clicks.iter().map(|click| click.at / 1_000.0).collect();
    let tolerance_secs = scene.tolerance_secs;
    clicks::agree(&clicks::moments(RUN_SECS), &tapped, tolerance_secs)
        .context("the file and the tap differ")?;

    let peaks = clicks::peaks(&recorded.sound);
    let heard: Vec<f64> = peaks
        .iter()
        .map(|&at| at as f64 / f64::from(recorded.sound.rate_hz))
        .collect();
    // The conventional page opens the microphone first, and uses it after the service has begun.
    let missed = match program {
        Program::Page | Program::Way(_) => 0,
        Program::Conventional => tapped.len().saturating_sub(heard.len()),
    };
    clicks::agree(&tapped[missed..], &heard, tolerance_secs)
        .context("the tap and the recording differ")?;

    ensure!(
        tap.rendered.len() == tapped.len(),
        "{} clicks in the tap, {} in its worklet",
        tapped.len(),
        tap.rendered.len()
    );
    let wall_zero_ms = clock::wall_zero_ms();

    let frames = &recorded.frames;
    let begun_ms = frames.first().context("the relay received no frame")?.0;
    let mut ends = Vec::new();
    for (at, bytes) in frames {
        let before = ends.last().map_or(0, |(_, end)| *end);
        ends.push((*at, before + bytes / size_of::<i16>()));
    }
    let mut of_this = Lateness::default();
    let both_taps = tap.clicks.iter().zip(&tap.rendered).skip(missed);
    for ((click, rendered), &peak) in both_taps.zip(&peaks) {
        let (left_ms, end) = ends
            .iter()
            .find(|(_, end)| peak < *end)
            .context("a click is in no frame")?;
        if click.had > begun_ms + SETTLING_MS {
            let late_ms = left_ms - click.had;
            let chunk_ms = (end - peak) as f64 * 1_000.0 / f64::from(recorded.sound.rate_hz);
            let beyond_ms = late_ms - chunk_ms;
            // The worklet's clock is truncated to milliseconds, which loses 0.5 ms on average.
            let to_worklet_ms = rendered + 0.5 - wall_zero_ms - click.had;
            of_this.lateness_ms.push(late_ms);
            of_this.beyond_ms.push(beyond_ms);
            of_this.to_worklet_ms.push(to_worklet_ms);
            of_this.from_worklet_ms.push(beyond_ms - to_worklet_ms);
        }
    }
    let lateness_ms = &of_this.lateness_ms;
    ensure!(
        lateness_ms.len() > 30 && lateness_ms.iter().all(|&ms| ms > 0.0),
        "too few clicks, or one was sent before it was played: {lateness_ms:?}"
    );
    let first_sample_ms = (program == Program::Page).then(|| {
        let first = tap.clicks[0].at - heard[0] * 1_000.0;
        first - (recorded.page_zero_ms + tap.clicked_at)
    });
    of_this.first_sample_ms.extend(first_sample_ms);
    Ok(of_this)
}

struct Recorded {
    tap: Tap,
    sound: Sound,
    /// Arrival time and length in bytes of each frame.
    frames: Vec<(f64, usize)>,
    page_zero_ms: f64,
}

/// Records clicks of this duration on a page, from Record to Stop.
async fn play(
    scene: &Scene,
    program: Program,
    stalled: bool,
    seconds: f64,
) -> anyhow::Result<Recorded> {
    let browser = &scene.browser;
    browser.set_sound(&clicks::sound(seconds));
    let (idle, listening) = match program {
        Program::Page | Program::Way(_) => (IDLE, LISTENING),
        Program::Conventional => (CONVENTIONAL_IDLE, CONVENTIONAL_LISTENING),
    };
    browser.go_to(&program.url(&scene.stage.url)).await;
    browser.wait_for(idle).await;
    if stalled {
        browser.value::<()>(STALL).await;
    }
    browser.value::<()>(PRESS).await;
    browser.wait_for(listening).await;
    // At Stop, all clicks have been played, and only silence is in transit.
    let moments = clicks::moments(seconds);
    let all = format!(
        "window.tap.clicks.length >= {} || performance.now() - window.watch.openedAt > {}",
        moments.len(),
        (seconds + 5.0) * 1_000.0
    );
    let patience = Duration::from_secs_f64(seconds + 5.0) + PATIENCE;
    browser.wait_within(patience, &all).await;
    let silent = format!(
        "performance.now() - window.watch.openedAt > {}",
        (seconds + 0.3) * 1_000.0
    );
    browser.wait_within(patience, &silent).await;
    browser.value::<()>(PRESS).await;
    browser.wait_within(patience, idle).await;
    let mut tap: Tap = browser.value("window.tap").await;
    let page_zero_ms = scene.page_zero_ms().await?;
    for click in &mut tap.clicks {
        click.count_from(page_zero_ms);
    }

    scene.stage.no_session_is_open().await;
    let logs = scene.stage.service.sessions();
    let log = logs.last().context("no session was opened")?;
    Ok(Recorded {
        tap,
        sound: scene.stage.recording(log),
        frames: scene.relay.last().frames,
        page_zero_ms,
    })
}

const PRESS: &str = "document.getElementById('record').click()";
const IDLE: &str = "document.getElementById('status')?.dataset.state === 'idle' \
                    && !document.getElementById('record').disabled";
const LISTENING: &str = "document.getElementById('status').dataset.state !== 'idle'";
const CONVENTIONAL_IDLE: &str =
    "document.title !== 'listening' && !document.getElementById('record').disabled";
const CONVENTIONAL_LISTENING: &str = "document.title === 'listening'";

const STALL: &str = "void setInterval(() => {
    const end = performance.now() + 200;
    while (performance.now() < end);
}, 1000)";

/// Long enough for about 50 clicks in the figures.
const RUN_SECS: f64 = 6.0;

/// Accepted recordings in each case.
const RUNS: usize = 3;

/// Time after the first frame in which the backlog from before the session is sent.
const SETTLING_MS: f64 = 1_000.0;

/// Limit for rejected runs in each case.
const TRIES: usize = 30;
