//! The page looks right in every state, size and colour scheme. Writes all pictures to
//! `target/screenshots`, and those of the README on request.

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    path::PathBuf,
};

use base64::{Engine, prelude::BASE64_STANDARD};
use inturn_tests::{
    browser::{Browser, Microphone},
    machine,
    stage::Setting,
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::page_states;

#[tokio::test(flavor = "multi_thread")]
async fn every_state_looks_right_in_every_size_and_scheme() {
    let stage = setting().open().await;
    let browser = Browser::open(&Microphone::Missing).await;
    page_states::prepare(&browser).await;
    let folder = folder();
    let mut faults = BTreeSet::new();
    // Of each size: where the controls are, and in which state they were seen there first.
    let mut places = BTreeMap::new();
    for state in page_states::all() {
        state.enter(&browser, &stage.url).await;
        for view in VIEWS {
            view.set(&browser).await;
            let View { name, .. } = view;
            let look: Look = browser.value(FAULTS).await;
            let what = format!("{name}, {}", state.name);
            faults.extend(look.faults.iter().map(|it| format!("{what}: {it}")));
            if look.longest > LONGEST_LINE {
                faults.insert(format!("{what}: a line has {} characters", look.longest));
            }
            for (control, place) in [("Record", look.record), ("Settings", look.settings)] {
                let first = places.entry((control, name)).or_insert((place, state.name));
                if first.0 != place {
                    let fault = format!("{what}: {control} is at {place:?}, not as in {first:?}");
                    faults.insert(fault);
                }
            }
            for scheme in SCHEMES {
                set_scheme(&browser, scheme).await;
                let file = folder.join(format!("{}-{name}-{scheme}.png", state.name));
                let format = json!({ "format": "png", "optimizeForSpeed": true });
                let picture = shoot(&browser, format).await;
                fs::write(file, picture).expect("the folder is writable");
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pictures_of_the_readme_are_small() {
    let stage = setting().open().await;
    let browser = Browser::open(&Microphone::Missing).await;
    page_states::prepare(&browser).await;
    let state = page_states::for_the_readme();
    state.enter(&browser, &stage.url).await;
    README_VIEW.set(&browser).await;
    for scheme in ["light", "dark"] {
        set_scheme(&browser, scheme).await;
        let file = format!("screenshot-{scheme}.webp");
        let format = json!({ "format": "webp", "quality": README_QUALITY });
        let picture = shoot(&browser, format).await;
        let bytes = picture.len();
        assert!(bytes <= README_BYTES, "{file} has {bytes} bytes");
        let published = machine::repository().join("docs").join(&file);
        if env::var_os("INTURN_UPDATE_SCREENSHOT").is_some() {
            fs::write(&published, picture).expect("docs can be written");
        }
    }
}

/// A size of the window, and its zoom.
#[derive(Clone, Copy)]
pub(crate) struct View {
    /// Its name, for files and messages.
    pub(crate) name: &'static str,
    width: u32,
    height: u32,
    /// Device pixels for each CSS pixel.
    scale: u32,
}

impl View {
    /// Makes the window this large, as one that is touched if it is as narrow as a phone.
    pub(crate) async fn set(self, browser: &Browser) {
        let Self {
            width,
            height,
            scale,
            ..
        } = self;
        let metrics = json!({
            "width": width, "height": height, "deviceScaleFactor": scale, "mobile": false });
        browser
            .devtools("Emulation.setDeviceMetricsOverride", metrics)
            .await;
        let is_touched = width <= WIDEST_PHONE;
        let touch = json!({ "enabled": is_touched });
        browser
            .devtools("Emulation.setTouchEmulationEnabled", touch)
            .await;
        let is_set = format!(
            "innerWidth === {width} && innerHeight === {height}
                && matchMedia('(pointer: coarse)').matches === {is_touched}"
        );
        browser.wait_for(&is_set).await;
    }
}

/// Sets the colour scheme: light, dark, or forced colours.
pub(crate) async fn set_scheme(browser: &Browser, scheme: &str) {
    let forced = if scheme == "forced" { "active" } else { "none" };
    let features = json!({ "features": [
        { "name": "prefers-color-scheme", "value": scheme.replace("forced", "light") },
        { "name": "forced-colors", "value": forced },
    ] });
    browser
        .devtools("Emulation.setEmulatedMedia", features)
        .await;
}

async fn shoot(browser: &Browser, format: Value) -> Vec<u8> {
    let picture = browser.devtools("Page.captureScreenshot", format).await;
    let text = picture["data"]
        .as_str()
        .expect("the screenshot is a string");
    BASE64_STANDARD
        .decode(text)
        .expect("the screenshot is base64")
}

/// A server with the local service, and a price.
pub(crate) fn setting() -> Setting {
    Setting::new()
        .without_key()
        .with_flag("--cost-per-hour", "0.45")
}

fn folder() -> PathBuf {
    let folder = machine::repository().join("target/screenshots");
    fs::create_dir_all(&folder).expect("the folder can be made");
    folder
}

/// What the script found.
#[derive(Debug, Deserialize)]
struct Look {
    faults: Vec<String>,
    /// The longest line of the transcript, in characters.
    longest: u32,
    /// Left, top, width and height of the Record button.
    record: [i32; 4],
    /// Those of the button of the settings.
    settings: [i32; 4],
}

/// Widths of a desktop, a tablet, a phone and a small phone, and a window of 1280 by 1024 pixels at
/// 200 % and at 400 % zoom, which WCAG 1.4.10 requires.
pub(crate) const VIEWS: [View; 6] = [
    View {
        name: "1280",
        width: 1280,
        height: 800,
        scale: 1,
    },
    View {
        name: "768",
        width: 768,
        height: 1024,
        scale: 1,
    },
    View {
        name: "390",
        width: 390,
        height: 780,
        scale: 2,
    },
    View {
        name: "320",
        width: 320,
        height: 640,
        scale: 2,
    },
    View {
        name: "zoom-200",
        width: 640,
        height: 512,
        scale: 2,
    },
    View {
        name: "zoom-400",
        width: 320,
        height: 256,
        scale: 4,
    },
];

const README_VIEW: View = View {
    name: "readme",
    width: 800,
    height: 540,
    scale: 2,
};

/// Wider views have a mouse.
const WIDEST_PHONE: u32 = 390;

/// The limit for each picture of the README: it is loaded with the page of the repository.
const README_BYTES: usize = 100_000;

/// Of WebP, from 0 to 100. Below it, letters get visible shadows.
const README_QUALITY: u32 = 90;

pub(crate) const SCHEMES: [&str; 3] = ["light", "dark", "forced"];

/// Books have 45 to 75 characters in a line, and WCAG 1.4.8 allows 80.
const LONGEST_LINE: u32 = 72;

const FAULTS: &str = include_str!("looks/faults.js");
