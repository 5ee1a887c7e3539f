//! Attack: connections with unfinished request bodies, and with responses that are never read.

use tokio::{io::AsyncWriteExt as _, net::TcpStream};

use super::target::Target;
use crate::report::{Figure, Table, quantity};

/// The result of the attack.
pub(super) struct Connections {
    rows: Vec<Row>,
}

struct Row {
    what: &'static str,
    opened: usize,
    status: u16,
    seconds: f64,
}

pub(super) async fn attack(target: &Target) -> anyhow::Result<Connections> {
    let host = target.address();
    let unfinished = format!(
        "POST /sign-in HTTP/1.1\r\nHost: {host}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 4000\r\n\r\npassphrase="
    );
    let unread = format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n").repeat(200);
    let mut rows = Vec::new();
    for (what, request) in [
        ("POST requests with an unfinished body", unfinished),
        ("responses that are not read", unread),
    ] {
        let held = hold(target, &request).await?;
        let honest = format!(
            "GET /sign-in HTTP/1.1\r\nHost: {host}\r\nX-Forwarded-For: 198.51.100.2\r\n\
             Connection: close\r\n\r\n"
        );
        let answer = target.ask(&honest).await?;
        rows.push(Row {
            what,
            opened: held.len(),
            status: answer.status,
            seconds: answer.seconds,
        });
    }
    Ok(Connections { rows })
}

/// Opens more connections than the server accepts at once.
async fn hold(target: &Target, request: &str) -> anyhow::Result<Vec<TcpStream>> {
    let mut held = Vec::new();
    for number in 0..CONNECTIONS {
        let source = [127, 0, 1 + (number / 200) as u8, 1 + (number % 200) as u8];
        let mut stream = target.connect_from(source).await?;
        // The server may have closed the connection already, which is fine.
        let written = tokio::time::timeout(
            std::time::Duration::from_millis(200),
            stream.write_all(request.as_bytes()),
        );
        let _ = written.await;
        held.push(stream);
    }
    Ok(held)
}

impl Connections {
    pub(super) fn figures(&self) -> Vec<Figure> {
        let served = self.rows.iter().filter(|row| row.status == 200).count();
        vec![
            Figure::new(
                "Kinds of held connections during which the sign-in page is served",
                served as f64,
                "",
            )
            .at_least(self.rows.len() as f64),
        ]
    }

    pub(super) fn table(&self) -> Table {
        let rows = self.rows.iter().map(|row| {
            vec![
                row.what.to_owned(),
                row.opened.to_string(),
                row.status.to_string(),
                quantity(row.seconds * 1000.0, "ms"),
            ]
        });
        Table {
            title: "A request for the sign-in page while other connections are held".to_owned(),
            columns: ["Held connections", "Opened", "Status", "Time"]
                .map(str::to_owned)
                .to_vec(),
            rows: rows.collect(),
        }
    }
}

/// Slightly above the default of `--max-connections`.
const CONNECTIONS: usize = 4200;
