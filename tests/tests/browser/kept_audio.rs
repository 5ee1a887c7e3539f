//! The audio of a recording is kept if the person wants that: as a WAV file with exactly the
//! samples of the recording, at the times of its transcript.

use std::{fs, time::Duration};

use inturn_client_core::recording::RecordingInfo;
use inturn_stored::{Record, StoredRecording, file_name};
use inturn_tests::{
    browser::{Browser, Engine, Microphone},
    page::Page,
    sound::Sound,
    stage::{Setting, Stage},
};
use serde_json::json;

use crate::{
    export_scene::{keep_results, open_menu},
    files::{FOLDER, file_names, wait_for_final_turns},
    history::{OFFERED, OPENED, act, open_list},
    page_states::store,
    support::{Scene, for_engines, pausing_in, speaking_in},
};

/// Off by default. The second recording is interrupted, so a part is sent twice.
async fn a_wav_file_has_each_sample_once(engine: Engine) {
    let Scene { page, mut stage } = speaking_in(engine, Setting::new().exact()).await;
    let browser = &page.browser;
    browser.wait_for(SWITCH).await;
    page.record().await;
    page.browser.wait_for(HAS_WORDS).await;
    page.stop().await;
    assert_eq!(audio_files(browser).await, [""; 0]);

    switch_on(&page).await;
    page.record().await;
    browser.wait_for(IS_KEPT).await;
    page.wait_until_recorded(Duration::from_secs(2)).await;
    stage.stop_service().await;
    page.wait_for_state("reconnecting").await;
    stage.start_service().await;
    page.wait_for_state("listening").await;
    page.wait_until_recorded(Duration::from_secs(6)).await;
    open_menu(&page).await;
    browser.wait_for(GROWING).await;
    page.stop().await;
    stage.no_session_is_open().await;
    browser.wait_for(&format!("!({IS_KEPT})")).await;

    keep_results(&page).await;
    open_menu_again(&page).await;
    let wav = download(&page, "export").await;
    assert_eq!(audio_files(browser).await.len(), 1);
    // Of the first recording, and of the second one before the interruption and after it.
    let received = received(&stage);
    let before = &received[1];
    let after = received.last().expect("there is a session");
    assert_eq!(received.len(), 3);
    assert_same(&wav[..before.len()], before);
    assert_same(&wav[wav.len() - after.len()..], after);
    assert!(
        before.len() + after.len() >= wav.len(),
        "a part is unchecked"
    );

    open_list(browser, 2).await;
    assert!(row(browser, 0).await.ends_with(", audio 1 MB"));
    assert!(!row(browser, 1).await.contains("audio"));
    browser
        .value::<()>("void (window.confirm = () => true)")
        .await;
    act(browser, "delete", 0).await;
    open_list(browser, 1).await;
    assert_eq!(audio_files(browser).await, [""; 0]);
}
for_engines!(a_wav_file_has_each_sample_once: Chromium, Firefox);

/// What is too old is deleted with its audio, and so is audio without a transcript.
async fn audio_survives_the_end_of_the_browser(engine: Engine) {
    let Scene { page, mut stage } = pausing_in(engine, Setting::new().exact()).await;
    stage.disturb("the recording is interrupted");
    switch_on(&page).await;
    page.record().await;
    wait_for_final_turns(&page, 2).await;
    let kept = audio_files(&page.browser).await;
    assert_eq!(kept.len(), 1);
    let browser = page.browser.kill_and_restart(&Microphone::Missing).await;

    let old = RecordingInfo::default();
    let words = StoredRecording {
        records: vec![Record::Began(old), Record::Ended(None)],
        damaged_bytes: 0,
    };
    let old = file_name(old);
    store(&browser, &stage.url, &[(old.clone(), words)]).await;
    for name in [&old, "1-2-3"] {
        let create = format!("it.getFileHandle('{name}.pcm', {{ create: true }})");
        let create = format!("{FOLDER}.then((it) => {create}).then(() => 0)");
        browser.value::<u32>(&create).await;
    }
    let page = Page::load(browser, &stage.url).await;
    let browser = &page.browser;
    browser.wait_for(OFFERED).await;
    assert_eq!(audio_files(browser).await, kept);

    keep_results(&page).await;
    act(browser, "recovered-export", 0).await;
    browser.wait_for(OPENED).await;
    let wav = download(&page, "history").await;
    let received = received(&stage).remove(0);
    let common = wav.len().min(received.len());
    assert_same(&wav[..common], &received[..common]);
    let lost = received.len() - common;
    assert!(lost <= RATE_HZ, "{lost} samples are lost");
}
for_engines!(audio_survives_the_end_of_the_browser: Chromium, Firefox);

/// The other engines offer no way to make the storage smaller.
#[tokio::test(flavor = "multi_thread")]
async fn full_storage_ends_the_audio_and_not_the_recording() {
    let Scene { page, stage } = pausing_in(Engine::Chromium, Setting::new()).await;
    let browser = &page.browser;
    let quota = |bytes: u32| {
        let origin = stage.url.trim_end_matches('/');
        json!({ "origin": origin, "quotaSize": bytes })
    };
    let method = "Storage.overrideQuotaForOrigin";
    switch_on(&page).await;
    browser.devtools(method, quota(1)).await;
    page.record().await;
    browser.wait_for(IS_FULL).await;
    wait_for_final_turns(&page, 2).await;
    assert!(!browser.value::<bool>(IS_KEPT).await);
    assert_eq!(page.problem().await, None);
    page.stop().await;

    browser.devtools(method, quota(100_000_000)).await;
    page.record().await;
    browser.wait_for(IS_KEPT).await;
    assert!(!browser.value::<bool>(IS_FULL).await);
    wait_for_final_turns(&page, 3).await;
    page.stop().await;
    keep_results(&page).await;
    open_menu(&page).await;
    assert!(download(&page, "export").await.len() > RATE_HZ);
}

/// Turns the switch in the settings on.
pub(crate) async fn switch_on(page: &Page) {
    page.browser.wait_for(SWITCH).await;
    page.browser
        .value::<()>("void document.getElementById('keep-audio').click()")
        .await;
}

/// Returns the names of the files with audio.
pub(crate) async fn audio_files(browser: &Browser) -> Vec<String> {
    let mut names = file_names(browser).await;
    names.retain(|it| it.ends_with(".pcm"));
    names
}

/// Closes the menu, and opens it.
async fn open_menu_again(page: &Page) {
    let close = "void document.getElementById('export').hidePopover()";
    page.browser.value::<()>(close).await;
    open_menu(page).await;
}

/// Presses the only button for audio, and returns the samples of the file.
async fn download(page: &Page, place: &str) -> Vec<i16> {
    let button = format!("document.querySelectorAll('#{place}-formats [data-audio]:enabled')");
    let browser = &page.browser;
    browser.wait_for(&format!("{button}.length === 1")).await;
    browser
        .value::<()>(&format!("void {button}[0].click()"))
        .await;
    browser.wait_for("window.saved.length > 0").await;
    let status: String = browser
        .value(&format!(
            "document.getElementById('{place}-status').textContent"
        ))
        .await;
    assert!(
        status.starts_with("Downloaded as ") && status.ends_with(".wav."),
        "{status}"
    );
    let file: String = browser.value(SAVED).await;
    let bytes: Vec<u8> = file.chars().map(|it| it as u8).collect();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("it.wav");
    fs::write(&path, bytes).expect("the folder is writable");
    let sound = Sound::read_wav(&path).expect("it is a WAV file");
    assert_eq!(sound.rate_hz as usize, RATE_HZ);
    sound.to_int16()
}

/// Returns the samples that each session received.
fn received(stage: &Stage) -> Vec<Vec<i16>> {
    let sessions = stage.sessions();
    let sounds = sessions.iter().map(|log| stage.recording(log).to_int16());
    sounds.collect()
}

fn assert_same(kept: &[i16], received: &[i16]) {
    let differs = kept.iter().zip(received).position(|(a, b)| a != b);
    assert_eq!(differs, None, "of {} samples", kept.len());
}

async fn row(browser: &Browser, index: usize) -> String {
    let row = format!("document.querySelectorAll('#history-rows li small')[{index}].textContent");
    browser.value(&row).await
}

const SWITCH: &str = "document.getElementById('keep-audio')";

const HAS_WORDS: &str = "document.querySelector('#transcript [data-turn]')";

const IS_KEPT: &str = "document.getElementById('audio-kept')?.hidden === false";

const IS_FULL: &str =
    "document.getElementById('audio-note').textContent.startsWith('Storage is full')";

/// The button for a file that a recorder still adds to.
const GROWING: &str = "document.querySelectorAll('#export [data-audio]:disabled').length === 1";

/// The bytes of the last file as characters. Scripts of geckodriver can't read the page's arrays.
const SAVED: &str = "new Promise((resolve) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.readAsBinaryString(window.saved.pop().blob);
})";

const RATE_HZ: usize = 16_000;
