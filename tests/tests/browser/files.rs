//! Reads the files in which the page stores recordings.

use inturn_stored::{StoredRecording, info_of_name};
use inturn_tests::{
    browser::Browser,
    page::{Page, Turn},
};
use inturn_transcript::Document;

/// A stored recording.
#[derive(Debug)]
pub(crate) struct File {
    pub(crate) stored: StoredRecording,
    pub(crate) document: Document,
}

/// Waits until the page shows this many final turns.
pub(crate) async fn wait_for_final_turns(page: &Page, count: usize) {
    let shown = "document.querySelectorAll('#transcript [data-final=true]').length";
    page.browser.wait_for(&format!("{shown} >= {count}")).await;
}

/// Returns the stored recordings of the page, in the order of their start.
pub(crate) async fn files(browser: &Browser) -> Vec<File> {
    let files: Vec<(String, String)> = browser.value(&format!("{FOLDER}.then({READ})")).await;
    let read = |(name, file): &(String, String)| {
        let bytes: Vec<u8> = file.chars().map(|it| it as u8).collect();
        let stored = StoredRecording::read(&bytes).expect("the file is of this version");
        let info = info_of_name(name).expect("the name is a recording's");
        assert_eq!(stored.info(), Some(info), "{stored:#?}");
        let document = stored.document(info);
        File { stored, document }
    };
    let mut files: Vec<File> = files.iter().map(read).collect();
    files.sort_by_key(|file| file.document.parts()[0].info.started_unix_ms);
    files
}

/// Returns the names of all files in the page's folder.
pub(crate) async fn file_names(browser: &Browser) -> Vec<String> {
    let names = "async (folder) => {
        const names = [];
        for await (const name of folder.keys()) names.push(name);
        return names;
    }";
    browser.value(&format!("{FOLDER}.then({names})")).await
}

/// Asserts that each final turn of the page is stored, with its words.
pub(crate) fn assert_has(files: &[File], shown: &[Turn]) {
    let parts = files.iter().flat_map(|file| file.document.parts());
    let turns = parts.flat_map(|part| part.transcript.turns());
    let stored: Vec<(u32, u32, &str)> = turns
        .filter(|turn| turn.has_ended())
        .map(|turn| (turn.id.session, turn.id.turn, turn.text()))
        .collect();
    for turn in shown.iter().filter(|turn| turn.is_final) {
        let expected = (turn.session, turn.turn, turn.text.as_str());
        assert!(
            stored.contains(&expected),
            "{expected:?} is not in {stored:#?}"
        );
    }
}

/// The folder of this page's recordings.
pub(crate) const FOLDER: &str = "navigator.storage.getDirectory().then((root) =>
    root.getDirectoryHandle(encodeURIComponent(new URL('.', location.href).href)))";

/// The files' bytes as characters. Scripts of geckodriver can't read the page's byte arrays.
const READ: &str = "async (folder) => {
    const read = async (handle) => {
        const file = await handle.getFile();
        return new Promise((resolve, reject) => {
            const reader = new FileReader();
            reader.onload = () => resolve(reader.result);
            reader.onerror = () => reject(reader.error);
            reader.readAsBinaryString(file);
        });
    };
    const files = [];
    for await (const [name, handle] of folder.entries()) {
        // Chromium's copy of a file that the page is replacing, and audio.
        if (/[.](crswap|pcm)$/.test(name)) continue;
        // Again while the page replaces the file.
        let content = read(handle);
        for (let it = 0; it < 100; it += 1) content = content.catch(() => read(handle));
        files.push([name, await content]);
    }
    return files;
}";
