//! A microphone that delivers only silence is named on the page, and recording goes on.

use inturn_tests::{browser::Engine, sound::Sound, speech, stage::Setting};

use crate::support::{Scene, for_engines, scene};

for_engines!(silence_is_reported_until_the_first_sound: Chromium, Firefox);

async fn silence_is_reported_until_the_first_sound(engine: Engine) {
    // The sound repeats, so the page may begin anywhere in it: the silence is long enough twice.
    let sound = Sound::silence(16_000, 20.0).then(&speech::novel(930).part(0.2, 2.9));
    let Scene { stage, page } = scene(engine, Setting::new(), sound).await;
    page.press().await;
    page.wait_for_state("preparing").await;
    page.browser.wait_for(SHOWN).await;
    let problem = page.problem().await.expect("the problem is shown");
    assert!(
        problem.sentence.starts_with("We hear nothing from “"),
        "{problem:?}"
    );
    page.wait_for_words("one").await;
    page.browser.wait_for(&format!("!({SHOWN})")).await;
    page.stop().await;
    stage.no_session_is_open().await;
}

const SHOWN: &str = "((problem) => !problem.hidden && problem.dataset.kind === 'microphone-silent')
    (document.getElementById('problem'))";
