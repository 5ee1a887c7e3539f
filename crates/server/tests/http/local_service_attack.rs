//! Attacks on a public local service: one person's sockets leave room for another's, and pages of
//! other sites can't open a socket.

use std::{path::Path, time::Duration};

use futures_util::StreamExt;
use inturn_protocol::{ServerMessage, TokenReply};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{self, client::IntoClientRequest},
};

use crate::support::{OWN_PAGE, ServerProgram, built_page};

async fn program(page: &Path, flags: &[&str]) -> ServerProgram {
    let mut args = vec![
        "--client-dir",
        page.to_str().expect("UTF-8"),
        "--listen=127.0.0.1:0",
        "--local-service",
        "--recogniser=script",
        "--auth=proxy",
        "--trusted-proxy=127.0.0.1",
    ];
    args.extend(flags);
    ServerProgram::start(page, &args, &[]).await
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Opens a socket with a token of this person. `query` replaces a parameter of the socket's URL.
async fn open(
    program: &ServerProgram,
    person: &str,
    query: &str,
    headers: &[(&'static str, &str)],
) -> Result<Socket, tungstenite::Error> {
    let token = reqwest::Client::new()
        .get(format!("http://{}/token", program.address))
        .header(OWN_PAGE.0, OWN_PAGE.1)
        .header("x-forwarded-user", person);
    let reply = token.send().await.expect("a response").text().await;
    let reply = TokenReply::decode(&reply.expect("a body")).expect("a token");
    let url = reply.socket_url();
    let url = match query {
        "" => url,
        query => url.replace("inactivity_timeout=5", query),
    };
    let url = format!("ws://{}/{url}", program.address);
    let mut request = url.into_client_request().expect("a request");
    for (name, value) in headers {
        let value = value.parse().expect("a value");
        request.headers_mut().insert(*name, value);
    }
    connect_async(request).await.map(|(socket, _)| socket)
}

async fn message(socket: &mut Socket) -> ServerMessage {
    let next = timeout(TIMEOUT, socket.next())
        .await
        .expect("before the timeout");
    let text = next
        .expect("an open socket")
        .expect("a complete message")
        .into_text();
    ServerMessage::decode(&text.expect("UTF-8")).expect("a message")
}

#[tokio::test]
async fn twelve_silent_sockets_of_one_person_leave_room_for_another() {
    let page = built_page();
    let flags = [
        "--local-person-sessions=2",
        "--inactivity-timeout-seconds=5",
    ];
    let program = program(page.path(), &flags).await;
    let (mut begun, mut refused) = (Vec::new(), 0);
    for _ in 0..12 {
        // The client forges the parameter in the socket URL.
        let socket = open(&program, "eve", "inactivity_timeout=3600", &[]);
        let mut socket = socket.await.expect("a WebSocket connection");
        match message(&mut socket).await {
            ServerMessage::Begin(_) => begun.push(socket),
            ServerMessage::Error(error) => {
                assert!(error.error.contains("Too many"), "{}", error.error);
                refused += 1;
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((begun.len(), refused), (2, 10));
    let mut other = open(&program, "ann", "", &[])
        .await
        .expect("a WebSocket connection");
    let first = message(&mut other).await;
    assert!(matches!(first, ServerMessage::Begin(_)), "{first:?}");

    // The server's own inactivity limit ends the sockets; then the person may record again.
    for socket in &mut begun {
        match message(socket).await {
            ServerMessage::Error(error) => {
                assert!(error.error.contains("for 5 seconds"), "{}", error.error);
            }
            other => panic!("{other:?}"),
        }
    }
    let mut again = open(&program, "EVE", "", &[])
        .await
        .expect("a WebSocket connection");
    let first = message(&mut again).await;
    assert!(matches!(first, ServerMessage::Begin(_)), "{first:?}");
}

#[tokio::test]
async fn pages_of_other_sites_cannot_open_a_socket() {
    let page = built_page();
    let mut program = program(page.path(), &[]).await;
    let own = format!("http://{}", program.address);
    for (headers, opens) in [
        (&[][..], true),
        (&[("origin", own.as_str())], true),
        (&[("origin", &own), ("sec-fetch-site", "cross-site")], true),
        // A proxy may have changed `Host`.
        (
            &[
                ("origin", "https://scribe.example.org"),
                ("sec-fetch-site", "same-origin"),
            ],
            true,
        ),
        (&[("origin", "http://evil.example")], false),
        (&[("origin", "null")], false),
        (
            &[
                ("origin", "http://evil.example"),
                ("sec-fetch-site", "cross-site"),
            ],
            false,
        ),
    ] {
        let outcome = open(&program, "ann", "", headers).await;
        match outcome {
            Ok(_) => assert!(opens, "{headers:?}"),
            Err(tungstenite::Error::Http(response)) => {
                assert_eq!(
                    (response.status().as_u16(), opens),
                    (403, false),
                    "{headers:?}"
                );
            }
            Err(error) => panic!("{error}"),
        }
    }
    let refused = "a socket of the local service was refused";
    program.wait_for_log_times(refused, 3).await;
}

/// Far more than it takes, so that only a hang fails.
const TIMEOUT: Duration = Duration::from_secs(20);
