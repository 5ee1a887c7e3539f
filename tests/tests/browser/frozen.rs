//! A network that passes nothing on while all connections stay open.

use std::time::Duration;

use inturn_tests::{
    network::{Network, Speed},
    stage::Setting,
};

use crate::tone_story::Story;

#[tokio::test(flavor = "multi_thread")]
async fn a_network_frozen_for_a_minute_is_noticed_and_loses_no_word() {
    let network = Network::new();
    let to_service = network.relay();
    let setting = Setting::new().with_relay(&to_service.url).long();
    let story = Story::open(setting, 180).await;
    to_service.set_target(&story.stage.service_url);
    story.page.record().await;
    story.wait_for_word(5).await;
    network.set(Speed::Stalled);
    // A connection without progress is given up after 10 s of speech without words, or after 30 s
    // if the network seems slow. From then on, the page counts.
    let noticed = "document.getElementById('status').dataset.state === 'reconnecting'";
    let browser = &story.page.browser;
    browser.wait_within(Duration::from_secs(60), noticed).await;
    story.wait_for_outage_of(Duration::from_secs(60)).await;
    network.set(Speed::Free);
    let received = story.finish().await;
    story.assert_no_hole(&received);
    let statuses = story.statuses().await;
    // The page noticed it after 3 s without words.
    let mut warnings = statuses
        .iter()
        .filter(|it| it.ends_with("behind, nothing lost") || it.starts_with("Reconnecting"));
    let first = warnings.next().map(String::as_str);
    assert_eq!(first, Some("3 s behind, nothing lost"), "{statuses:?}");
}
