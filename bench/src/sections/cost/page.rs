//! What the page's thread has to do while somebody speaks.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use inturn_tests::{
    browser::{Browser, Microphone},
    page::Page,
    speech,
    stage::Setting,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{median, site};
use crate::report::{Figure, Section, Table};

pub(super) async fn measure(section: &mut Section) -> anyhow::Result<()> {
    let recorder = site::built("recorder.js")? + include_str!("../../../web/count-blocks.js");
    let client = site::folder(&[("recorder.js", recorder.as_bytes())])?;
    let stage = Setting::new().with_client(client.path()).open().await;
    let sound = speech::novel(930).then(&speech::novel(880));
    let browser = Browser::open(&Microphone::Repeats(sound)).await;
    let page = Page::load(browser, &stage.url).await;
    let browser = &page.browser;
    // Seconds of the processor, not of the clock: what others do on this machine is not in them.
    browser
        .devtools("Performance.enable", json!({ "timeDomain": "threadTicks" }))
        .await;

    let idle = Shares::over(browser, SLICE).await?;
    page.record().await;
    page.wait_for_words("one two three").await;
    browser.value::<()>(COUNT).await;
    let before: Counts = browser.value(COUNTED).await;
    let mut slices = Vec::new();
    for _ in 0..SLICES {
        slices.push(Shares::over(browser, SLICE).await?);
    }
    let counts: Counts = browser.value(COUNTED).await;
    page.stop().await;
    let log = stage.closed_session(1).await;

    let secs = (counts.at - before.at) / 1_000.0;
    let a_second = |after: f64, before: f64| (after - before) / secs;
    let blocks = a_second(counts.blocks, before.blocks);
    let of = |part: fn(&Shares) -> f64| median(&slices.iter().map(part).collect::<Vec<_>>());
    section.figures.push(
        Figure::new(
            "Page's thread in steady speech, of one core",
            of(|it| it.task),
            "%",
        )
        .at_most(1.0)
        .beside(format!("the same page at rest: {:.2} %", idle.task))
        .missed_because(format!(
            "scripts took {:.2} %, style and layout {:.2} %, the rest is painting and messages",
            of(|it| it.script),
            of(|it| it.layout)
        )),
    );
    section.figures.push(
        Figure::new(
            "Messages from the worklet a second, while recording",
            blocks,
            "",
        )
        .at_most(50.0)
        .beside("one a quantum: 345 at 44.1 kHz, 375 at 48 kHz"),
    );
    section.method.push(format!(
        "*Page's thread*: the real page records recorded voices, with the script recogniser's partials; \
         the browser's own account of its thread (`Performance.getMetrics`, in processor time) over \
         {SLICES} slices of {} s, medians. The recorder sent the page {:.1} messages a second; {} turns \
         came in {:.0} s.",
        SLICE.as_secs(),
        a_second(counts.told, before.told),
        log.turns,
        log.audio_ms as f64 / 1_000.0,
    ));
    section.tables.push(Table {
        title: "Page's thread, of one core".to_owned(),
        columns: ["While", "All tasks", "Scripts", "Style and layout"]
            .map(str::to_owned)
            .into(),
        rows: slices
            .iter()
            .map(|it| it.row("in speech"))
            .chain([idle.row("at rest")])
            .collect(),
    });
    Ok(())
}

/// Parts of one core, in percent.
struct Shares {
    task: f64,
    script: f64,
    layout: f64,
}

impl Shares {
    async fn over(browser: &Browser, time: Duration) -> anyhow::Result<Self> {
        let began = Instant::now();
        let before = metrics(browser).await?;
        tokio::time::sleep(time).await;
        let after = metrics(browser).await?;
        let secs = began.elapsed().as_secs_f64();
        let share = |names: &[&str]| -> anyhow::Result<f64> {
            let mut sum = 0.0;
            for name in names {
                sum += metric(&after, name)? - metric(&before, name)?;
            }
            Ok(sum / secs * 100.0)
        };
        Ok(Self {
            task: share(&["TaskDuration"])?,
            script: share(&["ScriptDuration"])?,
            layout: share(&["LayoutDuration", "RecalcStyleDuration"])?,
        })
    }

    fn row(&self, what: &str) -> Vec<String> {
        let percent = |share: f64| format!("{share:.2} %");
        vec![
            what.to_owned(),
            percent(self.task),
            percent(self.script),
            percent(self.layout),
        ]
    }
}

/// What the page counts.
#[derive(Deserialize)]
struct Counts {
    at: f64,
    /// Blocks that came to the recorder.
    blocks: f64,
    /// What the recorder told the page.
    told: f64,
}

async fn metrics(browser: &Browser) -> anyhow::Result<Vec<Value>> {
    let answer = browser.devtools("Performance.getMetrics", json!({})).await;
    let list = answer["metrics"].as_array().cloned();
    list.context("the browser gives its metrics as a list")
}

fn metric(metrics: &[Value], name: &str) -> anyhow::Result<f64> {
    metrics
        .iter()
        .find(|it| it["name"] == name)
        .and_then(|it| it["value"].as_f64())
        .with_context(|| format!("the browser has no metric {name}"))
}

/// Has the page count what it is told, and ask the recorder for its count.
const COUNT: &str = "void (() => {
    const bench = (window.bench = { told: 0, channel: new BroadcastChannel('bench') });
    inturnRecorder.addEventListener('message', () => bench.told++);
})()";

const COUNTED: &str = "new Promise((resolve) => {
    const { channel } = window.bench;
    channel.onmessage = ({ data }) => {
        if ('blocks' in data) resolve({ at: performance.now(), told: window.bench.told, ...data });
    };
    channel.postMessage('count');
})";

const SLICE: Duration = Duration::from_secs(6);
const SLICES: usize = 5;
