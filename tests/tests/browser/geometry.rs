//! At every width, with large text and at 400 % zoom, words are visible and nothing overlaps.

use inturn_client_core::{
    problem::{MicrophoneFailure, Problem},
    session::{Awaited, Event, Outage, Progress, State},
};
use inturn_tests::{
    browser::{Browser, Microphone},
    page::Page,
    stage::Setting,
};
use serde::Deserialize;
use serde_json::json;

use crate::support::{HEADER_IS_COMPLETE, Scene, dispatch, ended};

/// Width and height in CSS pixels, and text size in percent. At 400 % zoom, a window of 1280 by
/// 1024 pixels has 320 by 256 CSS pixels.
const VIEWS: [(u32, u32, u32); 10] = [
    (320, 640, 100),
    (390, 780, 100),
    (780, 390, 100),
    (768, 1024, 100),
    (1280, 800, 100),
    (320, 640, 200),
    (390, 780, 200),
    (768, 1024, 200),
    (1280, 800, 200),
    (320, 256, 100),
];

#[tokio::test(flavor = "multi_thread")]
async fn words_are_visible_and_nothing_overlaps() {
    let Scene {
        page,
        stage: _stage,
    } = page_with_words().await;
    for view in VIEWS {
        set(&page, view).await;
        for (state, changes) in states() {
            page.browser.value::<()>(&dispatch(changes)).await;
            let layout: Layout = page.browser.value(LAYOUT).await;
            let what = format!("{view:?}, {state}: {layout:#?}");
            assert!(layout.visible_lines >= 2.0, "{what}");
            assert_eq!(layout.overlaps, [""; 0], "{what}");
            assert_eq!(layout.outside, [""; 0], "{what}");
            assert_eq!(layout.small, [""; 0], "{what}");
            assert!(!layout.scrolls, "{what}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_transcript_does_not_move_between_states() {
    let Scene {
        page,
        stage: _stage,
    } = page_with_words().await;
    for view in VIEWS {
        set(&page, view).await;
        let mut heights = Vec::new();
        let mut line = 0.0;
        for (state, changes) in states() {
            page.browser.value::<()>(&dispatch(changes)).await;
            // A problem may take more space.
            if !state.contains("problem") {
                let layout: Layout = page.browser.value(LAYOUT).await;
                heights.push((state, layout.footer_height));
                line = layout.status_line;
            }
        }
        let least = heights.iter().map(|it| it.1).fold(f64::MAX, f64::min);
        let most = heights.iter().map(|it| it.1).fold(0.0, f64::max);
        assert!(most - least <= line + 1.0, "{view:?}: {heights:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_settings_and_the_export_menu_are_reachable() {
    let Scene {
        page,
        stage: _stage,
    } = page_with_words().await;
    for panel in ["settings", "export"] {
        let open = format!("document.getElementById('{panel}').showPopover()");
        page.browser.value::<()>(&open).await;
        for view in VIEWS {
            set(&page, view).await;
            let layout: Panel = page.browser.value(PANEL).await;
            assert_eq!(layout.outside, [""; 0], "{panel}, {view:?}");
            assert_eq!(layout.overlaps, [""; 0], "{panel}, {view:?}");
            assert!(layout.height >= 120.0, "{panel}, {view:?}: {layout:?}");
        }
    }
}

/// All states, with the events that lead to them.
fn states() -> Vec<(&'static str, Vec<Event>)> {
    let problem = |problem| {
        vec![
            Event::IdleCountdown(None),
            Event::Problem(problem),
            Event::State(State::Idle),
        ]
    };
    // Asking for the microphone clears the problem.
    let state = |state| vec![Event::State(State::AwaitingMicrophone), Event::State(state)];
    let upload = Awaited::Upload { secs: 120 };
    vec![
        ("ready", state(State::Idle)),
        ("microphone", state(State::AwaitingMicrophone)),
        ("connecting", state(State::Connecting)),
        ("listening", state(State::Listening(Progress::Live))),
        (
            "behind",
            state(State::Listening(Progress::Behind { secs: 3_599 })),
        ),
        (
            "signed out",
            state(State::Reconnecting {
                outage: Outage::SignIn,
                secs: 3_599,
            }),
        ),
        ("finishing", state(State::Finishing(Awaited::LastWords))),
        ("sending", state(State::Finishing(upload))),
        // It takes more space too.
        (
            "forgotten, a problem",
            vec![
                Event::State(State::AwaitingMicrophone),
                Event::State(State::Listening(Progress::Live)),
                Event::IdleCountdown(Some(42)),
            ],
        ),
        // The longest sentence, and one with a link.
        (
            "long problem",
            problem(Problem::Microphone(MicrophoneFailure::InsecurePage)),
        ),
        (
            "sign-in problem",
            problem(Problem::Microphone(MicrophoneFailure::SignedOut)),
        ),
    ]
}

/// Opens a page with more words than fit.
async fn page_with_words() -> Scene {
    let stage = Setting::new().without_key().open().await;
    let page = Page::load(Browser::open(&Microphone::Missing).await, &stage.url).await;
    let text = "Good morning, and welcome to the meeting of the harbour board.";
    let turns = (0..60).map(|turn| ended(turn, text));
    page.browser.value::<()>(&dispatch(turns.collect())).await;
    page.browser.wait_for(HEADER_IS_COMPLETE).await;
    Scene { page, stage }
}

async fn set(page: &Page, (width, height, text_percent): (u32, u32, u32)) {
    let metrics =
        json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
    page.browser
        .devtools("Emulation.setDeviceMetricsOverride", metrics)
        .await;
    let script = format!(
        "void (document.documentElement.style.fontSize = '{text_percent}%',
               document.getElementById('elapsed').textContent = '59:59',
               document.getElementById('connected').textContent = '59:59 connected',
               document.getElementById('cost').textContent = 'about $12.34')"
    );
    page.browser.value::<()>(&script).await;
    page.browser
        .wait_for(&format!(
            "innerWidth === {width} && innerHeight === {height}"
        ))
        .await;
}

/// Measurements of the page's layout.
#[derive(Debug, Deserialize)]
struct Layout {
    /// Number of visible lines of the transcript.
    visible_lines: f64,
    overlaps: Vec<String>,
    outside: Vec<String>,
    /// Buttons that are too small for a finger.
    small: Vec<String>,
    /// Whether the whole page scrolls in either direction.
    scrolls: bool,
    footer_height: f64,
    status_line: f64,
}

const LAYOUT: &str = "(() => {
    const ids = [
        'notice', 'find-button', 'history-button', 'edit-button', 'export-button',
        'settings-button', 'scroller', 'record', 'status', 'times'];
    const elements = [
        ...['h1', '.news', '.meter'].map((selector) => document.querySelector(selector)),
        ...ids.map((id) => document.getElementById(id)),
    ];
    const name = (it) => it.id || it.className || it.localName;
    const rects = elements.map((it) => [name(it), it.getBoundingClientRect(), it])
        .filter(([, rect]) => rect.width > 0 && rect.height > 0);
    const overlaps = [];
    rects.forEach(([a, one], place) => rects.slice(place + 1).forEach(([b, other]) => {
        const across = Math.min(one.right, other.right) - Math.max(one.left, other.left);
        const down = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
        if (across > 1 && down > 1) overlaps.push(`${a} and ${b}`);
    }));
    // Outside of the view, or with text that does not fit.
    const outside = rects.filter(([, rect, it]) =>
        rect.left < -1 || rect.top < -1
        || rect.right > innerWidth + 1 || rect.bottom > innerHeight + 1
        || it.scrollWidth > it.clientWidth + 1
        || (it.id === 'record' && it.scrollHeight > it.clientHeight + 1)).map(([name]) => name);
    const line = (selector) => {
        const style = getComputedStyle(document.querySelector(selector));
        return parseFloat(style.lineHeight);
    };
    const { scrollWidth, scrollHeight } = document.documentElement;
    return {
        visible_lines: document.getElementById('scroller').clientHeight / line('.text'),
        overlaps, outside,
        small: rects.filter(([, { width, height }, it]) =>
            it.matches('button') && Math.min(width, height) < 43.9).map(([name]) => name),
        scrolls: scrollWidth > innerWidth || scrollHeight > innerHeight,
        footer_height: document.querySelector('footer').getBoundingClientRect().height,
        status_line: line('#status'),
    };
})()";

/// Measurements of the layout of the panel that is open.
#[derive(Debug, Deserialize)]
struct Panel {
    outside: Vec<String>,
    overlaps: Vec<String>,
    height: f64,
}

const PANEL: &str = "(() => {
    const panel = document.querySelector(':popover-open');
    const { left, right, top, bottom, height } = panel.getBoundingClientRect();
    const outside = [];
    const isOutside = left < 0 || top < 0 || right > innerWidth || bottom > innerHeight;
    if (isOutside) outside.push('the panel');
    if (panel.scrollWidth > panel.clientWidth) outside.push('its content');
    for (const it of panel.querySelectorAll('button:not([hidden]), input, p, h3')) {
        const rect = it.getBoundingClientRect();
        if (rect.left < left || rect.right > right) outside.push(it.outerHTML);
    }
    const record = document.getElementById('record').getBoundingClientRect();
    const overlaps = [];
    if (record.top < bottom && record.left < right && record.right > left) overlaps.push('record');
    for (const box of panel.querySelectorAll('.switch')) {
        const parts = [...box.children].map((it) => it.getBoundingClientRect());
        parts.forEach((one, place) => parts.slice(place + 1).forEach((other) => {
            const across = Math.min(one.right, other.right) - Math.max(one.left, other.left);
            const down = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
            if (across > 1 && down > 1) overlaps.push(box.innerText);
        }));
    }
    return { outside, overlaps, height };
})()";
