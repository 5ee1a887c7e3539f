//! Long interruptions: every word is kept, and the live words come first.

use std::time::Duration;

use inturn_tests::stage::Setting;

use crate::tone_story::{Received, Story};

/// The connection is cut in mid-sentence for 20 s, and then for three minutes. Each time, the next
/// session transcribes the live words, and another one what was missed meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn outages_of_20_seconds_and_3_minutes_lose_no_word() {
    let setting = Setting::new().long();
    let mut story = Story::open_with_pauses(setting, WORDS, PAUSE_MS).await;
    story.page.record().await;
    let mut live_sessions = Vec::new();
    for secs in [20, 180] {
        // Until nothing is missing of the interruption before.
        let live = "document.getElementById('status').textContent === 'Live'";
        story.page.browser.wait_within(CAUGHT_UP, live).await;
        story.wait_for_mid_sentence().await;
        let time = Duration::from_secs(secs);
        let before = story.interrupt(time).await;
        live_sessions.push(story.stage.service.sessions()[0].id.clone());
        assert_live_words_come_first(&story, before, time).await;
    }
    let received = story.finish().await;
    story.assert_no_hole(&received);

    let statuses = story.statuses().await;
    for beginning in ["Reconnecting 0:1", "Reconnecting 2:5", "Live, catching up"] {
        assert!(
            statuses.iter().any(|it| it.starts_with(beginning)),
            "no {beginning:?} in {statuses:?}"
        );
    }
    // One session until the first interruption, and two after each.
    assert_eq!(received.len(), 5, "{received:#?}");
    for Received { log, words } in &received {
        if live_sessions.contains(&log.id) {
            let shown_ms = log.words_after_ms.expect("it has words");
            let spoken_ms = words[0].start_ms;
            assert!(shown_ms <= spoken_ms + 2_000, "{log:#?} {:?}", words[0]);
        }
    }
}

/// Asserts that words spoken after an interruption appear before most of those that were spoken
/// during it. Before it, `before` words had appeared.
///
/// A few may be earlier: in a pause of the speaker, there are no live words to show.
async fn assert_live_words_come_first(story: &Story, before: usize, time: Duration) {
    let last_before = story.appeared().await[..before].iter().copied().max();
    let last_before = last_before.expect("words appeared");
    let live_ms = Duration::from_millis(story.word(last_before).end_ms) + time - SEAM;
    let live =
        (last_before..WORDS).find(|it| u128::from(story.word(*it).start_ms) >= live_ms.as_millis());
    let live = live.expect("words are spoken after the interruption");
    story.wait_for_word(live).await;
    let appeared = story.appeared().await;
    let missed = appeared[before..].iter().take_while(|it| **it < live);
    assert!(
        missed.count() <= WORDS_IN_A_PAUSE,
        "not live after w{last_before}: {:?}",
        &appeared[before..]
    );
}

/// Longer than it takes to catch up on 20 s, at 1.25 times real time, after the longest wait of
/// 30 s between two attempts.
const CAUGHT_UP: Duration = Duration::from_secs(80);

/// Long enough for both interruptions, the waits between two attempts after them, and the live
/// words at the end: five minutes.
const WORDS: u32 = 420;

/// Long pauses, which are left out when audio is sent again, make the story shorter.
const PAUSE_MS: u64 = 3_000;

/// The live session begins up to 2 s before the live edge, where there is a pause, and 1 s earlier
/// still for the overlap. The interruption shows on the page up to 1 s late.
const SEAM: Duration = Duration::from_secs(4);

/// How many missed words may appear in a pause of 3 s, and in the second that live words take to
/// appear: a sentence and a half, at 1.25 times real time and with shorter pauses.
const WORDS_IN_A_PAUSE: usize = 13;
