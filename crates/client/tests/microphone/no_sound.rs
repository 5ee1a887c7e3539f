//! A system without sound.

use inturn_client::{MicrophoneFailure, SoundSystem};

#[tokio::test]
async fn without_any_sound_system_one_sentence_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let system = SoundSystem::from_env()
        .with_socket(folder.path().join("native"))
        .with_arecord(folder.path().join("arecord"));
    let error = system.devices().await.unwrap_err();
    assert_eq!(error.failure, MicrophoneFailure::Missing);
    assert_eq!(
        error.message,
        "No microphone: there is no PulseAudio or PipeWire, and arecord finds no sound card. \
         Connect one, or pipe audio in, or give a file."
    );
}
