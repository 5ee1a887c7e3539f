//! What a reader does with a long transcript: finding and exporting.

use inturn_tests::browser::Browser;
use serde::Deserialize;

use super::lengths::TURNS;
use crate::{report::Figure, statistics::median};

/// Times in milliseconds, each of several runs.
#[derive(Debug, Deserialize)]
struct Times {
    search: Vec<f64>,
    next: Vec<f64>,
    exports: Vec<Export>,
}

#[derive(Debug, Deserialize)]
struct Export {
    label: String,
    ms: Vec<f64>,
}

/// Measures them on a page with the longest of the transcripts.
pub(super) async fn measure(browser: &Browser) -> anyhow::Result<Vec<Figure>> {
    browser
        .wait_for("document.getElementById('find-button')")
        .await;
    let times: Times = browser.value(SCRIPT).await;
    let turns = TURNS[TURNS.len() - 1];
    let slowest = times
        .exports
        .iter()
        .map(|it| (median(&it.ms), it.label.as_str()))
        .max_by(|a, b| a.0.total_cmp(&b.0));
    let (export_ms, format) = slowest.unwrap_or_default();
    Ok(vec![
        Figure::new(
            format!("Find a word that is in each of {turns} turns"),
            median(&times.search),
            "ms",
        )
        .at_most(QUICK_MS),
        Figure::new("Go to the next place", median(&times.next), "ms").at_most(QUICK_MS),
        Figure::new(
            format!("Export {turns} turns, slowest format ({format})"),
            export_ms,
            "ms",
        )
        .at_most(SOON_MS),
    ])
}

/// How these figures are measured.
pub(super) const METHOD: &str = "*Find and export*: medians of 9 runs on the page with 10,000 \
    turns, in wall time. A search is timed from the input to the frame after it, the next place \
    likewise. An export is timed from the click until the file is made; it is not saved.";

const SCRIPT: &str = "(async () => {
    const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    const time = async (act) => {
        await frame();
        const started = performance.now();
        act();
        await frame();
        return performance.now() - started;
    };
    const field = document.getElementById('find-field');
    const times = { search: [], next: [], exports: [] };
    document.getElementById('find-button').click();
    for (let run = 0; run < 9; run++) {
        field.value = '';
        field.dispatchEvent(new Event('input'));
        field.value = 'however';
        times.search.push(await time(() => field.dispatchEvent(new Event('input'))));
        const next = document.getElementById('find-next');
        times.next.push(await time(() => next.click()));
    }
    document.getElementById('find-button').click();
    HTMLAnchorElement.prototype.click = () => {};
    for (const button of document.querySelectorAll('#export-formats button')) {
        const ms = [];
        for (let run = 0; run < 9; run++) {
            const started = performance.now();
            button.click();
            ms.push(performance.now() - started);
        }
        times.exports.push({ label: button.textContent, ms });
    }
    return times;
})()";

/// Up to a tenth of a second, an answer seems immediate
/// (<https://www.nngroup.com/articles/response-times-3-important-limits/>).
const QUICK_MS: f64 = 100.0;

/// Up to a second, a person's thoughts are not interrupted, by the same source.
const SOON_MS: f64 = 1_000.0;
