use futures_util::{SinkExt, StreamExt};
use inturn_service::Tls;
use reqwest::{Url, header::HeaderMap};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::mpsc::Receiver,
    task::JoinHandle,
};
use tokio_tungstenite::{accept_async, tungstenite::protocol::frame::coding::CloseCode};

use super::*;

type Service = WebSocketStream<TcpStream>;

/// A socket to a service, which is what the test makes of it.
struct Conversation {
    socket: Socket,
    received: Receiver<Received>,
    task: JoinHandle<()>,
}

impl Conversation {
    /// Opens a socket to a listener.
    async fn with(listener: &TcpListener) -> Self {
        let address = listener.local_addr().expect("an address");
        let request = SocketRequest {
            url: Url::parse(&format!("http://{address}/v3/ws?token=t")).ok(),
            headers: HeaderMap::new(),
            tls: Tls::default(),
        };
        let (inbox, received) = Inbox::new();
        let (socket, task) = Socket::open(ATTEMPT, request, inbox);
        Self {
            socket,
            received,
            task: tokio::spawn(task),
        }
    }

    /// Opens a socket, and returns the service's end too.
    async fn open() -> (Self, Service) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let mut conversation = Self::with(&listener).await;
        let (stream, _) = listener.accept().await.expect("a connection");
        let service = accept_async(stream).await.expect("a handshake");
        assert!(matches!(
            conversation.next().await,
            Received::Opened(ATTEMPT)
        ));
        conversation.socket.set_open();
        (conversation, service)
    }

    async fn next(&mut self) -> Received {
        self.received.recv().await.expect("a report")
    }

    /// Returns the code and the reason of the close, which comes next.
    async fn closed(&mut self) -> (u16, String) {
        match self.next().await {
            Received::Closed { code, reason, .. } => (code, reason),
            Received::Text { text, .. } => panic!("{text}"),
            _ => panic!("another report"),
        }
    }

    async fn text(&mut self) -> String {
        match self.next().await {
            Received::Text { text, .. } => text.to_string(),
            _ => panic!("another report"),
        }
    }
}

#[tokio::test]
async fn frames_are_sent_in_order_and_before_the_close() {
    let (conversation, mut service) = Conversation::open().await;
    conversation.socket.send_binary(Arc::from([1, 2]));
    conversation.socket.send_text("Terminate".to_owned());
    conversation.socket.send_binary(Arc::from([3]));
    drop(conversation.socket);
    let mut next = async || service.next().await.expect("a message").expect("no error");
    assert_eq!(next().await, Message::binary(vec![1, 2]));
    assert_eq!(next().await, Message::text("Terminate"));
    assert_eq!(next().await, Message::binary(vec![3]));
    assert_eq!(next().await, Message::Close(None));
}

/// The peer reads a part, says so, and reads the rest after an answer.
#[tokio::test]
async fn bytes_count_as_unsent_until_the_system_has_them() {
    const FRAME: usize = 1024 * 1024;
    const FRAMES: u64 = 64;
    let (mut conversation, mut service) = Conversation::open().await;
    let socket = &conversation.socket;
    assert_eq!(socket.unsent(), 0);
    for _ in 0..FRAMES {
        socket.send_binary(vec![0; FRAME].into());
    }
    assert_eq!(socket.unsent(), FRAMES * FRAME as u64);
    let (go_on, mut may_go_on) = mpsc::channel::<()>(1);
    let reading = tokio::spawn(async move {
        for _ in 0..8 {
            service.next().await.expect("a frame").expect("no error");
        }
        service
            .send(Message::text("part"))
            .await
            .expect("it is sent");
        may_go_on.recv().await;
        for _ in 8..FRAMES {
            service.next().await.expect("a frame").expect("no error");
        }
        service
            .send(Message::text("all"))
            .await
            .expect("it is sent");
        service
    });
    assert_eq!(conversation.text().await, "part");
    let unsent = conversation.socket.unsent();
    assert!(
        unsent > 0 && unsent <= (FRAMES - 8) * FRAME as u64,
        "{unsent}"
    );
    go_on.send(()).await.expect("the peer waits");
    assert_eq!(conversation.text().await, "all");
    assert_eq!(conversation.socket.unsent(), 0);
    reading.await.expect("no panic");
}

#[tokio::test]
async fn the_services_close_is_reported_with_its_code_and_reason() {
    for (sent, reported) in [
        (Some((3005, "Broken")), (3005, "Broken")),
        (Some((1000, "")), (1000, "")),
        (None, (1005, "")),
    ] {
        let (mut conversation, mut service) = Conversation::open().await;
        let frame = sent.map(|(code, reason)| CloseFrame {
            code: CloseCode::from(code),
            reason: reason.into(),
        });
        service
            .send(Message::text("last words"))
            .await
            .expect("it is sent");
        service.close(frame).await.expect("it is sent");
        assert_eq!(conversation.text().await, "last words");
        let (code, reason) = conversation.closed().await;
        assert_eq!((code, reason.as_str()), reported);
        // The answer to the close, and then the end of the connection.
        while let Some(Ok(message)) = service.next().await {
            assert!(message.is_close(), "{message:?}");
        }
    }
}

#[tokio::test]
async fn a_lost_connection_is_reported_as_1006() {
    let (mut conversation, service) = Conversation::open().await;
    drop(service);
    assert_eq!(conversation.closed().await, (1006, String::new()));
}

#[tokio::test]
async fn pings_are_answered_and_binary_messages_ignored() {
    let (mut conversation, mut service) = Conversation::open().await;
    service
        .send(Message::binary(vec![1]))
        .await
        .expect("it is sent");
    service
        .send(Message::Ping(Bytes::from_static(b"x")))
        .await
        .expect("it is sent");
    let answer = service.next().await.expect("an answer").expect("no error");
    assert_eq!(answer, Message::Pong(Bytes::from_static(b"x")));
    service
        .send(Message::text("done"))
        .await
        .expect("it is sent");
    assert_eq!(conversation.text().await, "done");
}

#[tokio::test]
async fn an_answer_that_is_no_websocket_is_reported_as_1006() {
    let accepted = "HTTP/1.1 101 x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n";
    for answer in [
        "HTTP/1.1 503 x\r\nContent-Length: 0\r\n\r\n".to_owned(),
        "HTTP/1.1 302 x\r\nLocation: /sign-in\r\nContent-Length: 0\r\n\r\n".to_owned(),
        "HTTP/1.1 200 x\r\nContent-Length: 2\r\n\r\nok".to_owned(),
        format!("{accepted}\r\n"),
        format!("{accepted}Sec-WebSocket-Accept: wrong\r\n\r\n"),
        String::new(),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let mut conversation = Conversation::with(&listener).await;
        let (mut stream, _) = listener.accept().await.expect("a connection");
        let mut request = [0; 4096];
        let length = stream.read(&mut request).await.expect("a request");
        let request = String::from_utf8_lossy(&request[..length]).to_ascii_lowercase();
        assert!(request.starts_with("get /v3/ws?token=t "), "{request}");
        assert!(
            request.contains("\r\nsec-websocket-version: 13\r\n"),
            "{request}"
        );
        stream
            .write_all(answer.as_bytes())
            .await
            .expect("it is sent");
        drop(stream);
        assert_eq!(conversation.closed().await.0, 1006, "{answer}");
    }
}

#[tokio::test]
async fn a_socket_that_is_dropped_before_it_is_open_is_never_opened() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let conversation = Conversation::with(&listener).await;
    let (mut stream, _) = listener.accept().await.expect("a connection");
    drop(conversation.socket);
    // The request, at most, and then the end.
    let mut request = Vec::new();
    let _ = stream.read_to_end(&mut request).await;
    conversation.task.await.expect("no panic");
}

#[tokio::test]
async fn what_is_sent_before_the_socket_is_open_is_dropped() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let conversation = Conversation::with(&listener).await;
    conversation.socket.send_text("too early".to_owned());
    assert_eq!(conversation.socket.unsent(), 0);
}

const ATTEMPT: Attempt = Attempt(7);
