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

use super::{
    lengths::{CONSTANT, TURNS},
    reading,
};
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
    // Processor time instead of wall time excludes the work of other programs.
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
                .value::<()>(&format!("growth.receive({})", json!(messages)))
                .await;
        }
        shown = turns;
        let partials = [message(turns, 9, false)?, message(turns, 10, false)?];
        costs.push(Cost::of(browser, &partials).await?);
        memories.push(memory(browser).await?);
    }
    let scrolling: Scrolling = browser.value("growth.scroll()").await;

    let reading = reading::measure(browser).await?;

    let last = TURNS.len() - 1;
    let per_turn = |part: fn(&Memory) -> f64| {
        (part(&memories[last]) - part(&memories[0])) / f64::from(TURNS[last] - TURNS[0])
    };
    section.figures.push(
        Figure::new(
            "One more partial on the page, 10,000 turns compared with 10",
            costs[last].laid_out() / costs[0].laid_out(),
            "×",
        )
        .at_most(CONSTANT)
        .compared_with(format!("{} at 10", quantity(costs[0].laid_out(), "µs")))
        .missed_because(format!(
            "the difference is {:.0} µs in scripts, {:.0} µs in style, {:.0} µs in layout",
            costs[last].script - costs[0].script,
            costs[last].style - costs[0].style,
            costs[last].layout - costs[0].layout
        )),
    );
    section.figures.push(
        Figure::new(
            "One more partial on the page, with 10,000 turns",
            costs[last].all / 1_000.0,
            "ms",
        )
        .at_most(FRAME_MS),
    );
    section.figures.extend(reading);
    section.figures.push(
        Figure::new(
            "Frame time while scrolling 10,000 turns, p95",
            scrolling.p95_ms,
            "ms",
        )
        .at_most(SMOOTH_MS)
        .compared_with(format!(
            "idle page: {}",
            quantity(scrolling.idle_p95_ms, "ms")
        ))
        .missed_because(format!(
            "cause unknown; frames of an idle page take {} in the same browser",
            quantity(scrolling.idle_p95_ms, "ms")
        )),
    );
    section.figures.push(Figure::new(
        "Memory for one turn of ten words, wasm module",
        per_turn(|it| it.module),
        "B",
    ));
    section.figures.push(Figure::new(
        "Memory for one turn of ten words, JavaScript heap",
        per_turn(|it| it.heap),
        "B",
    ));
    section.method.push(
        "*On the page*: the real page in Chromium receives the recorder's messages for 10,000 \
         turns of ten words. The cost of a partial is processor time of the page's thread, \
         reported by the browser (`Performance.getMetrics`): the median of 5 batches of 24 \
         partials, each partial in a separate frame. The figure contains scripts, style and \
         layout. *All tasks* also contains drawing, which grows until the turns fill the window. \
         Scrolling goes from the end to the start in 120 frames. Memory is the size of the \
         module's memory, and that of the JavaScript heap after garbage collection."
            .to_owned(),
    );
    section.method.push(reading::METHOD.to_owned());
    section.tables.push(Table {
        title: "A long transcript on the page".to_owned(),
        columns: [
            "Turns",
            "Script",
            "Style",
            "Layout",
            "All tasks",
            "Wasm module",
            "JavaScript heap",
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

/// Returns the recorder's message for a turn with the first `words` of [`WORDS`].
fn message(turn: u32, words: usize, is_final: bool) -> anyhow::Result<Vec<u8>> {
    let start_ms = turn * 4_000;
    let mut content = Words::default();
    for (text, at_ms) in WORDS[..words].iter().zip((start_ms..).step_by(400)) {
        content.push(Word {
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
        words: content,
        ..Turn::new(TurnId { session: 1, turn })
    };
    let event = Event::Changed(Change::Turn(turn));
    messages::encode(&ToPage::Event(event)).context("the message can't be encoded")
}

async fn memory(browser: &Browser) -> anyhow::Result<Memory> {
    browser
        .devtools("HeapProfiler.collectGarbage", json!({}))
        .await;
    let usage = browser.devtools("Runtime.getHeapUsage", json!({})).await;
    let heap = usage["usedSize"].as_f64();
    Ok(Memory {
        module: browser.value("growth.moduleBytes()").await,
        heap: heap.context("the browser reported no heap size")?,
    })
}

/// Processor time of one partial, in microseconds.
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
        // Warm-up.
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
        costs.sort_by(|a, b| a.laid_out().total_cmp(&b.laid_out()));
        Ok(costs[costs.len() / 2])
    }

    /// Scripts, style and layout.
    fn laid_out(&self) -> f64 {
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
    const receive = (bytes) => inturnRecorder.dispatchEvent(
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
        async receive(messages) {
            for (const message of messages) receive(message);
            await frame();
            await frame();
        },
        async partials(pair, count) {
            for (let run = 0; run < count; run++) {
                await frame();
                receive(pair[run % 2]);
            }
            await frame();
        },
        async scroll() {
            const idle = await frames(120, () => {});
            const end = scroller.scrollHeight - scroller.clientHeight;
            // The layout is reversed: positions run from 0 at the end to negative values.
            const moving = await frames(120, (part) => { scroller.scrollTop = -end * part; });
            return { p95_ms: moving, idle_p95_ms: idle };
        },
        moduleBytes: () => wasmBindings.default().then((exports) => Object.values(exports)
            .find((it) => it instanceof WebAssembly.Memory).buffer.byteLength),
    };
})()";

/// Partials in a batch. The browser's metrics are read before and after it.
const PARTIALS: f64 = 24.0;
const BATCHES: usize = 5;

/// The ten words of a turn.
const WORDS: [&str; 10] = [
    "every", "word", "once", "and", "in", "order", "however", "long", "you", "speak",
];

/// A frame of a screen at 60 Hz.
const FRAME_MS: f64 = 16.7;

/// Two frames.
const SMOOTH_MS: f64 = 2.0 * FRAME_MS;
