//! Cases: files with exactly the messages that the service sends.

use std::path::PathBuf;

use inturn_emulator::Faults;
use serde_json::Value;

use crate::{client::start, sound::silence};

/// Paths of the cases that the repository's tests share.
fn cases() -> Vec<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/cases");
    let files = std::fs::read_dir(folder).expect("the folder of the cases");
    files
        .map(|file| file.expect("a file").path())
        .filter(|path| path.extension().is_some_and(|kind| kind == "json"))
        .collect()
}

#[tokio::test]
async fn every_case_is_played_exactly() {
    let emulator = start().await;
    let paths = cases();
    assert!(paths.len() >= 2, "{paths:?}");
    for path in paths {
        let name = path.display();
        let faults = Faults::from_file(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
        let text = std::fs::read_to_string(&path).expect("it was read before");
        let case: Value = serde_json::from_str(&text).expect("it is JSON");
        emulator.emulator.set_faults(faults);
        let mut client = emulator.open("").await;
        assert_eq!(client.message().await, case["begin"], "{name}");
        let mut sent_ms = 0;
        for line in case["script"].as_array().expect("a list") {
            let due_ms = line["after_ms"].as_u64().expect("milliseconds");
            client
                .audio(&silence(
                    usize::try_from(due_ms - sent_ms).expect("it is small"),
                ))
                .await;
            sent_ms = due_ms;
            assert_eq!(client.message().await, line["send"], "{name}");
        }
        assert!(
            client.finish().await.is_empty(),
            "{name}: no other messages"
        );
    }
}
