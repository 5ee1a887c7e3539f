//! A tap in the page: what the browser's own graph got from a device.
//!
//! Between a device and a page there are buffers that a busy machine overruns; what is lost there, no
//! page ever has. With a tap beside the page's own worklet, on the same source and from the same
//! moment on, the page answers for each sample that it got, and for no other.

use std::{fs, path::Path};

use serde::Deserialize;
use tempfile::TempDir;

use crate::{machine, page::Page, signal, sound::Sound};

/// The built page with the tap's worklet among its files. Held as long as it is served.
pub struct TappedClient(TempDir);

impl TappedClient {
    /// Copies the built page.
    ///
    /// # Panics
    ///
    /// When it can't be copied.
    pub fn copy() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for file in fs::read_dir(machine::client_dir()).expect("the page is built") {
            let file = file.expect("the folder can be read");
            fs::copy(file.path(), folder.path().join(file.file_name()))
                .expect("the built page is files in one folder");
        }
        fs::write(folder.path().join("tap.js"), WORKLET).expect("the folder is ours");
        Self(folder)
    }

    /// Where it is.
    pub fn dir(&self) -> &Path {
        self.0.path()
    }
}

/// Sets the tap for each recording from now on.
///
/// # Panics
///
/// When the browser doesn't answer.
pub async fn set(page: &Page) {
    page.browser.value::<()>(SET).await;
}

/// What came through the tap in the last recording.
///
/// # Panics
///
/// When none was set.
pub async fn drawn(page: &Page) -> Sound {
    #[derive(Deserialize)]
    struct Drawn {
        rate_hz: f64,
        samples: String,
    }
    let Drawn { rate_hz, samples } = page.browser.value(DRAWN).await;
    let samples = samples
        .split(',')
        .map(|sample| sample.parse::<f64>().expect("a number") / 32_768.0)
        .collect();
    Sound {
        rate_hz: rate_hz.round() as u32,
        samples,
    }
}

/// What arrived is what the page got, each sample once, from the first to the last; the worst
/// agreement in any tenth of a second.
///
/// # Panics
///
/// When it isn't.
pub fn assert_copied(heard: &Sound, captured: &Sound, what: &str) -> f64 {
    let audible = signal::audible(heard);
    // The sound begins after the microphone does: nothing from the beginning is lost.
    assert!(audible.start > 0, "{what}: the beginning is missing");
    // The tap hands over every fortieth of a second, and loses what is left when its context ends.
    let per_second = heard.rate_hz as usize;
    let end = audible
        .end
        .min(heard.samples.len().saturating_sub(per_second / 5));
    let found = signal::locate(heard, audible.start + per_second / 200..end, captured)
        .unwrap_or_else(|| panic!("{what}: nothing of what was captured arrived"));
    let what = format!("{what}: {found:?}");
    assert!(found.worst() >= 0.98 && found.gaps.is_empty(), "{what}");
    // The page's own worklet is connected right after the tap; on a busy machine either may have got a
    // few quanta before the other.
    assert!((-0.05..0.05).contains(&found.start_secs), "{what}");
    assert_as_long(heard, captured, &what);
    found.worst()
}

/// Neither has more of the sound than the other, at the end or in between.
///
/// Neither is held against the clock: a browser whose devices are late on a busy machine gives a page
/// less than the time that has passed.
///
/// # Panics
///
/// When it lasts a tenth of a second longer in one.
pub fn assert_as_long(heard: &Sound, captured: &Sound, what: &str) {
    let [arrived, got] = [heard, captured]
        .map(|sound| signal::audible(sound).len() as f64 / f64::from(sound.rate_hz));
    assert!(
        (arrived - got).abs() < 0.1,
        "{what}: captured {got} s of sound, received {arrived} s"
    );
}

/// As the page's own: nothing before the first input, silence for an empty one from then on.
const WORKLET: &str = "
registerProcessor('tap', class extends AudioWorkletProcessor {
    constructor() { super(); this.parts = []; this.frames = 0; }
    process([input], [output]) {
        if (input.length || this.frames || this.begun) {
            this.begun = true;
            const part = input.length ? input[0].slice() : new Float32Array(output[0].length);
            this.parts.push(part);
            this.frames += part.length;
        }
        if (this.frames >= sampleRate / 40) {
            this.port.postMessage(this.parts);
            this.parts = [];
            this.frames = 0;
        }
        return true;
    }
});
";

/// Connected in the same turn as the page's own worklet, right before it.
const SET: &str = "void ((add, hear) => {
    AudioWorklet.prototype.addModule = async function (url) {
        await add.call(this, url);
        await add.call(this, 'tap.js');
    };
    AudioContext.prototype.createMediaStreamSource = function (stream) {
        const source = hear.call(this, stream);
        const node = new AudioWorkletNode(this, 'tap');
        const parts = [];
        node.port.onmessage = ({ data }) => void parts.push(...data);
        source.connect(node);
        node.connect(this.destination);
        window.tap = { rate_hz: this.sampleRate, parts, node };
        return source;
    };
})(AudioWorklet.prototype.addModule, AudioContext.prototype.createMediaStreamSource)";

const DRAWN: &str = "({ rate_hz: window.tap.rate_hz, samples: window.tap.parts
    .map((part) => Array.from(part, (x) => Math.round(x * 32768)).join(',')).join(',') })";
