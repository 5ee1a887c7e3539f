//! Times of the day instead of times of the recording, on the page and in exported text.

use inturn_client_core::{
    recording::{RecordingId, RecordingInfo},
    session::Event,
};
use inturn_tests::{browser::Engine, page::Page, stage::Setting};
use inturn_transcript::{Change, Gap, GapReason};

use crate::support::{Scene, dispatch, ended, for_engines, open, speaking_in};

for_engines!(times_of_the_day_are_a_choice: Chromium, Firefox, WebKit);

async fn times_of_the_day_are_a_choice(engine: Engine) {
    let Scene { page, stage } = speaking_in(engine, Setting::new()).await;
    let page = loaded(page).await;
    show(&page, recording(1, &[ended(0, "One.")])).await;
    let gap = Event::Changed(Change::Gap(Gap {
        from_ms: 3_725_900,
        to_ms: 3_726_000,
        reason: GapReason::Paused,
    }));
    show(&page, vec![gap]).await;
    assert_eq!(times(&page).await, ["0:00", "1:02:05"]);
    choose(&page).await;
    let first = time_of_day(&page, 0).await;
    let second = time_of_day(&page, 3_725_900).await;
    assert_eq!(times(&page).await, [first.clone(), second.clone()]);

    // Also for what comes later, in another recording, and after a reload.
    show(&page, vec![open(1, "", "two")]).await;
    show(&page, vec![open(1, "two", "three")]).await;
    show(&page, recording(2, &[ended(0, "Four.")])).await;
    let all = times(&page).await;
    assert_eq!(all[..2], [first.clone(), first.clone()], "{all:?}");
    assert!(all.iter().all(|it| it.len() == "14:06:05".len()), "{all:?}");
    page.browser
        .value::<()>(
            "void addEventListener(
                'beforeunload', (event) => event.stopImmediatePropagation(), true)",
        )
        .await;
    let page = loaded(Page::load(page.browser, &stage.url).await).await;
    show(&page, recording(1, &[ended(0, "One.")])).await;
    assert_eq!(times(&page).await, [first]);
    choose(&page).await;
    assert_eq!(times(&page).await, ["0:00"]);
}

/// Waits until the page offers the choice.
async fn loaded(page: Page) -> Page {
    page.browser
        .wait_for("document.getElementById('times-of-day')")
        .await;
    page
}

fn recording(id: u128, events: &[Event]) -> Vec<Event> {
    let began = Event::Began(RecordingInfo {
        id: RecordingId(id),
        started_unix_ms: STARTED_UNIX_MS,
        utc_offset_min: 0,
    });
    [&[began], events].concat()
}

async fn show(page: &Page, events: Vec<Event>) {
    page.browser.value::<()>(&dispatch(events)).await;
}

/// Changes the switch in the settings.
async fn choose(page: &Page) {
    page.browser
        .value::<()>("void document.getElementById('times-of-day').click()")
        .await;
}

async fn times(page: &Page) -> Vec<String> {
    let script = "[...document.querySelectorAll('.time')].map((it) => it.textContent)";
    page.browser.value(script).await
}

/// The browser's own form of a time of the recording, in its time zone.
async fn time_of_day(page: &Page, ms: u64) -> String {
    let script = format!(
        "new Date({}).toLocaleTimeString('en-GB')",
        STARTED_UNIX_MS + ms
    );
    page.browser.value(&script).await
}

/// 2026-11-24 23:05 UTC.
const STARTED_UNIX_MS: u64 = 1_795_561_500_000;
