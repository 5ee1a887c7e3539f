//! What a program has printed.

use std::{io::Write, time::Duration};

use inturn_testkit::{OutputFile, OutputSource};
use tokio::{
    io::{AsyncRead, AsyncReadExt},
    sync::watch,
    time::timeout,
};

/// The output of a program, read as it comes. It is kept for the search for secrets too.
pub(crate) struct Output(watch::Receiver<Vec<u8>>);

impl Output {
    pub(crate) fn read(mut pipe: impl AsyncRead + Unpin + Send + 'static) -> Self {
        let (sender, receiver) = watch::channel(Vec::new());
        tokio::spawn(async move {
            let mut kept = Kept::new();
            let mut buffer = [0; 4_096];
            while let Ok(count @ 1..) = pipe.read(&mut buffer).await {
                kept.add(&buffer[..count]);
                sender.send_modify(|all| all.extend_from_slice(&buffer[..count]));
            }
        });
        Self(receiver)
    }

    /// Waits until a text is printed.
    pub(crate) async fn wait_for(&mut self, text: &str) {
        let is_there = |all: &Vec<u8>| String::from_utf8_lossy(all).contains(text);
        let printed = timeout(DEADLINE, self.0.wait_for(is_there)).await;
        let is_printed = printed.is_ok_and(|it| it.is_ok());
        assert!(is_printed, "{text:?} is not printed: {}", self.text());
    }

    /// Waits for the end, and returns all of it.
    pub(crate) async fn end(mut self) -> String {
        // Fails when the reader is gone, which is the end.
        let _ = timeout(DEADLINE, self.0.wait_for(|_| false)).await;
        self.text()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.borrow().clone()).expect("UTF-8")
    }
}

/// A copy for the search for secrets, if it is wanted.
pub(crate) struct Kept(Option<std::fs::File>);

impl Kept {
    pub(crate) fn new() -> Self {
        let file = OutputFile::create_if_kept(OutputSource::Listen);
        Self(file.map(|(_, file)| file))
    }

    pub(crate) fn add(&mut self, bytes: &[u8]) {
        if let Some(file) = &mut self.0 {
            file.write_all(bytes).expect("the file can be written to");
        }
    }
}

/// Not an expectation: a limit for broken programs.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);
