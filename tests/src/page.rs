//! The page as a person uses it, by its stable hooks.

use std::time::{Duration, Instant};

use serde::Deserialize;
use thirtyfour::By;

use crate::browser::{Browser, PATIENCE};

/// The page in a browser.
pub struct Page {
    /// The browser.
    pub browser: Browser,
}

/// A turn as it is shown.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Turn {
    /// `data-session`
    pub session: u32,
    /// `data-turn`
    pub turn: u32,
    /// Whether `data-final` says so.
    #[serde(rename = "final")]
    pub is_final: bool,
    /// Its words.
    pub text: String,
    /// What is said beside it.
    pub remark: String,
}

/// A problem as it is shown.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Problem {
    /// `data-kind`
    pub kind: String,
    /// What a person reads.
    pub sentence: String,
}

impl Page {
    /// Loads the page and waits until it is ready for the first click.
    ///
    /// # Panics
    ///
    /// When it isn't in time.
    pub async fn load(browser: Browser, url: &str) -> Self {
        browser.go_to(url).await;
        let page = Self { browser };
        page.browser.wait_for(READY).await;
        page
    }

    /// Clicks the button, as a mouse does.
    ///
    /// # Panics
    ///
    /// When the button can't be clicked.
    pub async fn click(&self) {
        let button = self
            .browser
            .driver
            .find(By::Id("record"))
            .await
            .expect("there is the button");
        button.click().await.expect("the button can be clicked");
    }

    /// Presses Record and waits until the service listens.
    ///
    /// # Panics
    ///
    /// When it doesn't in time.
    pub async fn record(&self) {
        self.browser
            .value::<()>("void (window.watch.openedAt = null)")
            .await;
        self.click().await;
        self.wait_for_state("listening").await;
    }

    /// Presses the button as a program does, which also works in a hidden tab.
    pub async fn press(&self) {
        self.browser
            .value::<()>("document.getElementById('record').click()")
            .await;
    }

    /// Presses Stop and waits until all is over.
    ///
    /// # Panics
    ///
    /// When it isn't in time.
    pub async fn stop(&self) {
        self.click().await;
        self.wait_for_state("idle").await;
    }

    /// Reloads by the link beside a problem, and waits until the page is ready again.
    ///
    /// # Panics
    ///
    /// When there is no such link, or the page isn't ready in time.
    pub async fn reload(&self) {
        let driver = &self.browser.driver;
        let link = driver.find(By::Css("#problem a[href='']")).await;
        let link = link.expect("there is a link");
        assert_eq!(link.text().await.expect("it has a text"), "Reload");
        link.click().await.expect("it can be clicked");
        // No script may wait for that: it would end with the page that it runs in. WebKit's driver
        // even looks for elements by one.
        let deadline = Instant::now() + PATIENCE;
        while let Err(error) = driver.find(By::Css(RELOADED)).await {
            assert!(Instant::now() < deadline, "the page is not ready: {error}");
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// Waits for a state of the recording.
    ///
    /// # Panics
    ///
    /// When it doesn't come in time.
    pub async fn wait_for_state(&self, state: &str) {
        let condition = format!("document.getElementById('status').dataset.state === '{state}'");
        self.browser.wait_for(&condition).await;
    }

    /// The state of the recording.
    pub async fn state(&self) -> String {
        self.browser
            .value("document.getElementById('status').dataset.state")
            .await
    }

    /// Waits until the transcript holds these words, whatever their case and punctuation.
    ///
    /// # Panics
    ///
    /// When it doesn't in time.
    pub async fn wait_for_words(&self, words: &str) {
        let condition = format!("({WORDS_SHOWN}).includes({words:?})");
        self.browser.wait_for(&condition).await;
    }

    /// Waits until the microphone has been on for so long, by the page's own clock.
    ///
    /// # Panics
    ///
    /// When nothing was recorded.
    pub async fn wait_until_recorded(&self, time: Duration) {
        let condition = format!(
            "window.watch.openedAt !== null && performance.now() - window.watch.openedAt >= {}",
            time.as_millis()
        );
        self.browser.wait_within(time + PATIENCE, &condition).await;
    }

    /// The turns, in the order in which they stand.
    pub async fn turns(&self) -> Vec<Turn> {
        self.browser.value(TURNS).await
    }

    /// All words of the transcript.
    pub async fn text(&self) -> String {
        let turns = self.turns().await;
        turns
            .iter()
            .map(|turn| turn.text.as_str())
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// The problem that is shown, if one is.
    pub async fn problem(&self) -> Option<Problem> {
        self.browser.value(PROBLEM).await
    }

    /// Waits until a problem is shown, and gives it.
    ///
    /// # Panics
    ///
    /// When none comes in time.
    pub async fn wait_for_problem(&self) -> Problem {
        let problem = self.browser.wait_for(PROBLEM).await;
        serde_json::from_value(problem).expect("the script makes one")
    }

    /// Whether any track of the microphone is live.
    pub async fn microphone_is_on(&self) -> bool {
        self.browser.value("window.watch.microphoneIsOn()").await
    }
}

const READY: &str = "document.getElementById('status')?.dataset.state === 'idle' \
                     && !document.getElementById('record').disabled";

/// The page before had a problem.
const RELOADED: &str = "footer:not(:has(#problem:not([hidden]))) #status[data-state='idle']";

const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Behind the sentence there may be a way to the sign-in.
const PROBLEM: &str = "((problem) => problem && !problem.hidden && problem.textContent.trim() \
                       ? { kind: problem.dataset.kind ?? '', sentence: problem.firstChild.textContent.trim() } \
                       : null)(document.getElementById('problem'))";

const TURNS: &str = "[...document.querySelectorAll('#transcript [data-turn]')].map((turn) => ({
    session: Number(turn.dataset.session),
    turn: Number(turn.dataset.turn),
    final: turn.dataset.final === 'true',
    text: ['.firm', '.tentative'].map((part) => turn.querySelector(part)?.textContent ?? '').join('').trim(),
    remark: turn.querySelector('.remark')?.textContent.trim() ?? '',
}))";

const WORDS_SHOWN: &str = "[...document.querySelectorAll('#transcript .text')]
    .map((text) => text.textContent).join(' ').toLowerCase().replace(/[^a-z' ]/g, '').replace(/ +/g, ' ')";
