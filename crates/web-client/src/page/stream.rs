//! The microphone's stream, as the browser returns it.

use inturn_page_core::settings::Switch;
use inturn_protocol::CaptureConfig;
use js_sys::{Object, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{MediaStream, MediaStreamConstraints, MediaStreamTrack};

use super::document::window;
use crate::browser::{BrowserError, Exposed};

/// A stream. Dropping it stops its tracks: dropping only the graph would leave the microphone on.
pub(super) struct Stream {
    pub(super) stream: MediaStream,
    _exposed: Exposed,
}

impl Stream {
    pub(super) async fn request(
        capture: CaptureConfig,
        device_id: Option<String>,
    ) -> Result<Self, BrowserError> {
        let audio = Object::new();
        // A bare value is not a requirement: a browser that does not support it still opens the
        // microphone. `settings.rs` compares the result with the request.
        for switch in Switch::ALL {
            let on = switch.is_on(capture);
            Reflect::set(&audio, &switch.constraint().into(), &on.into())?;
        }
        if let Some(id) = device_id {
            let exact = Object::new();
            Reflect::set(&exact, &"exact".into(), &id.into())?;
            Reflect::set(&audio, &"deviceId".into(), &exact)?;
        }
        let constraints = MediaStreamConstraints::new();
        constraints.set_audio(&audio);
        let devices = window().navigator().media_devices()?;
        let promise = devices.get_user_media_with_constraints(&constraints)?;
        Ok(Self::new(JsFuture::from(promise).await?.unchecked_into()))
    }

    pub(super) fn new(stream: MediaStream) -> Self {
        Self {
            _exposed: Exposed::new("inturnMicrophone", &stream),
            stream,
        }
    }

    pub(super) fn tracks(&self) -> Vec<MediaStreamTrack> {
        self.stream
            .get_audio_tracks()
            .iter()
            .map(JsCast::unchecked_into)
            .collect()
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        for track in self.tracks() {
            track.stop();
        }
    }
}
