//! Time from a `Turn` message to the frame that shows it.

use std::collections::BTreeMap;

use anyhow::ensure;
use inturn_protocol::ServerMessage;
use inturn_tests::{browser::PATIENCE, sound::Sound, speech};
use serde::Deserialize;

use super::scene::Scene;

/// A turn as painted in a frame.
#[derive(Debug, Deserialize)]
struct Paint {
    /// In milliseconds of the page's clock.
    at: f64,
    turn: u32,
    text: String,
}

/// Records speech. Returns the time from each `Turn` with new text to its paint, in milliseconds.
pub(super) async fn measure(scene: &Scene) -> anyhow::Result<Vec<f64>> {
    let sentence = speech::novel(930)
        .part(0.2, 2.9)
        .then(&Sound::silence(16_000, 1.0));
    let sound = (0..SENTENCES).fold(Sound::silence(16_000, 0.5), |all, _| all.then(&sentence));
    let browser = &scene.browser;
    browser.set_sound(&sound);
    browser.go_to(&scene.stage.url).await;
    browser.wait_for(IDLE).await;
    let press = "document.getElementById('record').click()";
    browser.value::<()>(press).await;
    let played = format!(
        "window.watch.openedAt !== null && performance.now() - window.watch.openedAt > {}",
        sound.seconds() * 1_000.0
    );
    browser
        .wait_within(
            PATIENCE + std::time::Duration::from_secs_f64(sound.seconds()),
            &played,
        )
        .await;
    browser.value::<()>(press).await;
    browser.wait_for(IDLE).await;
    let paints: Vec<Paint> = browser.value("window.tap.paints").await;
    let zero_ms = scene.page_zero_ms().await?;

    let mut shown: BTreeMap<u32, String> = BTreeMap::new();
    let mut took = Vec::new();
    for (sent_ms, text) in scene.relay.last().texts {
        let Ok(ServerMessage::Turn(turn)) = ServerMessage::decode(&text) else {
            continue;
        };
        let words = letters(&turn.transcript);
        // Without new letters or digits, no paint can be recognised.
        if words.is_empty()
            || shown
                .get(&turn.turn_order)
                .is_some_and(|before| *before == words)
        {
            continue;
        }
        let painted = paints.iter().find(|paint| {
            paint.at + zero_ms >= sent_ms
                && paint.turn == turn.turn_order
                && letters(&paint.text).starts_with(&words)
        });
        if let Some(paint) = painted {
            took.push(paint.at + zero_ms - sent_ms);
            shown.insert(turn.turn_order, words);
        } else {
            anyhow::bail!("a turn was never painted");
        }
    }
    ensure!(
        took.len() >= 20,
        "the service sent only {} turns",
        took.len()
    );
    Ok(took)
}

fn letters(text: &str) -> String {
    text.to_lowercase()
        .chars()
        .filter(|it| it.is_alphanumeric())
        .collect()
}

const IDLE: &str = "document.getElementById('status')?.dataset.state === 'idle' \
                    && !document.getElementById('record').disabled";

const SENTENCES: usize = 5;
