//! Spoken words appear on the page.

use std::time::Duration;

use inturn_tests::{
    browser::{Browser, Engine, Microphone},
    machine,
    page::Page,
    sound::Sound,
    speech,
    stage::{KEY, Setting},
};
use tokio::process::Command;

use crate::support::for_engines;

for_engines!(spoken_words_appear_as_they_were_said: Chromium, Firefox, WebKit);

for_engines!(spoken_words_appear_with_capitals_and_punctuation: Chromium);

async fn spoken_words_appear_with_capitals_and_punctuation(engine: Engine) {
    let stage = Setting::new().exact().with_accurate_words().open().await;
    let pause = Sound::silence(16_000, 1.5);
    let mut original = pause.clone();
    for number in [870, 880, 890, 920, 930] {
        original = original.then(&speech::novel(number)).then(&pause);
    }
    let length = Duration::from_secs_f64(original.seconds());
    let page = Page::load(
        Browser::open_in(engine, &Microphone::Plays(original.clone())).await,
        &stage.url,
    )
    .await;
    page.record().await;
    page.wait_until_recorded(length).await;
    page.stop().await;

    let turns = page.turns().await;
    assert_eq!(page.problem().await, None, "{turns:?}");
    for turn in turns.iter().filter(|turn| !turn.text.is_empty()) {
        assert!(turn.text.starts_with(char::is_uppercase), "{turn:?}");
        assert!(turn.text.ends_with(['.', '?', '!', ',']), "{turn:?}");
    }
    let shown = speech::words(&page.text().await);
    let said = speech::words(
        "and mr john dashwood had then leisure to consider how much there might be prudently in \
         his power to do for them he was not an ill disposed young man unless to be rather cold \
         hearted and rather selfish is to be ill disposed had he married a more amiable woman he \
         might have been made still more respectable than he was he might even have been made \
         amiable himself",
    );
    let share = speech::share_found(&said, &shown);
    assert!(
        share >= 0.92 && shown.len() <= said.len() + 5,
        "{share:.2}: {shown:?}"
    );
    println!("{:.0} % of the words", share * 100.0);

    // The terminal client has the same file without the browser's sound system in between.
    let heard = in_the_terminal(&stage.service_url, &original).await;
    let both = speech::share_found(&heard, &shown);
    assert!(
        both >= 0.95 && heard.len().abs_diff(shown.len()) <= 3,
        "{both:.2}: {heard:?}, on the page: {shown:?}"
    );
}

/// Returns the words that `inturn-listen` finds in `sound`, with the same service.
async fn in_the_terminal(service_url: &str, sound: &Sound) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("voice.wav");
    sound.write_wav(&file).expect("written");
    let mut listen = Command::new(machine::built("inturn-listen"));
    listen
        .args(["--quiet", "--service-url", service_url])
        .arg(file)
        // Without the settings of the person who tests.
        .env_clear()
        .env("ASSEMBLYAI_API_KEY", KEY)
        .current_dir(folder.path());
    let output = listen.kill_on_drop(true).output().await.expect("it runs");
    let [text, messages] = [&output.stdout, &output.stderr].map(|it| String::from_utf8_lossy(it));
    assert!(output.status.success(), "{messages}\n{text}");
    speech::words(&text)
}

async fn spoken_words_appear_as_they_were_said(engine: Engine) {
    let stage = Setting::new().exact().with_real_words().open().await;
    let pause = Sound::silence(16_000, 1.5);
    let mut original = pause.clone().then(&speech::go_forward()).then(&pause);
    for number in [880, 890] {
        original = original.then(&speech::novel(number)).then(&pause);
    }
    let direct = speech::words_found(&stage.service_url, &original).await;

    let length = Duration::from_secs_f64(original.seconds());
    let page = Page::load(
        Browser::open_in(engine, &Microphone::Plays(original)).await,
        &stage.url,
    )
    .await;
    page.record().await;
    page.wait_for_words("go forward ten meters").await;
    page.wait_until_recorded(length).await;
    page.stop().await;

    let turns = page.turns().await;
    assert_eq!(page.problem().await, None, "{turns:?}");
    assert!(
        turns
            .iter()
            .all(|turn| turn.is_final && turn.remark.is_empty()),
        "{turns:?}"
    );
    let shown = speech::words(&page.text().await);
    assert_eq!(
        shown[..4],
        speech::words("go forward ten meters"),
        "{turns:?}"
    );
    let share = speech::share_found(&direct, &shown);
    assert!(share >= 0.7, "{share:.2} of {direct:?}, shown: {shown:?}");
    println!("{:.0} % of the words found directly", share * 100.0);
}
