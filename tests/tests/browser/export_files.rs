//! The transcript is downloaded in each format, also while recording.

use std::{fs, time::Duration};

use inturn_page_core::export::{Choices, Format};
use inturn_tests::{
    browser::{Engine, PATIENCE},
    stage::Setting,
};
use inturn_transcript::{Entry, Unicode, from_json};
use serde::Deserialize;
use serde_json::json;

use crate::{
    export_scene::{
        LOADED, STATUS, Scene, document, download, end, keep_results, meeting, open, open_meeting,
        open_menu,
    },
    support::{self, dispatch, for_engines, speaking_in},
};

for_engines!(each_format_is_downloaded: Chromium, Firefox, WebKit);
for_engines!(a_running_recording_is_downloaded: Chromium, Firefox);
for_engines!(a_browser_reads_the_subtitles: Chromium, Firefox);

async fn each_format_is_downloaded(engine: Engine) {
    let Scene {
        page,
        stage: _stage,
    } = open_meeting(engine).await;
    // The menu stays open while the recording goes on and ends.
    open_menu(&page).await;
    for events in [Vec::new(), end()] {
        page.browser.value::<()>(&dispatch(events.clone())).await;
        let expected = document(meeting().into_iter().chain(events).collect());
        for format in Format::ALL {
            let saved = download(&page, format.extension()).await;
            let name = format!("2026-11-24 14.05 Transcript.{}", format.extension());
            assert_eq!(saved.name, name);
            assert_eq!(saved.media_type, format.media_type());
            assert_eq!(
                saved.content,
                format.write(&expected, Choices::default(), Unicode::default())
            );
            let status: String = page.browser.value(STATUS).await;
            assert_eq!(status, format!("Downloaded as {name}."));
        }
        let json = download(&page, "json").await.content;
        assert_eq!(from_json(&json), Ok(expected));
    }
}

async fn a_running_recording_is_downloaded(engine: Engine) {
    let support::Scene { page, stage } = speaking_in(engine, Setting::new()).await;
    page.record().await;
    page.wait_for_words("one two three").await;
    page.browser.wait_for(LOADED).await;
    keep_results(&page).await;
    open_menu(&page).await;
    let running = download(&page, "json").await.content;
    let running = from_json(&running).expect("the file is ours");
    assert!(!running.is_complete());
    let [part] = running.parts() else {
        panic!("{running:?}");
    };
    let Some(Entry::Turn(turn)) = part.transcript.entries().first() else {
        panic!("{running:?}");
    };
    assert!(
        turn.text().to_lowercase().starts_with("one two"),
        "{turn:?}"
    );
    assert_eq!(page.state().await, "listening");
    page.click_on("#record").await;
    page.wait_for_state("idle").await;

    open_menu(&page).await;
    let ended = download(&page, "json").await.content;
    let ended = from_json(&ended).expect("the file is ours");
    assert!(ended.is_complete());
    assert_eq!(ended.parts()[0].info, running.parts()[0].info);
    let shown = page.turns().await;
    let entries = ended.parts()[0].transcript.entries();
    let texts: Vec<_> = entries
        .iter()
        .filter_map(|it| match it {
            Entry::Turn(turn) => Some(turn.text().to_owned()),
            Entry::Gap(_) => None,
        })
        .collect();
    assert_eq!(
        texts,
        shown.iter().map(|it| it.text.clone()).collect::<Vec<_>>()
    );
    assert!(stage.closed_session(1).await.terminated);
}

/// A cue as the browser reads it.
#[derive(Debug, Deserialize, PartialEq)]
struct ReadCue {
    start: f64,
    end: f64,
    text: String,
}

async fn a_browser_reads_the_subtitles(engine: Engine) {
    let Scene {
        page,
        stage: _stage,
    } = open_meeting(engine).await;
    open_menu(&page).await;
    let file = download(&page, "vtt").await.content;
    // The page's policy allows no media, so another document reads the file.
    page.browser.go_to("about:blank").await;
    let script = format!("({READ_CUES})({})", json!(file));
    let cues: Vec<ReadCue> = page.browser.value(&script).await;
    let texts: Vec<_> = cues.iter().map(|it| it.text.as_str()).collect();
    assert_eq!(
        texts,
        [
            "<v Speaker A>Good morning, Mia.",
            "<v Speaker B>Grüße 👩‍👩‍👧 &lt;an&gt; alle!",
            "<v Speaker A>Shall we begin"
        ]
    );
    assert_eq!(cues[0].start, 1.0);
    assert_eq!(cues[2].start, 66.0);
    assert!(
        cues.windows(2).all(|it| it[0].end <= it[1].start),
        "{cues:?}"
    );
}

/// The browser saves the file itself, under its name.
#[tokio::test(flavor = "multi_thread")]
async fn the_browser_saves_files_under_their_names() {
    let Scene {
        page,
        stage: _stage,
    } = open(Engine::Chromium, meeting()).await;
    let folder = tempfile::tempdir().expect("a temporary folder");
    page.browser
        .devtools(
            "Browser.setDownloadBehavior",
            json!({ "behavior": "allow", "downloadPath": folder.path() }),
        )
        .await;
    open_menu(&page).await;
    let expected = document(meeting());
    for format in Format::ALL {
        page.click_on(&format!("#export [data-format={}]", format.extension()))
            .await;
        let path = folder.path().join(format.file_name(&expected));
        let saved = tokio::time::timeout(PATIENCE, async {
            // The browser may create an empty file first, and replaces it by the complete one.
            loop {
                match fs::read_to_string(&path) {
                    Ok(saved) if !saved.is_empty() => return saved,
                    _ => tokio::time::sleep(Duration::from_millis(20)).await,
                }
            }
        });
        let saved = saved.await.expect("the file is saved");
        assert_eq!(
            saved,
            format.write(&expected, Choices::default(), Unicode::default())
        );
    }
}

const READ_CUES: &str = "(file) => new Promise((done, fail) => {
    const video = document.createElement('video');
    const track = document.createElement('track');
    track.src = URL.createObjectURL(new Blob([file], { type: 'text/vtt' }));
    track.onload = () => done([...track.track.cues].map(
        ({ startTime, endTime, text }) => ({ start: startTime, end: endTime, text })));
    track.onerror = () => fail(new Error('the file was refused'));
    video.append(track);
    document.body.append(video);
    track.track.mode = 'hidden';
})";
