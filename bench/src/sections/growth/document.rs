//! A long transcript on the real page.

use anyhow::Context as _;
use inturn_client_core::{
    bridge::{self, ToPage},
    view::{TurnView, ViewChange},
};
use inturn_tests::{
    browser::{Browser, Microphone},
    page::Page,
    stage::Setting,
};
use serde::Deserialize;
use serde_json::json;

use super::{CONSTANT, TURNS};
use crate::report::{Figure, Section, Table, quantity};

pub(super) async fn measure(section: &mut Section) -> anyhow::Result<()> {
    let stage = Setting::new().open().await;
    let browser = Browser::open(&Microphone::Missing).await;
    let page = Page::load(browser, &stage.url).await;
    let browser = &page.browser;
    browser.value::<()>(SCRIPT).await;

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
        let cost: Cost = browser
            .value(&format!("growth.partials({})", json!(partials)))
            .await;
        costs.push(cost);
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
            costs[last].drawn_ms / costs[0].drawn_ms,
            "×",
        )
        .at_most(CONSTANT)
        .beside(format!("{} at 10", quantity(costs[0].drawn_ms, "ms")))
        .missed_because(
            "not established: style and layout are in the figure, and were not told apart",
        ),
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
        .missed_because("without a graphics card the browser draws each frame on the core"),
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
         ten words, in Chromium. A partial's cost is the median of 60, from the message until style and \
         layout are done for it; scrolling goes from end to start in 120 frames; memory is what the \
         module has taken and what JavaScript holds after a collection."
            .to_owned(),
    );
    section.tables.push(Table {
        title: "A long transcript on the page".to_owned(),
        columns: [
            "Turns",
            "A partial, script",
            "With layout",
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
                    quantity(cost.script_ms, "ms"),
                    quantity(cost.drawn_ms, "ms"),
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
    let text = WORDS[..words].join(" ");
    let (firm, tentative) = if is_final {
        (text, String::new())
    } else {
        (String::new(), text)
    };
    bridge::encode(&ToPage::View(ViewChange::Turn(TurnView {
        session: 1,
        turn,
        time: format!("{}:{:02}:{:02}", turn / 900, turn / 15 % 60, turn * 4 % 60),
        firm,
        tentative,
        is_final,
        remark: None,
    })))
    .context("a turn has a form")
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

/// Milliseconds.
#[derive(Debug, Deserialize)]
struct Cost {
    script_ms: f64,
    drawn_ms: f64,
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
    const scroller = document.querySelector('.scroller');
    const say = (bytes) => inturnRecorder.dispatchEvent(
        new MessageEvent('message', { data: Uint8Array.from(bytes) }));
    const frame = () => new Promise((done) => requestAnimationFrame(done));
    const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];
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
        async partials(pair) {
            const script = [];
            const drawn = [];
            for (let run = 0; run < 60; run++) {
                await frame();
                const start = performance.now();
                say(pair[run % 2]);
                script.push(performance.now() - start);
                scroller.scrollHeight; // has the layout done
                drawn.push(performance.now() - start);
            }
            return { script_ms: median(script), drawn_ms: median(drawn) };
        },
        async scroll() {
            const idle = await frames(120, () => {});
            const end = scroller.scrollHeight - scroller.clientHeight;
            // Laid out from its end: the scroller's positions run from 0 down.
            const moving = await frames(120, (part) => { scroller.scrollTop = -end * part; });
            return { p95_ms: moving, idle_p95_ms: idle };
        },
        moduleBytes: () => wasmBindings.default().then(({ memory }) => memory.buffer.byteLength),
    };
})()";

/// The ten words of a turn.
const WORDS: [&str; 10] = [
    "every", "word", "once", "and", "in", "order", "however", "long", "you", "speak",
];

/// Two frames of a screen at 60 Hz.
const SMOOTH_MS: f64 = 33.4;
