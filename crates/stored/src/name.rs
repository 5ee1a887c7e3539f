//! The names of files.

use inturn_page_core::messages;
use inturn_transcript::RecordingInfo;

/// Returns the name of a recording's file: the bytes of its id, its start and its UTC offset, in
/// decimal digits. So a damaged record of the start loses nothing.
pub fn file_name(info: RecordingInfo) -> String {
    // Encoding can't fail for this type.
    let bytes = messages::encode(&info).unwrap_or_default();
    let mut name = String::new();
    for byte in bytes {
        if !name.is_empty() {
            name.push('-');
        }
        name.push_str(&byte.to_string());
    }
    name
}

/// Returns the recording of a file's name; `None` if this program does not use such names.
pub fn info_of_name(name: &str) -> Option<RecordingInfo> {
    let mut bytes = vec![0_u8];
    for it in name.bytes() {
        match it {
            b'-' => bytes.push(0),
            _ => {
                let number = bytes.last_mut()?;
                *number = number.checked_mul(10)?.checked_add(it.checked_sub(b'0')?)?;
            }
        }
    }
    let info = messages::decode(&bytes)?;
    (file_name(info) == name).then_some(info)
}
