//! The steps with a small package of its own hash, from files and over HTTP.

use ring::digest::{SHA256, digest};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use super::*;
use crate::test_zip::test_zip;

struct Trial {
    root: TempDir,
    wheel: Vec<u8>,
    wheels: [Wheel; 1],
    steps: Vec<Step>,
}

impl Trial {
    fn new() -> Self {
        Self::with(&[("moonshine_voice/libmoonshine.so", "the library")])
    }

    fn with(entries: &[(&str, &str)]) -> Self {
        let wheel = test_zip(entries);
        let hex = digest(&SHA256, &wheel);
        let hex: String = hex.as_ref().iter().map(|it| format!("{it:02x}")).collect();
        Self {
            root: tempfile::tempdir().expect("a folder"),
            wheel,
            wheels: [Wheel {
                file: "moonshine_voice-1.whl",
                sha256: hex.leak(),
                system: System::LinuxX86,
            }],
            steps: Vec::new(),
        }
    }

    fn place(&self) -> PathBuf {
        self.root.path().join("data/inturn/moonshine")
    }

    fn is_installed(&self) -> bool {
        self.place()
            .join("moonshine_voice/libmoonshine.so")
            .is_file()
    }

    async fn fetch(&mut self, source: &Source) -> Result<u64, FetchError> {
        self.steps.clear();
        let place = self.place();
        let steps = &mut self.steps;
        fetch_one_of(&self.wheels, &place, source, &mut |step| steps.push(step)).await
    }

    async fn fetch_file(&mut self, bytes: &[u8]) -> Result<u64, FetchError> {
        let file = self.root.path().join("given.whl");
        fs::write(&file, bytes).expect("a file");
        self.fetch(&Source::File(file)).await
    }

    async fn fetch_url(&mut self, response: Vec<u8>) -> Result<u64, FetchError> {
        let (url, server) = serve(response).await;
        let result = self.fetch(&url).await;
        server.abort();
        result
    }
}

/// Serves these bytes to each connection, and closes it.
async fn serve(response: Vec<u8>) -> (Source, tokio::task::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let server = tokio::spawn(async move {
        loop {
            let (mut socket, _) = listener.accept().await.expect("a connection");
            let mut head = [0; 4_096];
            let _ = socket.read(&mut head).await.expect("a request");
            socket.write_all(&response).await.expect("the response");
        }
    });
    let url = format!("http://ann:pass-marker@127.0.0.1:{port}/a.whl?token=query-marker");
    let url = Source::read(Some(url.as_ref())).expect("a URL");
    (url, server)
}

fn response(status: &str, length: usize, body: &[u8]) -> Vec<u8> {
    let head =
        format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
    [head.as_bytes(), body].concat()
}

#[tokio::test]
async fn a_file_is_checked_and_unpacked() {
    let mut trial = Trial::new();
    let wheel = trial.wheel.clone();
    assert_eq!(trial.fetch_file(&wheel).await.expect("the right file"), 11);
    assert!(trial.is_installed());
    let bytes = wheel.len() as u64;
    assert_eq!(trial.steps[0], Step::Check { bytes });
    assert!(matches!(&trial.steps[1], Step::Unpack { folder } if folder.ends_with("moonshine")));
    assert!(!trial.place().with_extension("fetching").exists());
}

#[tokio::test]
async fn a_wrong_or_truncated_file_is_refused_before_anything_is_unpacked() {
    let mut trial = Trial::new();
    let mut wrong = trial.wheel.clone();
    let place = wrong.windows(7).position(|it| it == b"library");
    wrong[place.expect("its text")] ^= 1;
    let truncated = trial.wheel[..trial.wheel.len() - 1].to_owned();
    for bytes in [wrong, truncated, Vec::new()] {
        let error = trial.fetch_file(&bytes).await.expect_err("it is refused");
        let text = error.to_string();
        assert!(matches!(error, FetchError::Checksum { .. }), "{text}");
        assert!(text.contains(trial.wheels[0].sha256), "{text}");
        assert_eq!(trial.steps.len(), 1, "{:?}", trial.steps);
        assert!(!trial.is_installed());
    }
}

#[tokio::test]
async fn a_path_that_escapes_is_refused_even_with_the_right_hash() {
    let mut trial = Trial::with(&[("moonshine_voice/a", "1"), ("../../../escaped", "2")]);
    let wheel = trial.wheel.clone();
    let error = trial.fetch_file(&wheel).await.expect_err("it is refused");
    assert!(error.to_string().contains("leads out"), "{error}");
    assert!(!trial.place().exists());
    assert!(!trial.root.path().join("escaped").exists());
}

#[tokio::test]
async fn an_address_is_downloaded() {
    let mut trial = Trial::new();
    let wheel = trial.wheel.clone();
    let size = wheel.len() as u64;
    let all = response("200 OK", wheel.len(), &wheel);
    trial.fetch_url(all).await.expect("it is served");
    assert!(trial.is_installed());
    let last = trial.steps.iter().rev().nth(2).expect("a step");
    let total = Some(size);
    assert_eq!(
        *last,
        Step::Received {
            received: size,
            total
        }
    );
    let [Step::Download { host }, ..] = &trial.steps[..] else {
        panic!("{:?}", trial.steps);
    };
    assert!(host.starts_with("127.0.0.1:") && !host.contains("marker"));
}

#[tokio::test]
async fn a_failed_download_is_one_sentence_without_credentials() {
    let mut trial = Trial::new();
    let wheel = trial.wheel.clone();
    let half = &wheel[..wheel.len() / 2];
    for (sent, part) in [
        (response("404 Not Found", 0, b""), "status 404"),
        (response("200 OK", wheel.len(), half), "failed"),
        (response("200 OK", 1 << 40, b""), "more than 128 MB"),
        (response("200 OK", half.len(), half), "SHA-256"),
        (Vec::new(), "failed"),
    ] {
        let error = trial.fetch_url(sent).await.expect_err("it is refused");
        let text = error.to_string();
        assert!(text.contains(part), "{text}");
        assert!(!text.contains("marker"), "{text}");
        assert!(text.ends_with('.') && !text.contains('\n'), "{text}");
        assert!(!trial.is_installed());
    }
    let (url, server) = serve(Vec::new()).await;
    server.abort();
    let _ = server.await;
    let error = trial.fetch(&url).await.expect_err("nothing listens");
    assert!(matches!(error, FetchError::Network { .. }), "{error}");
    assert!(!error.to_string().contains("marker"), "{error}");
}

#[tokio::test]
async fn a_complete_download_of_an_interrupted_run_is_used() {
    let mut trial = Trial::new();
    let download = trial.place().with_extension("fetching").join("download");
    fs::create_dir_all(&download).expect("a folder");
    fs::write(download.join("a.whl"), &trial.wheel).expect("a file");
    // The server has nothing.
    let none = response("404 Not Found", 0, b"");
    trial.fetch_url(none).await.expect("it is there");
    assert_eq!(trial.steps[0], Step::Kept);
    assert!(trial.is_installed());
}

#[tokio::test]
async fn an_incomplete_download_is_repeated() {
    let mut trial = Trial::new();
    let download = trial.place().with_extension("fetching").join("download");
    fs::create_dir_all(&download).expect("a folder");
    let wheel = trial.wheel.clone();
    fs::write(download.join("a.whl"), &wheel[..wheel.len() / 2]).expect("a file");
    let all = response("200 OK", wheel.len(), &wheel);
    trial.fetch_url(all).await.expect("it is served");
    assert!(trial.is_installed());
}

#[tokio::test]
#[cfg(unix)]
async fn a_folder_that_can_not_be_written_is_named() {
    let mut trial = Trial::new();
    let file = trial.root.path().join("data");
    fs::write(file, "a file in the place of a folder").expect("a file");
    let wheel = trial.wheel.clone();
    let error = trial.fetch_file(&wheel).await.expect_err("no folder");
    assert!(matches!(error, FetchError::NoFolder(_)), "{error:?}");
    assert!(error.to_string().contains("moonshine"), "{error}");
}
