//! A script in place of `arecord`.

use std::{
    fs,
    io::Write,
    path::PathBuf,
    process::{Command, Stdio},
};

use inturn_client::{Device, DeviceChoice, Microphone, OpenError, SoundSystem, Source};
use tempfile::TempDir;

pub(crate) struct Script {
    folder: TempDir,
}

impl Script {
    /// A script with two cards, which does `record` in place of recording.
    pub(crate) fn new(record: &str) -> Self {
        let cards = "card 0: PCH [HDA Intel PCH], device 0: ALC257 [ALC257 Analog]\n\
            card 1: Webcam [HD Webcam], device 0: USB Audio [USB Audio]";
        Self::with_cards(cards, record)
    }

    pub(crate) fn with_cards(cards: &str, record: &str) -> Self {
        let script = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        let list = format!("if [ \"$1\" = -l ]; then cat <<'END'\n{cards}\nEND\nexit; fi");
        // A process that another test starts at the same time would inherit a file that is open
        // for writing here, and a program can't run while it is.
        let mut writer = Command::new("sh")
            .args(["-c", "cat >\"$0\" && chmod +x \"$0\""])
            .arg(script.path())
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let text = format!("#!/bin/sh\ntouch \"$0.called\"\n{list}\n{record}\n");
        let mut input = writer.stdin.take().unwrap();
        input.write_all(text.as_bytes()).unwrap();
        drop(input);
        assert!(writer.wait().unwrap().success());
        script
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("arecord")
    }

    pub(crate) fn was_called(&self) -> bool {
        self.folder.path().join("arecord.called").exists()
    }

    /// What it has written to a file of its folder.
    pub(crate) fn written(&self, name: &str) -> String {
        let text = fs::read_to_string(self.folder.path().join(name)).unwrap();
        text.trim().into()
    }

    /// A microphone of a system without a server.
    pub(crate) fn microphone(&self, choice: DeviceChoice) -> Microphone {
        let system = SoundSystem::from_env()
            .with_socket(self.folder.path().join("no-server"))
            .with_arecord(self.path());
        Microphone::on(system, choice)
    }

    pub(crate) async fn error(&self, choice: DeviceChoice) -> OpenError {
        let mut microphone = self.microphone(choice);
        microphone.open(Device::Chosen).await.unwrap_err()
    }
}
