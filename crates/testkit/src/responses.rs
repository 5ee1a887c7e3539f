//! Responses of servers, kept without the secrets that they are meant to carry.

use std::{
    fs::File,
    io::Write,
    sync::{Mutex, OnceLock, PoisonError},
};

use crate::{output_file::OutputFile, output_source::OutputSource};

/// Keeps a response, head and body, if [`LOG_DIR_VARIABLE`](crate::LOG_DIR_VARIABLE) is set.
///
/// Leaves out the token of a token response and all cookies: the client is meant to receive them.
/// `request` describes the request, in one line.
///
/// # Panics
///
/// Panics if the folder can't be written to.
pub fn keep_response<'a>(
    request: &str,
    headers: impl IntoIterator<Item = (&'a str, &'a [u8])>,
    body: &[u8],
) {
    static FILE: OnceLock<Option<Mutex<File>>> = OnceLock::new();
    let file = FILE.get_or_init(|| {
        OutputFile::create_if_kept(OutputSource::Responses).map(|(_, file)| Mutex::new(file))
    });
    let Some(file) = file else {
        return;
    };
    let mut text = format!("{request}\n").into_bytes();
    for (name, value) in headers {
        if name != "set-cookie" {
            text.extend([name.as_bytes(), b": ", value, b"\n"].concat());
        }
    }
    text.extend(without_token(body));
    text.push(b'\n');
    let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
    file.write_all(&text).expect("the folder can be written to");
}

/// Returns the body with the value of its `token` removed.
fn without_token(body: &[u8]) -> Vec<u8> {
    let found = body
        .windows(TOKEN_FIELD.len())
        .position(|window| window == TOKEN_FIELD);
    let Some(start) = found.map(|at| at + TOKEN_FIELD.len()) else {
        return body.to_vec();
    };
    let length = body[start..].iter().position(|byte| *byte == b'"');
    let end = length.map_or(body.len(), |length| start + length);
    [&body[..start], &body[end..]].concat()
}

/// How every response with a token begins.
const TOKEN_FIELD: &[u8] = br#"{"token":""#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_token_is_removed() {
        for (body, kept) in [
            (
                r#"{"token":"abc","websocket_url":"x"}"#,
                r#"{"token":"","websocket_url":"x"}"#,
            ),
            (r#"{"error":"token"}"#, r#"{"error":"token"}"#),
            ("", ""),
        ] {
            assert_eq!(without_token(body.as_bytes()), kept.as_bytes());
        }
    }
}
