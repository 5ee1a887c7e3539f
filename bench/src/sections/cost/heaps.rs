//! Memory during a recording of three hours.

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
        // The emulator's clock jumps by more than the 30 s after which it would end a session.
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

/// Feeds audio up to `until`; returns when the recorder and the service have received it.
async fn step(stage: &Stage, page: &Page, until: Duration) -> anyhow::Result<()> {
    // The emulator rejects audio that is faster than 1.25 times its own clock.
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
        .context("the service did not receive the audio")?;
    ensure!(logs.iter().all(|log| log.closed.is_none()), "{logs:?}");
    Ok(())
}

/// Reads the heaps after the page has handled all messages of the recorder.
async fn read(page: &Page, fed: Duration) -> Reading {
    let secs = fed.as_secs();
    let clock = if secs < 3_600 {
        format!("{}:{:02}", secs / 60, secs % 60)
    } else {
        format!("{}:{:02}:{:02}", secs / 3_600, secs / 60 % 60, secs % 60)
    };
    // The page updates its clock with the level meter, up to a second later.
    let shows = format!("({SHOWN}) >= {}", secs - 1);
    page.browser.wait_within(PATIENCE, &shows).await;
    let heaps: Heaps = page.browser.value("bench.heaps()").await;
    Reading { clock, heaps }
}

fn report(section: &mut Section, readings: &[Reading], took: Duration) -> anyhow::Result<()> {
    let ends = readings.first().zip(readings.last());
    let (first, last) = ends.context("no readings")?;
    ensure!(
        first.heaps.turns == last.heaps.turns,
        "the number of turns changed: {first:?}, {last:?}"
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
            .compared_with(format!("whole heap: {whole:.0} KiB"))
            .missed_because("cause unknown; wasm memory grows by pages of 64 KiB"),
        );
    }
    section.method.push(format!(
        "*Heaps*: the real page and recorder receive recorded voices through the worklet's port, \
         as fast as the recorder can process them. The recorder's clock follows the audio; the \
         emulator's clock is 1.25 times slower, the most that it allows. From minute {} on, all \
         `Turn` messages are changed to partials of one open turn. So the transcript stops growing \
         (at {} turns) while partials continue. A transcript's memory grows with its turns by \
         design: see *Growth*. The three hours took {:.0} s.",
        HOLD.as_secs() / 60,
        last.heaps.turns,
        took.as_secs_f64(),
    ));
    let kib = |bytes: u64| format!("{} KiB", bytes / 1_024);
    let rows = readings
        .iter()
        .map(|Reading { clock, heaps }| vec![clock.clone(), kib(heaps.recorder), kib(heaps.page)]);
    section.tables.push(Table {
        title: "Heaps during a recording of three hours".to_owned(),
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
        .expect("the list is not empty")
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

/// From here on, no turns are added.
const HOLD: Duration = Duration::from_secs(9 * 60);

/// Audio after which turns are held, and after which heaps are read.
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
