//! Openings that many tests begin with.

use inturn_tests::{
    browser::{Browser, Microphone},
    page::Page,
    sound::Sound,
    speech,
    stage::{Setting, Stage},
};

/// A page before somebody who goes on without a pause.
pub(crate) async fn speaking(setting: Setting) -> Scene {
    scene(setting, speech::novel(930).part(0.2, 2.9)).await
}

/// A page before somebody who pauses after each second or so.
pub(crate) async fn pausing(setting: Setting) -> Scene {
    let sentence = speech::go_forward()
        .part(0.4, 1.6)
        .then(&Sound::silence(16_000, 1.6));
    scene(setting, sentence).await
}

/// A page before a sound that is repeated.
pub(crate) async fn scene(setting: Setting, sound: Sound) -> Scene {
    let stage = setting.open().await;
    let browser = Browser::open(&Microphone::Repeats(sound)).await;
    let page = Page::load(browser, &stage.url).await;
    Scene { page, stage }
}

/// A page, ready for the first click, and all behind it: without the stage there is no server.
pub(crate) struct Scene {
    pub(crate) page: Page,
    pub(crate) stage: Stage,
}
