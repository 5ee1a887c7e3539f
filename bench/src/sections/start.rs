//! From navigation to a working button.

use inturn_tests::{
    browser::{Browser, Microphone},
    stage::Setting,
};
use serde::Deserialize;

use crate::{
    host,
    report::{Figure, Section, Table},
    statistics::{median, spread},
};

pub(super) async fn measure(section: &mut Section) -> anyhow::Result<()> {
    let peer = tempfile::tempdir()?;
    std::fs::write(
        peer.path().join("index.html"),
        include_str!("../../../web/plain.html"),
    )?;
    std::fs::write(
        peer.path().join("index.js"),
        include_str!("../../../web/plain.js"),
    )?;
    let mut ours = Vec::new();
    let mut theirs = Vec::new();
    for run in 0..=RUNS {
        host::calm().await;
        let (our, their) = (start(None).await, start(Some(peer.path())).await);
        // The first run has the system read the browser and the files.
        if run > 0 {
            ours.push(our);
            theirs.push(their);
        }
    }
    let of = |runs: &[Start], part: fn(&Start) -> f64| runs.iter().map(part).collect::<Vec<_>>();
    let ready = of(&ours, |it| it.ready);
    let plain = median(&of(&theirs, |it| it.ready));
    section.figures.push(
        Figure::new(
            "From navigation to a working button, cold cache",
            median(&ready),
            "ms",
        )
        .beside(format!("a page of one plain script: {plain:.0} ms")),
    );
    section.method.push(format!(
        "*Start*: a fresh profile for each of {RUNS} runs, the real server on this machine, medians; the \
         middle half of the runs was {} ms. The moments are the page's own (`performance.now`), seen at \
         each change of the document. Beside it, in turns and from the same server, a page of the shape \
         of the JavaScript original: a document, a script, and a button that the script brings to life.",
        spread(&ready)
    ));
    let row = |what: &str, values: Vec<f64>| {
        vec![
            what.to_owned(),
            format!("{:.0} ms", median(&values)),
            spread(&values),
        ]
    };
    section.tables.push(Table {
        title: "Start, milliseconds after navigation".to_owned(),
        columns: ["Moment", "Median", "Middle half of the runs"]
            .map(str::to_owned)
            .into(),
        rows: vec![
            row("the document has come", of(&ours, |it| it.document)),
            row("the configuration is asked for", of(&ours, |it| it.asks)),
            row("the configuration has come", of(&ours, |it| it.configured)),
            row("the module's script has come", of(&ours, |it| it.glue)),
            row("the module has come", of(&ours, |it| it.module)),
            row(
                "the module runs: it starts the recorder",
                of(&ours, |it| it.worker),
            ),
            row("the button works", ready),
            row("the plain page's button works", of(&theirs, |it| it.ready)),
        ],
    });
    Ok(())
}

/// Milliseconds after navigation; zero for what the page does not load.
#[derive(Debug, Deserialize)]
struct Start {
    document: f64,
    glue: f64,
    module: f64,
    asks: f64,
    worker: f64,
    configured: f64,
    ready: f64,
}

async fn start(client: Option<&std::path::Path>) -> Start {
    let setting = Setting::new();
    let setting = match client {
        Some(dir) => setting.with_client(dir),
        None => setting,
    };
    let stage = setting.open().await;
    let browser = Browser::open(&Microphone::Missing).await;
    browser.before_each_page(WATCH).await;
    browser.go_to(&stage.url).await;
    browser.wait_for("window.benchReady").await;
    browser.value(MOMENTS).await
}

/// Notes when the button can be pressed.
const WATCH: &str = "new MutationObserver((_, watch) => {
    if (document.querySelector('button')?.disabled !== false) return;
    window.benchReady = performance.now();
    watch.disconnect();
}).observe(document, { subtree: true, childList: true, attributes: true })";

const MOMENTS: &str = "((entries) => {
    const [document_] = performance.getEntriesByType('navigation');
    const of = (name) => entries.find((it) => it.name.includes(name)) ?? {};
    return {
        document: document_.responseEnd,
        glue: (entries.find((it) => /client.*\\.js$/.test(it.name)) ?? {}).responseEnd ?? 0,
        module: of('_bg.wasm').responseEnd ?? 0,
        asks: of('/config').startTime ?? 0,
        worker: of('recorder.js').startTime ?? 0,
        configured: of('/config').responseEnd ?? 0,
        ready: window.benchReady,
    };
})(performance.getEntriesByType('resource'))";

const RUNS: usize = 9;
