//! The local service where others can reach it: one person's sockets leave room for another's, and no other
//! site's page opens one.

use std::{path::Path, time::Duration};

use futures_util::StreamExt;
use inturn_protocol::{ServerMessage, TokenReply};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{self, client::IntoClientRequest},
};

use crate::support::{OWN_PAGE, Program, built_page};

async fn program(page: &Path, flags: &[&str]) -> Program {
    let mut args = vec![
        "--client-dir",
        page.to_str().expect("text"),
        "--listen=127.0.0.1:0",
        "--local-service",
        "--recogniser=script",
        "--auth=proxy",
        "--trusted-proxy=127.0.0.1",
    ];
    args.extend(flags);
    Program::listening(page, &args, &[]).await
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Opens a socket with a token of this person's; `query` is added to the address that came with the token.
async fn open(
    program: &Program,
    person: &str,
    query: &str,
    headers: &[(&'static str, &str)],
) -> Result<Socket, tungstenite::Error> {
    let token = reqwest::Client::new()
        .get(format!("http://{}/token", program.address))
        .header(OWN_PAGE.0, OWN_PAGE.1)
        .header("x-forwarded-user", person);
    let reply = token.send().await.expect("answers").text().await;
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
    let next = timeout(PATIENCE, socket.next()).await.expect("in time");
    let text = next.expect("open").expect("whole").into_text();
    ServerMessage::decode(&text.expect("text")).expect("a message")
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
        // She writes her own address.
        let socket = open(&program, "eve", "inactivity_timeout=3600", &[]);
        let mut socket = socket.await.expect("opens");
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
    let mut other = open(&program, "ann", "", &[]).await.expect("opens");
    let first = message(&mut other).await;
    assert!(matches!(first, ServerMessage::Begin(_)), "{first:?}");

    // Silence ends them at the server's own limit, and then she may record again.
    for socket in &mut begun {
        match message(socket).await {
            ServerMessage::Error(error) => {
                assert!(error.error.contains("for 5 seconds"), "{}", error.error);
            }
            other => panic!("{other:?}"),
        }
    }
    let mut again = open(&program, "EVE", "", &[]).await.expect("opens");
    let first = message(&mut again).await;
    assert!(matches!(first, ServerMessage::Begin(_)), "{first:?}");
}

#[tokio::test]
async fn no_page_of_another_site_opens_a_socket() {
    let page = built_page();
    let mut program = program(page.path(), &[]).await;
    let own = format!("http://{}", program.address);
    for (headers, opens) in [
        (&[][..], true),
        (&[("origin", own.as_str())], true),
        (&[("origin", &own), ("sec-fetch-site", "cross-site")], true),
        // A proxy may change `Host`.
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
            Err(tungstenite::Error::Http(answer)) => {
                assert_eq!(
                    (answer.status().as_u16(), opens),
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
const PATIENCE: Duration = Duration::from_secs(20);
