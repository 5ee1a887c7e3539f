//! Answers of servers, without what they are there to give.

use std::{
    fs::File,
    io::Write,
    sync::{Mutex, OnceLock, PoisonError},
};

use crate::{file::Printed, place::Place};

/// Keeps an answer, if anything is kept: head and body, but for a token to whoever asked for one, and
/// the cookies of whoever signed in.
pub fn keep_answer<'a>(
    what: &str,
    headers: impl IntoIterator<Item = (&'a str, &'a [u8])>,
    body: &[u8],
) {
    static FILE: OnceLock<Option<Mutex<File>>> = OnceLock::new();
    let file = FILE.get_or_init(|| Printed::kept_by(Place::Answers).map(|(_, it)| Mutex::new(it)));
    let Some(file) = file else {
        return;
    };
    let mut text = format!("{what}\n").into_bytes();
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

/// A reply without the value of its `token`.
fn without_token(body: &[u8]) -> Vec<u8> {
    let found = body
        .windows(TOKEN_BEGINS.len())
        .position(|it| it == TOKEN_BEGINS);
    let Some(from) = found.map(|at| at + TOKEN_BEGINS.len()) else {
        return body.to_vec();
    };
    let length = body[from..].iter().position(|byte| *byte == b'"');
    let until = length.map_or(body.len(), |length| from + length);
    [&body[..from], &body[until..]].concat()
}

const TOKEN_BEGINS: &[u8] = br#"{"token":""#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_alone_is_left_out() {
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
