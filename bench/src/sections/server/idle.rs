//! Many clients with idle connections.

use std::{collections::BTreeMap, io};

use anyhow::Context as _;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::{
    load::{Load, Run},
    program::{Memory, Program, Server},
};
use crate::report::{Table, quantity};

/// A server's results with many idle clients.
pub(super) struct Crowd {
    before: Memory,
    with: Memory,
    /// Results of one active client meanwhile.
    run: Run,
    still_open: usize,
}

/// Opens connections that each fetch one token and stay open, and measures one more client.
pub(super) async fn crowd(load: &mut Load, program: Program) -> anyhow::Result<Crowd> {
    // The memory for a first request must not count as memory for idle clients.
    drop(client(&program).await?);
    let before = program.memory()?;
    let mut clients = Vec::new();
    for number in 1..=CLIENTS {
        let client = client(&program).await;
        clients.push(client.with_context(|| format!("client {number} of {CLIENTS} got no token"))?);
    }
    let with = program.memory()?;
    let run = load.run(&program, "/token", 1).await?;
    let still_open = clients.iter().filter(|client| is_open(client)).count();
    Ok(Crowd {
        before,
        with,
        run,
        still_open,
    })
}

/// Returns a connection that has received a token.
async fn client(program: &Program) -> anyhow::Result<TcpStream> {
    let mut stream = TcpStream::connect(("127.0.0.1", program.port())).await?;
    stream
        .write_all(b"GET /token HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        .await?;
    let mut answer = Vec::new();
    while !is_whole(&answer) {
        let read = stream.read_buf(&mut answer).await?;
        anyhow::ensure!(read > 0, "the connection was closed");
    }
    anyhow::ensure!(
        answer.starts_with(b"HTTP/1.1 200 "),
        "the response has no token"
    );
    Ok(stream)
}

/// Whether the response, which has a `Content-Length`, is complete.
fn is_whole(answer: &[u8]) -> bool {
    let Ok(text) = str::from_utf8(answer) else {
        return false;
    };
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.trim().parse().ok())?
    });
    length.is_some_and(|length: usize| body.len() >= length)
}

/// Whether the connection is open and has nothing to read.
fn is_open(stream: &TcpStream) -> bool {
    let read = stream.try_read(&mut [0; 1]);
    read.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
}

/// Returns a table with a row for each server.
pub(super) fn table(crowds: &BTreeMap<Server, Crowd>) -> Table {
    let rows = crowds.iter().map(|(server, crowd)| {
        let added = crowd.with.resident_mib() - crowd.before.resident_mib();
        vec![
            server.to_string(),
            quantity(crowd.before.resident_mib(), "MiB"),
            quantity(crowd.with.resident_mib(), "MiB"),
            quantity(added * 1024.0 / CLIENTS as f64, "KiB"),
            quantity(crowd.run.requests_per_second, ""),
            quantity(crowd.run.p99_ms, "ms"),
            crowd.still_open.to_string(),
        ]
    });
    let columns = [
        "Server",
        "Resident before",
        "Resident with idle clients",
        "Per idle client",
        "Tokens per second of an active client",
        "p99 of that client",
        "Still open afterwards",
    ];
    Table {
        title: format!("{CLIENTS} clients with idle connections"),
        columns: columns.map(str::to_owned).to_vec(),
        rows: rows.collect(),
    }
}

const CLIENTS: usize = 1000;
