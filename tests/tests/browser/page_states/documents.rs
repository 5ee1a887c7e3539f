//! The states of what `inturn-web-documents` adds to the page.

use super::{
    events::{LIVE, meeting, over, past, started, two_recordings},
    state::{PageState, with},
};

/// The states that need the module for documents. They come last, because the list of past
/// transcripts stays.
pub(super) fn states() -> Vec<PageState> {
    let finished = || [started(LIVE), meeting(), over()].concat();
    vec![
        PageState {
            script: OPEN_EXPORT,
            shown: EXPORT_IS_OPEN,
            ..with("export", finished())
        },
        PageState {
            script: EXPORT_AUDIO,
            shown: "document.querySelectorAll('#export [data-audio]').length === 2",
            ..with("export-audio", two_recordings())
        },
        PageState {
            shown: "document.getElementById('recovered')?.hidden === false",
            stored: past(),
            ..with("recovered", Vec::new())
        },
        PageState {
            script: OPEN_LIST,
            shown: "document.querySelectorAll('#history-rows li').length === 3",
            ..with("past-transcripts", Vec::new())
        },
        PageState {
            script: OPEN_PAST,
            shown: "document.getElementById('history-past')?.hidden === false",
            ..with("past-transcript", Vec::new())
        },
        PageState {
            script: OPEN_FILE,
            shown: "document.getElementById('history-keep')?.checkVisibility()",
            ..with("opened-file", Vec::new())
        },
    ]
}

/// Both recordings of the page have audio.
const EXPORT_AUDIO: &str = "
    while (!window.inturnOfferAudio || !document.getElementById('export-status')) {
        await new Promise(requestAnimationFrame);
    }
    window.inturnAudio = 'kept';
    dispatchEvent(new Event('inturn:audio'));
    const offer = inturnOfferAudio;
    window.inturnOfferAudio = async (place, recordings) => {
        const root = await navigator.storage.getDirectory();
        const name = encodeURIComponent(new URL('.', location.href).href);
        const folder = await root.getDirectoryHandle(name, { create: true });
        for (const [name] of recordings) {
            const file = await folder.getFileHandle(`${name}.pcm`, { create: true });
            const stream = await file.createWritable();
            await stream.write(new Uint8Array(2));
            await stream.close();
        }
        await offer(place, recordings);
    };
    document.getElementById('export-button').click();";

const OPEN_EXPORT: &str = "document.getElementById('export-button').click();";

const EXPORT_IS_OPEN: &str = "document.getElementById('export-status') !== null
    && document.getElementById('export').matches(':popover-open')";

const OPEN_LIST: &str = "
    while (!document.getElementById('history')) await new Promise(requestAnimationFrame);
    document.getElementById('history').showPopover();";

const OPEN_PAST: &str = "
    while (!document.getElementById('history')) await new Promise(requestAnimationFrame);
    document.getElementById('history').showPopover();
    const titled = () => document.querySelectorAll('#history-rows [data-act=open]')[2];
    while (!titled()) await new Promise(requestAnimationFrame);
    titled().click();";

/// Opens a file with two recordings.
const OPEN_FILE: &str = concat!(
    "const file = ",
    include_str!("../../../../crates/transcript/tests/export/golden/transcript.json"),
    ";
    while (!document.getElementById('history')) await new Promise(requestAnimationFrame);
    document.getElementById('history').showPopover();
    while (!document.querySelector('#history-rows li')) await new Promise(requestAnimationFrame);
    const input = document.getElementById('history-file');
    const transfer = new DataTransfer();
    transfer.items.add(new File([JSON.stringify(file)], 'Harbour meeting 2026-11-24.json'));
    input.files = transfer.files;
    input.dispatchEvent(new Event('change'));"
);
