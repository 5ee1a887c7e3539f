//! Whether memory grows over a long recording.

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use inturn_tests::{
    browser::{Browser, Microphone},
    page::Page,
    sound::Sound,
    speech,
    stage::{Setting, Stage},
};
use serde::Deserialize;
use tokio::time::timeout;

use super::site;
use crate::report::{Figure, Section, Table};

pub(super) async fn measure(section: &mut Section) -> anyhow::Result<()> {
    let recorder = site::built("recorder.js")? + include_str!("../../../web/fed-recorder.js");
    let sound: Vec<u8> = speech()
        .samples
        .iter()
        .flat_map(|&sample| (sample as f32).to_le_bytes())
        .collect();
    let client = site::folder(&[
        ("recorder.js", recorder.as_bytes()),
        ("feed.js", include_bytes!("../../../web/feed.js")),
        ("speech.f32", &sound),
    ])?;
    let setting = Setting::new()
        .with_client(client.path())
        // The service's time jumps by more than the half minute after which it would end a session.
        .with_flag("--inactivity-timeout-seconds", "3600")
        .without_recordings();
    let stage = setting.open().await;
    let browser = Browser::open(&Microphone::Repeats(Sound::silence(16_000, 1.0))).await;
    browser
        .before_each_page(include_str!("../../../web/fed-page.js"))
        .await;
    let page = Page::load(browser, &stage.url).await;
    page.record().await;
    page.browser.value::<f64>("bench.feeding").await;

    let began = Instant::now();
    let mut fed = Duration::ZERO;
    let mut readings = Vec::new();
    for mark in MARKS {
        while fed < mark {
            fed += STEP;
            step(&stage, &page, fed).await?;
        }
        if mark == HOLD {
            page.browser.value::<()>("bench.hold()").await;
        } else {
            readings.push(read(&page, fed).await);
        }
    }
    let took = began.elapsed();
    page.press().await;
    page.wait_for_state("finishing").await;
    page.browser.value::<()>("bench.end()").await;
    page.wait_for_state("idle").await;
    let log = stage.closed_session(1).await;
    ensure!(log.terminated && log.error.is_none(), "{log:?}");
    report(section, &readings, took)
}

/// Feeds a little more, when both ends have what came before.
async fn step(stage: &Stage, page: &Page, until: Duration) -> anyhow::Result<()> {
    // As much as the service takes beyond its own pace.
    stage.service.skip(STEP.div_f64(SERVICE_PACE));
    let feed = format!("bench.feed({})", until.as_secs());
    page.browser.value::<f64>(&feed).await;
    let due = until.saturating_sub(Duration::from_secs(1)).as_millis() as u64;
    let heard = stage.service.wait_for(|logs| {
        logs.iter()
            .any(|log| log.audio_ms >= due || log.closed.is_some())
    });
    let logs = timeout(PATIENCE, heard)
        .await
        .context("the service does not hear what is fed")?;
    ensure!(logs.iter().all(|log| log.closed.is_none()), "{logs:?}");
    Ok(())
}

/// When the page, too, is through with what it was told.
async fn read(page: &Page, fed: Duration) -> Reading {
    let secs = fed.as_secs();
    let clock = if secs < 3_600 {
        format!("{}:{:02}", secs / 60, secs % 60)
    } else {
        format!("{}:{:02}:{:02}", secs / 3_600, secs / 60 % 60, secs % 60)
    };
    // Its clock moves with a reading of the meter, and so up to a second later.
    let shows = format!("({SHOWN}) >= {}", secs - 1);
    page.browser.wait_within(PATIENCE, &shows).await;
    let heaps: Heaps = page.browser.value("bench.heaps()").await;
    Reading { clock, heaps }
}

fn report(section: &mut Section, readings: &[Reading], took: Duration) -> anyhow::Result<()> {
    let ends = readings.first().zip(readings.last());
    let (first, last) = ends.context("there are marks to read at")?;
    ensure!(
        first.heaps.turns == last.heaps.turns,
        "turns were to be held: {first:?}, {last:?}"
    );
    let heaps = [
        ("recorder", first.heaps.recorder, last.heaps.recorder),
        ("page", first.heaps.page, last.heaps.page),
    ];
    for (whose, before, after) in heaps {
        let grown = after.saturating_sub(before) as f64 / 1_024.0;
        let whole = after as f64 / 1_024.0;
        section.figures.push(
            Figure::new(
                format!("Growth of the {whose}'s wasm heap from 10 min to 3 h"),
                grown,
                "KiB",
            )
            .at_most(0.0)
            .beside(format!("the whole of it: {whole:.0} KiB"))
            .missed_because("not established; wasm's memory grows by pages of 64 KiB"),
        );
    }
    section.method.push(format!(
        "*Heaps*: the real page and recorder, fed recorded voices through the worklet's port as fast as \
         the recorder takes them; its clock goes with the audio, the strict emulator's at 1.25 times \
         less, as it demands. From {} min on every `Turn` of the service is given one and the same \
         number and left open, so that the transcript stays as it is ({} turns) while partials go on: \
         what a turn costs, which is kept by design, is under *Growth*. Three hours took {:.0} s.",
        HOLD.as_secs() / 60,
        last.heaps.turns,
        took.as_secs_f64(),
    ));
    let kib = |bytes: u64| format!("{} KiB", bytes / 1_024);
    let rows = readings
        .iter()
        .map(|Reading { clock, heaps }| vec![clock.clone(), kib(heaps.recorder), kib(heaps.page)]);
    section.tables.push(Table {
        title: "Heaps over a recording of three hours".to_owned(),
        columns: ["Recorded", "Recorder, wasm", "Page, wasm"]
            .map(str::to_owned)
            .into(),
        rows: rows.collect(),
    });
    Ok(())
}

fn speech() -> Sound {
    [870, 880, 890, 920, 930]
        .map(speech::novel)
        .into_iter()
        .reduce(|all, next| all.then(&Sound::silence(16_000, 1.5)).then(&next))
        .map(|all| all.then(&Sound::silence(16_000, 1.5)))
        .expect("there are some")
        .at_rate(inturn_tests::browser::FILE_HZ)
}

#[derive(Debug)]
struct Reading {
    clock: String,
    heaps: Heaps,
}

/// Bytes.
#[derive(Debug, Deserialize)]
struct Heaps {
    /// The recorder's linear memory.
    recorder: u64,
    /// The page's.
    page: u64,
    turns: u64,
}

/// Seconds on the page's clock.
const SHOWN: &str = "document.getElementById('elapsed').textContent.split(':') \
                     .reduce((sum, part) => sum * 60 + Number(part), 0)";

/// From when on no turns are added.
const HOLD: Duration = Duration::from_secs(9 * 60);

/// When turns are held, and when it is read.
const MARKS: [Duration; 5] = [
    HOLD,
    Duration::from_secs(10 * 60),
    Duration::from_secs(60 * 60),
    Duration::from_secs(120 * 60),
    Duration::from_secs(180 * 60),
];
const STEP: Duration = Duration::from_secs(60);
const SERVICE_PACE: f64 = 1.25;
const PATIENCE: Duration = Duration::from_secs(60);
