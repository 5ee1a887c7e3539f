//! After Stop on a network that is slow or still: every sample and every word arrives all the same.

use std::time::Duration;

use inturn_tests::{
    browser::{Browser, Microphone},
    network::{Network, Relay, Speed},
    page::Page,
    sound::Sound,
    speech,
    stage::{Setting, Stage},
    tap::{self, TappedClient},
};

#[tokio::test(flavor = "multi_thread")]
async fn all_that_was_said_arrives_by_an_uplink_of_20_kb_a_second() {
    let scene = Scene::open().await;
    scene.page.record().await;
    scene.page.wait_for_words("one").await;
    scene.network.set(Speed::Slow(20_000));
    scene
        .page
        .wait_until_recorded(Duration::from_secs(25))
        .await;
    scene.page.click().await;
    scene.page.wait_for_state("finishing").await;
    scene.everything_arrives().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_that_was_said_arrives_after_the_network_stood_still_for_eight_seconds() {
    let scene = Scene::open().await;
    scene.page.record().await;
    scene.page.wait_for_words("one").await;
    scene.network.set(Speed::Still);
    scene.page.click().await;
    scene.page.wait_for_state("finishing").await;
    let still = "performance.now() - window.watch.stoppedAt >= 8000";
    scene.page.browser.wait_within(PATIENCE, still).await;
    let offline = "document.getElementById('status').textContent.includes('network')";
    scene.page.browser.wait_within(PATIENCE, offline).await;
    scene.network.set(Speed::Free);
    scene.everything_arrives().await;
}

/// A page and a service behind one network, and somebody who says a word now and then.
struct Scene {
    network: Network,
    stage: Stage,
    page: Page,
    _client: TappedClient,
    _relays: [Relay; 2],
}

impl Scene {
    async fn open() -> Self {
        let network = Network::new();
        let (to_page, to_service) = (network.relay(), network.relay());
        let client = TappedClient::copy();
        let setting = Setting::new().with_client(client.dir());
        let stage = setting.behind(&to_service.url).open().await;
        to_service.lead_to(&stage.service_url);
        to_page.lead_to(&stage.url);
        // At 20 kB/s a pause of 6 s takes 10 s to send, twice as long as a service may be silent on a
        // good network; 16 s of sending are left at Stop, so more than half a pause lies behind it.
        let sound = speech::go_forward()
            .part(0.4, 1.6)
            .then(&Sound::silence(16_000, 6.0));
        let browser = Browser::open(&Microphone::Repeats(sound)).await;
        let page = Page::load(browser, &format!("{}/", to_page.url)).await;
        tap::set(&page).await;
        Self {
            network,
            stage,
            page,
            _client: client,
            _relays: [to_page, to_service],
        }
    }

    async fn everything_arrives(&self) {
        let idle = "document.getElementById('status').dataset.state === 'idle'";
        self.page.browser.wait_within(PATIENCE, idle).await;
        assert_eq!(self.page.problem().await, None);
        let log = self.stage.closed_session(1).await;
        assert!(log.terminated, "{log:?}");
        let (heard, captured) = (self.stage.recording(&log), tap::drawn(&self.page).await);
        tap::assert_as_long(&heard, &captured, "by this network");
        let turns = self.page.turns().await;
        let settled = |turn: &inturn_tests::page::Turn| turn.is_final && turn.remark.is_empty();
        assert!(turns.iter().all(settled), "{turns:?}");
        assert_eq!(turns.len(), log.turns as usize, "{turns:?}");
    }
}

/// Longer than anything here takes: 25 s of audio by the slow uplink.
const PATIENCE: Duration = Duration::from_secs(60);
