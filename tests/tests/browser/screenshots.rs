//! Takes screenshots of the page to `target/screenshots`, and updates that of the README on
//! request.

use std::{env, fs};

use inturn_tests::{machine, stage::Setting};
use serde_json::json;

use crate::support::{Scene, pausing};

#[tokio::test(flavor = "multi_thread")]
async fn screenshots_of_the_page_are_taken() {
    let Scene {
        page,
        stage: _stage,
    } = pausing(Setting::new().with_script(MINUTES)).await;
    let folder = machine::repository().join("target/screenshots");
    fs::create_dir_all(&folder).expect("the folder can be made");
    page.record().await;
    page.browser
        .wait_for("document.querySelectorAll('#transcript [data-final=true]').length >= 3")
        .await;
    page.browser
        .wait_for(
            "document.querySelector('#transcript [data-final=false] .tentative')
                ?.textContent.trim()",
        )
        .await;
    for (shape, width, height, mobile) in [
        ("wide", 900, 480, false),
        ("phone", 390, 780, true),
        // A window of 1280 by 1024 pixels at 400 % zoom.
        ("enlarged", 320, 256, false),
    ] {
        let metrics = json!({
            "width": width, "height": height, "deviceScaleFactor": 2, "mobile": mobile });
        page.browser
            .devtools("Emulation.setDeviceMetricsOverride", metrics)
            .await;
        for scheme in ["light", "dark", "forced"] {
            let forced = if scheme == "forced" { "active" } else { "none" };
            let feature = json!([
                { "name": "prefers-color-scheme", "value": scheme.replace("forced", "light") },
                { "name": "forced-colors", "value": forced },
            ]);
            page.browser
                .devtools("Emulation.setEmulatedMedia", json!({ "features": feature }))
                .await;
            for (settings, call) in [("", "hidePopover"), ("-settings", "showPopover")] {
                page.browser
                    .value::<()>(&format!("document.getElementById('settings').{call}()"))
                    .await;
                let scrolls: bool = page.browser.value(SCROLLS).await;
                assert!(!scrolls, "the page or its settings are wider than {width}");
                let picture = page
                    .browser
                    .driver
                    .screenshot_as_png()
                    .await
                    .expect("the screenshot can be taken");
                let name = format!("{shape}-{scheme}{settings}.png");
                fs::write(folder.join(&name), &picture).expect("the folder is writable");
                if name == "wide-light.png" && env::var_os("INTURN_UPDATE_SCREENSHOT").is_some() {
                    let docs = machine::repository().join("docs");
                    fs::create_dir_all(&docs).expect("the folder can be made");
                    fs::write(docs.join("screenshot.png"), picture).expect("docs can be written");
                }
            }
        }
    }
    page.press().await;
    page.wait_for_state("idle").await;
}

const SCROLLS: &str = "['html', '#settings'].some((selector) => {
    const { scrollWidth, clientWidth } = document.querySelector(selector);
    return scrollWidth > clientWidth;
})";

/// The beginning of a meeting, with turns of four words.
const MINUTES: &str = "Good morning, and welcome. Shall we begin now? \
                       The ferry's timetable first. It has changed again";
