//! The section `storage`: time that the recorder's thread takes to store a turn.

use anyhow::Context as _;
use inturn_client_core::{
    recording::{RecordingId, RecordingInfo},
    session::Event,
};
use inturn_page_core::messages::{self, ToPage};
use inturn_tests::{
    browser::{Browser, Microphone},
    page::Page,
    stage::Setting,
};
use inturn_transcript::{Change, Turn, TurnId, TurnState, Word, Words};
use serde::Deserialize;
use serde_json::json;

use super::cost::site;
use crate::{
    report::{Figure, Section, Table, quantity},
    statistics::{median, percentile},
};

/// Measures it in Chromium.
pub(crate) async fn run() -> anyhow::Result<Section> {
    let recorder = site::built("recorder.js")? + include_str!("../../web/timed-store.js");
    let client = site::folder(&[("recorder.js", recorder.as_bytes())])?;
    let stage = Setting::new().with_client(client.path()).open().await;
    let page = Page::load(Browser::open(&Microphone::Missing).await, &stage.url).await;
    let turn = encode(Event::Changed(Change::Turn(turn())))?;
    let began = encode(Event::Began(RecordingInfo {
        id: RecordingId(1),
        ..RecordingInfo::default()
    }))?;
    let request = json!({ "began": began, "turn": turn, "first": FIRST, "paced": PACED });
    let times: Times = page.browser.value(&script(&request)).await;

    let p99 = percentile(&times.stored, 0.99);
    let figures = vec![
        Figure::new(
            "Storing and posting a turn, median",
            median(&times.stored),
            "ms",
        )
        .at_most(1.0)
        .compared_with(format!(
            "posting alone: {}",
            quantity(median(&times.posted), "ms")
        )),
        Figure::new("Storing and posting a turn, p99", p99, "ms").compared_with(format!(
            "posting alone: {}",
            quantity(percentile(&times.posted, 0.99), "ms")
        )),
    ];
    let row = |what: &str, times: &[f64]| {
        let mean = times.iter().sum::<f64>() / times.len() as f64;
        let worst = percentile(times, 1.0);
        let mut cells = vec![what.to_owned()];
        cells.extend(
            [mean, median(times), percentile(times, 0.99), worst].map(|it| quantity(it, "ms")),
        );
        cells
    };
    Ok(Section {
        title: "Storage",
        charts: Vec::new(),
        method: vec![format!(
            "The recorder's thread in Chromium stores a turn of twelve words ({} bytes) {PACED} \
             times, with pauses, in a file that already has {FIRST} of them. Its clock has steps \
             of 0.1 ms. Other programs of the machine count too.",
            turn.len()
        )],
        figures,
        tables: vec![Table {
            title: "One call".to_owned(),
            columns: ["", "Mean", "Median", "p99", "Worst"]
                .map(str::to_owned)
                .into(),
            rows: vec![
                row("stored and posted", &times.stored),
                row("posted", &times.posted),
            ],
        }],
    })
}

#[derive(Deserialize)]
struct Times {
    stored: Vec<f64>,
    posted: Vec<f64>,
}

/// Returns a script that measures, and waits for the result.
fn script(request: &serde_json::Value) -> String {
    format!(
        "new Promise((resolve) => {{
            inturnRecorder.addEventListener('message', ({{ data }}) => {{
                if (data.times) resolve(data.times);
            }});
            inturnRecorder.postMessage({request});
        }})"
    )
}

fn encode(event: Event) -> anyhow::Result<Vec<u8>> {
    messages::encode(&ToPage::Event(event)).context("the message can't be encoded")
}

/// Returns a turn of twelve words.
fn turn() -> Turn {
    let mut words = Words::default();
    for (index, text) in TEXT.split_whitespace().enumerate() {
        let start_ms = 10_000_000 + 300 * index as u32;
        words.push(Word {
            text,
            start_ms,
            end_ms: start_ms + 250,
            confidence: 0.987_654,
            is_final: true,
            speaker: Some("A"),
        });
    }
    Turn {
        state: TurnState::Formatted,
        start_ms: 10_000_000,
        words,
        language: Some("en".to_owned()),
        ..Turn::new(TurnId {
            session: 1,
            turn: 9_999,
        })
    }
}

const TEXT: &str = "Then we agreed to meet again on Monday and decide the rest.";

/// Turns of a very long recording.
const FIRST: usize = 10_000;

/// Enough for a 99th percentile.
const PACED: usize = 1_000;
