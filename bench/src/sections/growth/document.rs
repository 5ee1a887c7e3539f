//! A long transcript on the real page.

use anyhow::Context as _;
use inturn_client_core::session::Event;
use inturn_page_core::messages::{self, ToPage};
use inturn_tests::{
    browser::{Browser, Microphone},
    page::Page,
    stage::Setting,
};
use inturn_transcript::{Change, Turn, TurnId, TurnState, Word, Words};
use serde::Deserialize;
use serde_json::json;

use super::lengths::{CONSTANT, TURNS};
use crate::{
    metrics::Metrics,
    report::{Figure, Section, Table, quantity},
};

pub(super) async fn measure(section: &mut Section) -> anyhow::Result<()> {
    let stage = Setting::new().open().await;
    let browser = Browser::open(&Microphone::Missing).await;
    let page = Page::load(browser, &stage.url).await;
    let browser = &page.browser;
    browser.value::<()>(SCRIPT).await;
    // Of the processor, not of the clock: what others do on this machine is not in it.
    browser
        .devtools("Performance.enable", json!({ "timeDomain": "threadTicks" }))
        .await;

    let mut shown = 0;
    let mut costs = Vec::new();
    let mut memories = Vec::new();
    for turns in TURNS {
        for batch in (shown..turns).collect::<Vec<_>>().chunks(500) {
            let messages: Vec<Vec<u8>> = batch
                .iter()
                .map(|&turn| message(turn, 10, true))
                .collect::<Result<_, _>>()?;
            browser
                .value::<()>(&format!("growth.say({})", json!(messages)))
                .await;
        }
        shown = turns;
        let partials = [message(turns, 9, false)?, message(turns, 10, false)?];
        costs.push(Cost::of(browser, &partials).await?);
        memories.push(memory(browser).await?);
    }
    let scrolling: Scrolling = browser.value("growth.scroll()").await;

    let last = TURNS.len() - 1;
    let per_turn = |part: fn(&Memory) -> f64| {
        (part(&memories[last]) - part(&memories[0])) / f64::from(TURNS[last] - TURNS[0])
    };
    section.figures.push(
        Figure::new(
            "One more partial on the page, 10,000 turns against 10",
            costs[last].drawn() / costs[0].drawn(),
            "×",
        )
        .at_most(CONSTANT)
        .beside(format!("{} at 10", quantity(costs[0].drawn(), "µs")))
        .missed_because(format!(
            "of the difference, scripts are {:.0} µs, style {:.0} µs, layout {:.0} µs",
            costs[last].script - costs[0].script,
            costs[last].style - costs[0].style,
            costs[last].layout - costs[0].layout
        )),
    );
    section.figures.push(
        Figure::new(
            "Frames while 10,000 turns are scrolled, p95",
            scrolling.p95_ms,
            "ms",
        )
        .at_most(SMOOTH_MS)
        .beside(format!(
            "an idle page: {}",
            quantity(scrolling.idle_p95_ms, "ms")
        ))
        .missed_because(format!(
            "not established; an idle page's frames take {} in the same browser",
            quantity(scrolling.idle_p95_ms, "ms")
        )),
    );
    section.figures.push(Figure::new(
        "Memory of one turn of ten words, the module",
        per_turn(|it| it.module),
        "B",
    ));
    section.figures.push(Figure::new(
        "Memory of one turn of ten words, JavaScript's heap",
        per_turn(|it| it.heap),
        "B",
    ));
    section.method.push(
        "*On the page*: the messages that the recorder sends are given to the real page, 10,000 turns of \
         ten words, in Chromium. What a partial costs is in processor time of the page's thread, by the \
         browser's own account (`Performance.getMetrics`): the median of 5 times 24 partials, each in a \
         frame of its own. The figure is scripts, style and layout; *all* is also what draws the frame, \
         and grows until the turns fill the window. Scrolling goes from end to start in 120 frames; \
         memory is what the module has taken and what JavaScript holds after a collection."
            .to_owned(),
    );
    section.tables.push(Table {
        title: "A long transcript on the page".to_owned(),
        columns: [
            "Turns",
            "A partial, script",
            "Style",
            "Layout",
            "All",
            "Module",
            "JavaScript's heap",
        ]
        .map(str::to_owned)
        .into(),
        rows: TURNS
            .iter()
            .zip(&costs)
            .zip(&memories)
            .map(|((turns, cost), memory)| {
                vec![
                    turns.to_string(),
                    quantity(cost.script, "µs"),
                    quantity(cost.style, "µs"),
                    quantity(cost.layout, "µs"),
                    quantity(cost.all, "µs"),
                    quantity(memory.module / 1e6, "MB"),
                    quantity(memory.heap / 1e6, "MB"),
                ]
            })
            .collect(),
    });
    Ok(())
}

/// What the recorder says of a turn of so many words.
fn message(turn: u32, words: usize, is_final: bool) -> anyhow::Result<Vec<u8>> {
    let start_ms = turn * 4_000;
    let mut said = Words::default();
    for (text, at_ms) in WORDS[..words].iter().zip((start_ms..).step_by(400)) {
        said.push(Word {
            text,
            start_ms: at_ms,
            end_ms: at_ms + 300,
            confidence: 0.9,
            is_final,
            speaker: None,
        });
    }
    let state = if is_final {
        TurnState::Formatted
    } else {
        TurnState::Open
    };
    let turn = Turn {
        state,
        start_ms,
        words: said,
        ..Turn::new(TurnId { session: 1, turn })
    };
    let event = Event::Changed(Change::Turn(turn));
    messages::encode(&ToPage::Event(event)).context("a turn has a form")
}

async fn memory(browser: &Browser) -> anyhow::Result<Memory> {
    browser
        .devtools("HeapProfiler.collectGarbage", json!({}))
        .await;
    let usage = browser.devtools("Runtime.getHeapUsage", json!({})).await;
    let heap = usage["usedSize"].as_f64();
    Ok(Memory {
        module: browser.value("growth.moduleBytes()").await,
        heap: heap.context("the browser tells its heap")?,
    })
}

/// Of one partial, in microseconds of the processor.
#[derive(Clone, Copy, Debug)]
struct Cost {
    script: f64,
    style: f64,
    layout: f64,
    all: f64,
}

impl Cost {
    async fn of(browser: &Browser, partials: &[Vec<u8>; 2]) -> anyhow::Result<Self> {
        let partials = format!("growth.partials({}, {PARTIALS})", json!(partials));
        // The first warm the thread up.
        browser.value::<()>(&partials).await;
        let mut costs = Vec::new();
        for _ in 0..BATCHES {
            let before = Metrics::read(browser).await?;
            browser.value::<()>(&partials).await;
            let after = Metrics::read(browser).await?;
            let of = |name| after.since(&before, name).map(|secs| secs * 1e6 / PARTIALS);
            costs.push(Self {
                script: of("ScriptDuration")?,
                style: of("RecalcStyleDuration")?,
                layout: of("LayoutDuration")?,
                all: of("TaskDuration")?,
            });
        }
        costs.sort_by(|a, b| a.drawn().total_cmp(&b.drawn()));
        Ok(costs[costs.len() / 2])
    }

    /// Until it is laid out.
    fn drawn(&self) -> f64 {
        self.script + self.style + self.layout
    }
}

#[derive(Debug, Deserialize)]
struct Scrolling {
    p95_ms: f64,
    idle_p95_ms: f64,
}

/// Bytes.
#[derive(Debug)]
struct Memory {
    module: f64,
    heap: f64,
}

const SCRIPT: &str = r"void (() => {
    const scroller = document.getElementById('scroller');
    const say = (bytes) => inturnRecorder.dispatchEvent(
        new MessageEvent('message', { data: Uint8Array.from(bytes) }));
    const frame = () => new Promise((done) => requestAnimationFrame(done));
    const p95 = (values) => values.sort((a, b) => a - b)[Math.floor(values.length * 0.95)];
    async function frames(count, each) {
        const times = [await frame()];
        for (let at = 0; at < count; at++) {
            each(at / (count - 1));
            times.push(await frame());
        }
        return p95(times.slice(1).map((time, at) => time - times[at]));
    }
    window.growth = {
        async say(messages) {
            for (const message of messages) say(message);
            await frame();
            await frame();
        },
        async partials(pair, count) {
            for (let run = 0; run < count; run++) {
                await frame();
                say(pair[run % 2]);
            }
            await frame();
        },
        async scroll() {
            const idle = await frames(120, () => {});
            const end = scroller.scrollHeight - scroller.clientHeight;
            // Laid out from its end: the scroller's positions run from 0 down.
            const moving = await frames(120, (part) => { scroller.scrollTop = -end * part; });
            return { p95_ms: moving, idle_p95_ms: idle };
        },
        moduleBytes: () => wasmBindings.default().then((exports) => Object.values(exports)
            .find((it) => it instanceof WebAssembly.Memory).buffer.byteLength),
    };
})()";

/// Measured together: the browser's account is read before and after.
const PARTIALS: f64 = 24.0;
const BATCHES: usize = 5;

/// The ten words of a turn.
const WORDS: [&str; 10] = [
    "every", "word", "once", "and", "in", "order", "however", "long", "you", "speak",
];

/// Two frames of a screen at 60 Hz.
const SMOOTH_MS: f64 = 33.4;
