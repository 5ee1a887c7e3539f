//! The page, used through stable ids and data attributes.

use std::time::{Duration, Instant};

use serde::Deserialize;
use thirtyfour::By;

use crate::browser::{Browser, PATIENCE};

/// The page in a browser.
pub struct Page {
    /// The browser.
    pub browser: Browser,
}

/// A turn shown on the page.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Turn {
    /// The value of `data-session`.
    pub session: u32,
    /// The value of `data-turn`.
    pub turn: u32,
    /// Whether `data-final` is `true`.
    #[serde(rename = "final")]
    pub is_final: bool,
    /// The words.
    pub text: String,
    /// The remark next to it.
    pub remark: String,
}

/// A problem shown on the page.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Problem {
    /// The value of `data-kind`.
    pub kind: String,
    /// The sentence for people.
    pub sentence: String,
}

impl Page {
    /// Loads the page and waits until it is ready for the first click.
    ///
    /// # Panics
    ///
    /// On timeout.
    pub async fn load(browser: Browser, url: &str) -> Self {
        browser.go_to(url).await;
        let page = Self { browser };
        page.browser.wait_for(READY).await;
        page
    }

    /// Clicks the button with the mouse.
    ///
    /// # Panics
    ///
    /// If the button can't be clicked.
    pub async fn click(&self) {
        self.click_on("#record").await;
    }

    /// Presses Pause and waits until the microphone is off.
    ///
    /// # Panics
    ///
    /// On timeout, or if the button can't be clicked.
    pub async fn pause(&self) {
        self.click_on("#pause").await;
        self.wait_for_state("paused").await;
    }

    /// Presses Resume and waits until the service listens.
    ///
    /// # Panics
    ///
    /// On timeout, or if the button can't be clicked.
    pub async fn resume(&self) {
        self.click_on("#pause").await;
        self.wait_for_state("listening").await;
    }

    /// Clicks an element with the mouse.
    ///
    /// # Panics
    ///
    /// If it can't be clicked.
    pub async fn click_on(&self, selector: &str) {
        let element = self.browser.driver.find(By::Css(selector)).await;
        let element = element.unwrap_or_else(|error| panic!("{selector}: {error}"));
        element.click().await.expect("the element can be clicked");
    }

    /// Presses Record and waits until the service listens.
    ///
    /// # Panics
    ///
    /// On timeout.
    pub async fn record(&self) {
        self.browser
            .value::<()>("void (window.watch.openedAt = null)")
            .await;
        self.click().await;
        self.wait_for_state("listening").await;
    }

    /// Clicks the button by script, which also works in a hidden tab.
    pub async fn press(&self) {
        self.browser
            .value::<()>("document.getElementById('record').click()")
            .await;
    }

    /// Presses Stop and waits until the recording has ended.
    ///
    /// # Panics
    ///
    /// On timeout.
    pub async fn stop(&self) {
        self.click().await;
        self.wait_for_state("idle").await;
    }

    /// Reloads with the link in a problem, and waits until the page is ready again.
    ///
    /// # Panics
    ///
    /// If there is no such link, or on timeout.
    pub async fn reload(&self) {
        let driver = &self.browser.driver;
        let link = driver.find(By::Css("#problem a[href='']")).await;
        let link = link.expect("the problem has a link");
        assert_eq!(link.text().await.expect("the link has a text"), "Reload");
        link.click().await.expect("the link can be clicked");
        self.wait_until_reloaded().await;
    }

    /// Waits until a page that showed a problem has been loaded again and is ready.
    ///
    /// # Panics
    ///
    /// On timeout.
    pub async fn wait_until_reloaded(&self) {
        self.wait_for_element(RELOADED).await;
    }

    /// Waits until there is an element with this selector, also if the page is loaded meanwhile.
    ///
    /// # Panics
    ///
    /// On timeout.
    pub async fn wait_for_element(&self, selector: &str) {
        let driver = &self.browser.driver;
        // A script can't wait for that, since it ends with its page. WebKit's driver even finds
        // elements by a script.
        let deadline = Instant::now() + PATIENCE;
        while let Err(error) = driver.find(By::Css(selector)).await {
            assert!(Instant::now() < deadline, "the page is not ready: {error}");
            tokio::time::sleep(RETRY_INTERVAL).await;
        }
    }

    /// Waits for a state of the recording.
    ///
    /// # Panics
    ///
    /// On timeout.
    pub async fn wait_for_state(&self, state: &str) {
        // For a moment, a page that was just opened may have no element yet.
        let condition = format!("document.getElementById('status')?.dataset.state === '{state}'");
        self.browser.wait_for(&condition).await;
    }

    /// Returns the state of the recording.
    pub async fn state(&self) -> String {
        self.browser
            .value("document.getElementById('status').dataset.state")
            .await
    }

    /// Waits until the transcript contains these words, ignoring case and punctuation.
    ///
    /// # Panics
    ///
    /// On timeout.
    pub async fn wait_for_words(&self, words: &str) {
        self.wait_for_words_within(PATIENCE, words).await;
    }

    /// Like [`Self::wait_for_words`], with another timeout.
    ///
    /// # Panics
    ///
    /// On timeout.
    pub async fn wait_for_words_within(&self, limit: Duration, words: &str) {
        let condition = format!("({WORDS_SHOWN}).includes({words:?})");
        self.browser.wait_within(limit, &condition).await;
    }

    /// Waits until the microphone has been on for this time, by the page's clock.
    ///
    /// # Panics
    ///
    /// On timeout, for example if nothing is recorded.
    pub async fn wait_until_recorded(&self, time: Duration) {
        let condition = format!(
            "window.watch.openedAt !== null && performance.now() - window.watch.openedAt >= {}",
            time.as_millis()
        );
        self.browser.wait_within(time + PATIENCE, &condition).await;
    }

    /// Returns the turns, in the order on the page.
    pub async fn turns(&self) -> Vec<Turn> {
        self.browser.value(TURNS).await
    }

    /// Returns all words of the transcript.
    pub async fn text(&self) -> String {
        let turns = self.turns().await;
        turns
            .iter()
            .map(|turn| turn.text.as_str())
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// Returns the text of each row of the transcript. A gap has a remark in parentheses.
    pub async fn rows(&self) -> Vec<String> {
        self.browser.value(ROWS).await
    }

    /// Returns the problem, if one is shown.
    pub async fn problem(&self) -> Option<Problem> {
        self.browser.value(PROBLEM).await
    }

    /// Waits until a problem is shown, and returns it.
    ///
    /// # Panics
    ///
    /// On timeout.
    pub async fn wait_for_problem(&self) -> Problem {
        let problem = self.browser.wait_for(PROBLEM).await;
        serde_json::from_value(problem).expect("the script returns a problem")
    }

    /// Returns whether any track of the microphone is live.
    pub async fn microphone_is_on(&self) -> bool {
        self.browser.value("window.watch.microphoneIsOn()").await
    }
}

const READY: &str = "document.getElementById('status')?.dataset.state === 'idle' \
                     && !document.getElementById('record').disabled";

/// Matches only after a reload, since the page had a problem before.
const RELOADED: &str = "footer:not(:has(#problem:not([hidden]))) #status[data-state='idle']";

const RETRY_INTERVAL: Duration = Duration::from_millis(50);

/// Only the first child is the sentence. A link to the sign-in may follow.
const PROBLEM: &str = "((problem) => problem && !problem.hidden && problem.textContent.trim()
    ? {
        kind: problem.dataset.kind ?? '',
        sentence: problem.firstChild.textContent.trim(),
    }
    : null)(document.getElementById('problem'))";

const TURNS: &str = "[...document.querySelectorAll('#transcript [data-turn]')].map((turn) => ({
    session: Number(turn.dataset.session),
    turn: Number(turn.dataset.turn),
    final: turn.dataset.final === 'true',
    text: ['.firm', '.tentative']
        .map((part) => turn.querySelector(part)?.textContent ?? '').join('').trim(),
    remark: turn.querySelector('.remark')?.textContent.trim() ?? '',
}))";

const ROWS: &str = "[...document.querySelectorAll('#transcript .text')]
    .map((text) => text.textContent.trim())";

const WORDS_SHOWN: &str = "[...document.querySelectorAll('#transcript .text')]
    .map((text) => text.textContent).join(' ').toLowerCase()
    .replace(/[^a-z0-9' ]/g, '').replace(/ +/g, ' ')";
