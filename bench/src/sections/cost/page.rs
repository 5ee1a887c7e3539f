//! Processor time of the page's thread during speech.

use std::time::{Duration, Instant};

use inturn_tests::{
    browser::{Browser, Microphone},
    page::Page,
    speech,
    stage::Setting,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::site;
use crate::{
    metrics::Metrics,
    report::{Figure, Section, Table},
    statistics::median,
};

pub(super) async fn measure(section: &mut Section) -> anyhow::Result<()> {
    let recorder = site::built("recorder.js")? + include_str!("../../../web/count-blocks.js");
    let client = site::bench_folder(&[("recorder.js", recorder.as_bytes())])?;
    let stage = Setting::new().with_client(client.path()).open().await;
    let sound = speech::novel(930).then(&speech::novel(880));
    let browser = Browser::open(&Microphone::Repeats(sound)).await;
    let page = Page::load(browser, &stage.url).await;
    let browser = &page.browser;
    // Processor time instead of wall time excludes the work of other programs.
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

    let meter: Rect = browser.value(METER).await;
    browser.go_to(&format!("{}bench.html", stage.url)).await;
    let bare = Shares::over(browser, BARE_SLICE).await?;
    browser
        .value::<()>(&format!("void ({MOVE_BAR})({}, {METER_HZ})", json!(meter)))
        .await;
    let mut bars = Vec::new();
    for _ in 0..BARE_SLICES {
        bars.push(Shares::over(browser, BARE_SLICE).await?);
    }
    let bar = median(&bars.iter().map(|it| it.task).collect::<Vec<_>>());

    let secs = (counts.at - before.at) / 1_000.0;
    let per_second = |after: f64, before: f64| (after - before) / secs;
    let blocks = per_second(counts.blocks, before.blocks);
    let of = |part: fn(&Shares) -> f64| median(&slices.iter().map(part).collect::<Vec<_>>());
    section.figures.push(
        Figure::new(
            "Page's thread during continuous speech, of one core",
            of(|it| it.task),
            "%",
        )
        .at_most(1.0)
        .compared_with(format!(
            "a bare page that moves a bar of the meter's size as often: {bar:.2} %; our page when \
             idle: {:.2} %",
            idle.task
        ))
        .missed_because(format!(
            "the bare page, which only moves the bar, takes {bar:.2} % on this machine, {:.0} % of \
             our figure. Our figure contains {:.2} % for scripts and {:.2} % for style and layout; \
             the rest is drawing frames and receiving messages",
            bar / of(|it| it.task) * 100.0,
            of(|it| it.script),
            of(|it| it.layout)
        )),
    );
    section.figures.push(
        Figure::new(
            "Messages per second from the worklet, while recording",
            blocks,
            "",
        )
        .at_most(50.0)
        .compared_with("one per quantum: 345 at 44.1 kHz, 375 at 48 kHz"),
    );
    section.method.push(format!(
        "*Page's thread*: the real page records recorded voices; the script recogniser sends \
         partials. The browser reports the processor time of the page's thread \
         (`Performance.getMetrics`). Figures are medians of {SLICES} periods of {} s. They are \
         compared with a bare page in the same browser, without a recording: first idle, then with \
         only a bar that has the position and size of the level meter and moves {METER_HZ} times a \
         second, as the meter does ({BARE_SLICES} periods of {} s). The recorder sent the page \
         {:.1} messages per second; there were {} turns in {:.0} s.",
        SLICE.as_secs(),
        BARE_SLICE.as_secs(),
        per_second(counts.messages, before.messages),
        log.turns,
        log.audio_ms as f64 / 1_000.0,
    ));
    section.tables.push(Table {
        title: "Page's thread, of one core".to_owned(),
        columns: ["Page", "All tasks", "Scripts", "Style and layout"]
            .map(str::to_owned)
            .into(),
        rows: slices
            .iter()
            .map(|it| it.row("our page, speech"))
            .chain([idle.row("our page, idle")])
            .chain(bars.iter().map(|it| it.row("bare page, moving bar")))
            .chain([bare.row("bare page, idle")])
            .collect(),
    });
    Ok(())
}

/// Shares of one core, in percent.
struct Shares {
    task: f64,
    script: f64,
    layout: f64,
}

impl Shares {
    async fn over(browser: &Browser, time: Duration) -> anyhow::Result<Self> {
        let began = Instant::now();
        let before = Metrics::read(browser).await?;
        tokio::time::sleep(time).await;
        let after = Metrics::read(browser).await?;
        let secs = began.elapsed().as_secs_f64();
        let share = |names: &[&str]| -> anyhow::Result<f64> {
            let mut sum = 0.0;
            for name in names {
                sum += after.since(&before, name)?;
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

/// Counters in the page.
#[derive(Deserialize)]
struct Counts {
    at: f64,
    /// Blocks that the recorder received.
    blocks: f64,
    /// Messages from the recorder to the page.
    messages: f64,
}

/// Makes the page count messages from the recorder.
const COUNT: &str = "void (() => {
    const bench = (window.bench = { messages: 0, channel: new BroadcastChannel('bench') });
    inturnRecorder.addEventListener('message', () => bench.messages++);
})()";

const COUNTED: &str = "new Promise((resolve) => {
    const { channel } = window.bench;
    channel.onmessage = ({ data }) => {
        if (!('blocks' in data)) return;
        resolve({ at: performance.now(), messages: window.bench.messages, ...data });
    };
    channel.postMessage('count');
})";

/// Position and size of the level meter.
#[derive(Deserialize, Serialize)]
struct Rect {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
}

const METER: &str = "document.querySelector('.meter').getBoundingClientRect().toJSON()";

/// Adds a moving bar with the style of the page's level meter: see `style.css`.
const MOVE_BAR: &str = "({ x, y, width, height }, hz) => {
    const element = (parent, style) => {
        const element = document.createElement('div');
        Object.assign(element.style, style);
        return parent.appendChild(element);
    };
    const meter = element(document.body, {
        position: 'absolute', left: `${x}px`, top: `${y}px`,
        width: `${width}px`, height: `${height}px`, overflow: 'hidden',
        borderRadius: '2px', background: '#dedbd2',
    });
    const bar = element(meter, {
        height: '100%', background: '#1f5f5b', transformOrigin: 'left', willChange: 'transform',
    });
    setInterval(() => {
        bar.style.setProperty('transform', `scaleX(${Math.round(Math.random() * 100)}%)`);
    }, 1000 / hz);
}";

/// The rate of the core's level meter.
const METER_HZ: u32 = 7;

const SLICE: Duration = Duration::from_secs(5);
const SLICES: usize = 5;

/// Shorter, since only the machine's noise varies.
const BARE_SLICE: Duration = Duration::from_secs(4);
const BARE_SLICES: usize = 3;
