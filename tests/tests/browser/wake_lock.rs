//! The screen stays on during a recording, also after a return to the tab.

use inturn_tests::{browser::Engine, stage::Setting};

use crate::support::{Scene, for_engines, speaking_in};

for_engines!(the_screen_stays_on_from_record_to_stop: Chromium, Firefox);
for_engines!(a_recording_needs_no_lock: Chromium);

async fn the_screen_stays_on_from_record_to_stop(engine: Engine) {
    let Scene { stage, page } = speaking_in(engine, Setting::new()).await;
    page.browser.value::<()>(COUNTED).await;
    page.record().await;
    page.browser.wait_for("locks.requested === 1").await;
    let hidden = page.browser.hide().await;
    page.browser.show(hidden).await;
    page.browser
        .wait_for("locks.requested === 2 && locks.released === 1")
        .await;
    page.stop().await;
    page.browser
        .wait_for("locks.requested === 2 && locks.released === 2")
        .await;
    stage.no_session_is_open().await;
}

async fn a_recording_needs_no_lock(engine: Engine) {
    let Scene { stage, page } = speaking_in(engine, Setting::new()).await;
    page.browser
        .value::<()>(
            "void (navigator.wakeLock.request = () => Promise.reject(new DOMException('no', \
             'NotAllowedError')))",
        )
        .await;
    page.record().await;
    page.wait_for_words("one").await;
    page.stop().await;
    stage.no_session_is_open().await;
}

/// Replaces the browser's locks by ones that are counted.
const COUNTED: &str = "void (window.locks = { requested: 0, released: 0 },
    navigator.wakeLock.request = async (kind) => {
        if (kind !== 'screen') throw new TypeError(kind);
        locks.requested += 1;
        return { release: async () => void (locks.released += 1) };
    })";
