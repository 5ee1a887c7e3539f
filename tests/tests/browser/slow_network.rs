//! After Stop on a slow or stalled network, every sample and every word still arrives.

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
async fn everything_arrives_over_an_uplink_of_20_kb_per_second() {
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
async fn everything_arrives_after_a_stall_of_eight_seconds() {
    let scene = Scene::open().await;
    scene.page.record().await;
    scene.page.wait_for_words("one").await;
    scene.network.set(Speed::Stalled);
    scene.page.click().await;
    scene.page.wait_for_state("finishing").await;
    let stalled = "performance.now() - window.watch.stoppedAt >= 8000";
    scene.page.browser.wait_within(PATIENCE, stalled).await;
    let offline = "document.getElementById('status').textContent.includes('network')";
    scene.page.browser.wait_within(PATIENCE, offline).await;
    scene.network.set(Speed::Free);
    scene.everything_arrives().await;
}

/// A page and a service behind one network, with occasional speech.
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
        let setting = Setting::new().exact().with_client(client.dir());
        let stage = setting.with_relay(&to_service.url).open().await;
        to_service.set_target(&stage.service_url);
        to_page.set_target(&stage.url);
        // At 20 kB/s, sending a pause of 6 s takes 10 s. That is twice the time after which silence
        // of the service counts as a failure on a good network. At Stop, 16 s of sending are left,
        // so more than half of a pause is among it.
        let sound = speech::go_forward()
            .part(0.4, 1.6)
            .then(&Sound::silence(16_000, 6.0));
        let browser = Browser::open(&Microphone::Repeats(sound)).await;
        let page = Page::load(browser, &format!("{}/", to_page.url)).await;
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
        let (received, captured) = (self.stage.recording(&log), tap::captured(&self.page).await);
        tap::assert_as_long(&received, &captured, "over this network");
        let turns = self.page.turns().await;
        let settled = |turn: &inturn_tests::page::Turn| turn.is_final && turn.remark.is_empty();
        assert!(turns.iter().all(settled), "{turns:?}");
        assert_eq!(turns.len(), log.turns as usize, "{turns:?}");
    }
}

/// Timeout: longer than sending 25 s of audio over the slow uplink.
const PATIENCE: Duration = Duration::from_secs(60);
