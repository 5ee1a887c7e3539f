//! The names of files.

use inturn_page_core::messages;
use inturn_transcript::RecordingInfo;

/// Returns the name of a recording's file: the bytes of its id, its start and its UTC offset, in
/// decimal digits. So a damaged record of the start loses nothing.
pub fn file_name(info: RecordingInfo) -> String {
    // Encoding can't fail for this type.
    let bytes = messages::encode(&info).unwrap_or_default();
    let bytes: Vec<String> = bytes.iter().map(u8::to_string).collect();
    bytes.join("-")
}

/// Returns the recording of a file's name; `None` if this program does not use such names.
pub fn info_of_name(name: &str) -> Option<RecordingInfo> {
    let bytes: Result<Vec<u8>, _> = name.split('-').map(str::parse).collect();
    let info = messages::decode(&bytes.ok()?)?;
    (file_name(info) == name).then_some(info)
}
