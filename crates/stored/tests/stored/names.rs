//! The name of a file identifies its recording.

use inturn_client_core::{
    recording::{RecordingId, RecordingInfo},
    session::Event,
};
use inturn_page_core::messages::{self, ToPage};
use inturn_stored::{file_name, info_of_name};
use proptest::prelude::*;

use crate::values::info;

proptest! {
    #[test]
    fn a_name_is_read_back(id: u128, started_unix_ms: u64, utc_offset_min: i16) {
        let id = RecordingId(id);
        let info = RecordingInfo { id, started_unix_ms, utc_offset_min };
        prop_assert_eq!(info_of_name(&file_name(info)), Some(info));
    }

    #[test]
    fn other_names_are_recognised(name in "[0-9a-z.-]{0,40}") {
        prop_assert_eq!(info_of_name(&name), None);
    }
}

#[test]
fn the_script_makes_the_same_name() {
    let message = messages::encode(&ToPage::Event(Event::Began(info(7))));
    let message = message.expect("it can be encoded");
    // `bytes.slice(2).join("-")`
    let bytes: Vec<String> = message[2..].iter().map(u8::to_string).collect();
    assert_eq!(file_name(info(7)), bytes.join("-"));
}
