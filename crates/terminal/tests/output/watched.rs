//! A program that reads the file all the time.

use std::{
    fs,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use inturn_terminal::output::{Format, Target};
use inturn_transcript::TurnState;
use proptest::prelude::*;

use super::{
    reader::{WHOLE, words},
    run::{Run, turn},
};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(25))]

    #[test]
    fn a_reader_finds_a_complete_file_at_any_time(
        format in prop::sample::select(WHOLE.to_vec()),
        steps in prop::collection::vec((1_usize..200, any::<bool>(), 0_u64..1_500), 1..30),
    ) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("notes");
        let mut run = Run::new(format, &Target::File(path.clone())).expect("opens");
        let is_over = AtomicBool::new(false);
        let (result, expected) = thread::scope(|scope| {
            let reader = scope.spawn(|| watch(format, &path, &is_over));
            run.begin(1).expect("written");
            let mut said = 0;
            let mut id = 0;
            let mut expected = Vec::new();
            for (count, is_final, ms) in steps {
                let numbers = said..said + count;
                let text: Vec<String> = numbers.map(|it| format!("word{it}")).collect();
                let state = if is_final { TurnState::Formatted } else { TurnState::Open };
                run.change(turn(1, id, state, &text.join(" "))).expect("written");
                if is_final {
                    expected.extend(text);
                    said += count;
                    id += 1;
                }
                run.pass_ms(ms).expect("written");
            }
            run.end().expect("written");
            run.finish().expect("written");
            is_over.store(true, Ordering::Relaxed);
            (reader.join().expect("no panic"), expected)
        });
        prop_assert!(result.is_ok(), "{format:?}: {result:?}");
        let file = fs::read_to_string(&path).expect("a file");
        let words = words(format, &file).expect("valid");
        prop_assert!(words.starts_with(&expected));
        let files = fs::read_dir(folder.path()).expect("a folder").count();
        prop_assert_eq!(files, 1, "no temporary file is left");
    }
}

/// Reads the file until the run is over. Returns the first error. The words of finals never become
/// fewer.
fn watch(format: Format, path: &Path, is_over: &AtomicBool) -> Result<(), String> {
    while !is_over.load(Ordering::Relaxed) {
        if let Ok(file) = fs::read_to_string(path) {
            words(format, &file)?;
        }
        thread::yield_now();
    }
    Ok(())
}
