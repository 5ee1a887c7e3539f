//! The server decides whether the page stores transcripts on the device.

use inturn_protocol::PageConfig;

use crate::support::{built_page, config, get, router};

#[tokio::test]
async fn the_flag_is_in_the_pages_configuration() {
    for (flags, expected) in [
        (&[][..], true),
        (&["--store-transcripts"], true),
        (&["--store-transcripts=false"], false),
        (&["--store-transcripts", "no"], false),
    ] {
        let page = built_page();
        let flags = [&["--recogniser", "script"], flags].concat();
        let response = get(&router(&config(page.path(), &flags)), "/config").await;
        let config = PageConfig::decode(&response.text()).expect("a config");
        assert_eq!(config.store_transcripts, expected, "{flags:?}");
    }
}
