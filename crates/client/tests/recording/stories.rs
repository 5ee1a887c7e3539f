//! Whole recordings.

use inturn_client::Piece;
use inturn_emulator::ToneSpeech;

use crate::{
    listening::Transport,
    sources::{Script, spoken},
    stage::{Stage, finish, numbers},
};

#[tokio::test]
async fn the_words_of_a_source_that_ends_come_once_and_in_order() {
    for transport in [Transport::Tcp, Transport::Tls] {
        let stage = Stage::start(transport, "[]").await;
        let speech = ToneSpeech::new(0..8, 48_000);
        let mut pieces = spoken(&speech);
        pieces.push(Piece::End);
        let (_handle, mut events) = stage.record(Script::of(48_000, pieces));
        finish(&mut events).await;
        assert_eq!(numbers(events.transcript()), Vec::from_iter(0..8));
    }
}
