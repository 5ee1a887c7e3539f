//! Round trips through the compact form of words.

use inturn_transcript::{Word, Words};
use proptest::prelude::*;

fn word() -> impl Strategy<Value = (String, u32, u32, bool, Option<String>)> {
    let speaker = prop::option::of("[A-D]|UNKNOWN");
    (
        "[a-zé語]{1,6}",
        any::<u32>(),
        any::<u32>(),
        any::<bool>(),
        speaker,
    )
}

proptest! {
    #[test]
    fn words_survive_a_round_trip(
        words in prop::collection::vec(word(), 0..20),
        at in 0_usize..22,
    ) {
        let mut packed = Words::with_capacity(words.len(), 0);
        let expected: Vec<Word<'_>> = words
            .iter()
            .map(|(text, start_ms, end_ms, is_final, speaker)| Word {
                text,
                start_ms: *start_ms,
                end_ms: *end_ms,
                confidence: 0.5,
                is_final: *is_final,
                speaker: speaker.as_deref(),
            })
            .collect();
        for word in &expected {
            packed.push(*word);
        }
        prop_assert_eq!(packed.iter().collect::<Vec<_>>(), expected);
        let texts: Vec<&str> = words.iter().map(|word| word.0.as_str()).collect();
        prop_assert_eq!(packed.text(), texts.join(" "));
        let (first, second) = packed.split(at);
        let cut = at.min(texts.len());
        prop_assert_eq!(first, texts[..cut].join(" "));
        prop_assert_eq!(second, texts[cut..].join(" "));
    }

    #[test]
    fn corrupt_bytes_do_not_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..60),
        at in 0_usize..9,
    ) {
        if let Ok(words) = postcard::from_bytes::<Words>(&bytes) {
            let texts: Vec<_> = words.iter().map(|word| word.text.len()).collect();
            prop_assert_eq!(texts.len(), words.len());
            let (first, second) = words.split(at);
            prop_assert!(first.len() + second.len() <= words.text().len());
        }
    }
}

#[test]
fn words_are_trimmed_and_empty_words_ignored() {
    let mut words = Words::default();
    for text in ["", " the ", "\t", "ferry"] {
        words.push(Word {
            text,
            ..Word::default()
        });
    }
    assert_eq!(words.text(), "the ferry");
    assert_eq!(words.len(), 2);
}
