//! Attack: large messages on sockets of the local service, without a token.

use futures_util::SinkExt as _;
use tokio_tungstenite::tungstenite::{Message, client::IntoClientRequest as _};

use super::target::{MOST_ABOVE_IDLE_MIB, PATIENCE, Target};
use crate::report::Figure;

/// The result of the attack.
pub(super) struct Sockets {
    /// Highest memory while messages were sent.
    highest_mib: f64,
}

pub(super) async fn attack(target: &Target) -> anyhow::Result<Sockets> {
    let mut senders = tokio::task::JoinSet::new();
    for _ in 0..SOCKETS {
        let host = target.address();
        senders.spawn(async move {
            let request =
                format!("ws://{host}/local/v3/ws?sample_rate=16000").into_client_request()?;
            let (mut socket, _) = tokio_tungstenite::connect_async(request).await?;
            socket
                .send(Message::binary(vec![0_u8; MESSAGE_MB * 1_000_000]))
                .await?;
            anyhow::Ok(())
        });
    }
    let mut highest_mib = target.resident_mib()?;
    let watched = async {
        let mut every = tokio::time::interval(std::time::Duration::from_millis(5));
        loop {
            tokio::select! {
                ended = senders.join_next() => if ended.is_none() { break },
                _ = every.tick() => highest_mib = highest_mib.max(target.resident_mib()?),
            }
        }
        anyhow::Ok(())
    };
    tokio::time::timeout(PATIENCE, watched).await??;
    Ok(Sockets { highest_mib })
}

impl Sockets {
    pub(super) fn figures(&self, before_mib: f64) -> Vec<Figure> {
        vec![
            Figure::new(
                format!(
                    "Highest memory while {SOCKETS} sockets without a token send {MESSAGE_MB} MB \
                     each, above that before them"
                ),
                self.highest_mib - before_mib,
                "MiB",
            )
            .at_most(MOST_ABOVE_IDLE_MIB),
        ]
    }
}

/// Number of sockets that are open at once.
const SOCKETS: usize = 12;

/// Size of each message.
pub(super) const MESSAGE_MB: usize = 60;
