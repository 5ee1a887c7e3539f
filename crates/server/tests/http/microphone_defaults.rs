//! The defaults of the microphone settings in the page's configuration.

use inturn_protocol::PageConfig;

use crate::support::{built_page, config, get, router};

#[tokio::test]
async fn each_flag_sets_only_its_own_default() {
    for (flags, expected) in [
        (&[][..], [true, true, true]),
        (&["--echo-cancellation=false"], [false, true, true]),
        (&["--noise-suppression", "off"], [true, false, true]),
        (&["--auto-gain-control=0"], [true, true, false]),
        (
            &[
                "--echo-cancellation=no",
                "--noise-suppression",
                "--auto-gain-control=n",
            ],
            [false, true, false],
        ),
    ] {
        let page = built_page();
        let flags = [&["--recogniser", "script"], flags].concat();
        let response = get(&router(&config(page.path(), &flags)), "/config").await;
        let capture = PageConfig::decode(&response.text())
            .expect("a config")
            .capture;
        let values = [
            capture.echo_cancellation,
            capture.noise_suppression,
            capture.auto_gain_control,
        ];
        assert_eq!(values, expected, "{flags:?}");
    }
}
