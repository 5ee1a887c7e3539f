//! Recording clicks, and finding out how late each was.

use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use inturn_tests::{browser::PATIENCE, sound::Sound};
use serde::Deserialize;

use super::{
    clicks, clock,
    scene::{Scene, Who},
};
use crate::{host, statistics::percentile};

/// Recordings that agreed with their taps.
#[derive(Debug, Default)]
pub(super) struct Heard {
    /// From each click to its frame.
    pub(super) lateness_ms: Vec<f64>,
    /// What of it is not the wait for the end of the click's chunk.
    pub(super) beyond_ms: Vec<f64>,
    /// What of that passes before the audio thread has the click, in the median of each recording.
    pub(super) to_worklet_ms: Vec<f64>,
    /// What of it passes from there on, likewise.
    pub(super) from_worklet_ms: Vec<f64>,
    /// From the click on Record to the first sample, in each recording; the page's own only.
    pub(super) first_sample_ms: Vec<f64>,
    /// Recordings that did not agree, and are not in the figures.
    pub(super) rejected: u32,
}

/// What came of a service that was late.
#[derive(Debug)]
pub(super) struct Late {
    /// Clicks that the microphone gave and the service did not get.
    pub(super) lost: usize,
}

/// What the tap found.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Tap {
    clicks: Vec<Click>,
    /// When the audio thread had each click, in whole milliseconds since 1970.
    rendered: Vec<f64>,
    /// In milliseconds of the page's clock.
    clicked_at: f64,
}

/// A click, in milliseconds of the system's monotonic clock.
#[derive(Debug, Deserialize)]
struct Click {
    /// Where it lies on the track's own line of time.
    at: f64,
    /// When the browser had it.
    had: f64,
}

impl Click {
    /// Chromium once stamped its blocks by the system's clock, and does now by the page's, on which
    /// nothing is as late as the page's own beginning is on the system's.
    fn count_from(&mut self, page_zero_ms: f64) {
        if self.had < page_zero_ms {
            self.at += page_zero_ms;
            self.had += page_zero_ms;
        }
    }
}

impl Heard {
    pub(super) fn percentile(&self, share: f64) -> f64 {
        percentile(&self.lateness_ms, share)
    }
}

/// Records until enough runs can be trusted. Several, because each has its own wait between the
/// ticks of the microphone and those of the sound output.
pub(super) async fn measure(scene: &Scene, who: Who, stalled: bool) -> anyhow::Result<Heard> {
    let mut all = Heard::default();
    let mut reasons = Vec::new();
    while all.to_worklet_ms.len() < RUNS {
        host::wait_until_quiet().await;
        match record(scene, who, stalled).await {
            Ok(heard) => {
                all.to_worklet_ms
                    .push(percentile(&heard.to_worklet_ms, 0.5));
                all.from_worklet_ms
                    .push(percentile(&heard.from_worklet_ms, 0.5));
                all.lateness_ms.extend(heard.lateness_ms);
                all.beyond_ms.extend(heard.beyond_ms);
                all.first_sample_ms.extend(heard.first_sample_ms);
            }
            Err(reason) => {
                eprintln!("    a run is rejected: {reason:#}");
                reasons.push(format!("{reason:#}"));
                all.rejected += 1;
            }
        }
        if reasons.len() >= TRIES {
            bail!("{TRIES} runs can't be trusted: {}", reasons.join("; "));
        }
    }
    Ok(all)
}

/// Records while the token and the socket come `held` late, each.
pub(super) async fn late_service(scene: &Scene, held: Duration) -> anyhow::Result<Late> {
    let seconds = held.as_secs_f64() * 2.0 + 2.0;
    scene.relay.hold(held);
    let recorded = play(scene, Who::Page, false, seconds).await;
    scene.relay.hold(Duration::ZERO);
    let recorded = recorded?;
    let heard = clicks::peaks(&recorded.sound).len();
    Ok(Late {
        lost: recorded.tap.clicks.len().saturating_sub(heard),
    })
}

/// One recording.
async fn record(scene: &Scene, who: Who, stalled: bool) -> anyhow::Result<Heard> {
    let recorded = play(scene, who, stalled, RUN_SECS).await?;
    let tap = &recorded.tap;
    let tapped: Vec<f64> = tap.clicks.iter().map(|click| click.at / 1_000.0).collect();
    clicks::agree(&clicks::moments(RUN_SECS), &tapped).context("the file and the tap")?;

    let peaks = clicks::peaks(&recorded.sound);
    let heard: Vec<f64> = peaks
        .iter()
        .map(|&at| at as f64 / f64::from(recorded.sound.rate_hz))
        .collect();
    // The peer asks for the microphone first and listens to it once the service is there.
    let missed = match who {
        Who::Page => 0,
        Who::Original => tapped.len().saturating_sub(heard.len()),
    };
    clicks::agree(&tapped[missed..], &heard).context("the tap and the recording")?;

    ensure!(
        tap.rendered.len() == tapped.len(),
        "{} clicks in the tap and {} in its worklet",
        tapped.len(),
        tap.rendered.len()
    );
    let wall_zero_ms = clock::wall_zero_ms();

    let frames = &recorded.frames;
    let begun_ms = frames.first().context("no frame came")?.0;
    let mut ends = Vec::new();
    for (at, bytes) in frames {
        let before = ends.last().map_or(0, |(_, end)| *end);
        ends.push((*at, before + bytes / size_of::<i16>()));
    }
    let mut of_this = Heard::default();
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
            // Half a millisecond is what cutting them off takes away in the mean.
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
        "a click left before it sounded: {lateness_ms:?}"
    );
    let first_sample_ms = (who == Who::Page).then(|| {
        let first = tap.clicks[0].at - heard[0] * 1_000.0;
        first - (recorded.page_zero_ms + tap.clicked_at)
    });
    of_this.first_sample_ms.extend(first_sample_ms);
    Ok(of_this)
}

struct Recorded {
    tap: Tap,
    sound: Sound,
    /// When each frame was there, with its length in bytes.
    frames: Vec<(f64, usize)>,
    page_zero_ms: f64,
}

/// Plays the clicks of so many seconds to a page from Record to Stop.
async fn play(scene: &Scene, who: Who, stalled: bool, seconds: f64) -> anyhow::Result<Recorded> {
    let browser = &scene.browser;
    browser.set_sound(&clicks::sound(seconds));
    let (page, idle, listening) = match who {
        Who::Page => ("", IDLE, LISTENING),
        Who::Original => ("original.html", ORIGINAL_IDLE, ORIGINAL_LISTENING),
    };
    browser.go_to(&format!("{}{page}", scene.stage.url)).await;
    browser.wait_for(idle).await;
    if stalled {
        browser.value::<()>(STALL).await;
    }
    browser.value::<()>(PRESS).await;
    browser.wait_for(listening).await;
    // All clicks have sounded, and nothing but silence is under way when it is stopped.
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
const ORIGINAL_IDLE: &str =
    "document.title !== 'listening' && !document.getElementById('record').disabled";
const ORIGINAL_LISTENING: &str = "document.title === 'listening'";

const STALL: &str = "void setInterval(() => {
    const end = performance.now() + 200;
    while (performance.now() < end);
}, 1000)";

/// Long enough for some fifty clicks that count.
const RUN_SECS: f64 = 6.0;

/// In each case.
const RUNS: usize = 3;

/// From the first frame on, until the backlog from before the session has gone.
const SETTLING_MS: f64 = 1_000.0;

/// Runs in each case that may be rejected.
const TRIES: usize = 30;
