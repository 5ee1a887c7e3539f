//! The defaults of the sound settings, as the page gets them.

use inturn_protocol::PageConfig;

use crate::support::{built_page, config, get, router};

#[tokio::test]
async fn each_flag_is_the_default_of_its_switch_alone() {
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
        let answer = get(&router(&config(page.path(), &flags)), "/config").await;
        let capture = PageConfig::decode(&answer.text())
            .expect("a config")
            .capture;
        let told = [
            capture.echo_cancellation,
            capture.noise_suppression,
            capture.auto_gain_control,
        ];
        assert_eq!(told, expected, "{flags:?}");
    }
}
