//! `If-Range`: the client gets a part only if the file has not changed since it got the other part.

use std::time::{Duration, SystemTime};

use axum::http::{HeaderMap, header};

/// Whether `If-Range` matches, so that `Range` applies. `file` are the headers of the whole
/// response.
///
/// An entity tag must be equal and strong. A date must be equal and at least a second old, because
/// the file may change twice within a second.
/// <https://www.rfc-editor.org/rfc/rfc9110#section-13.1.5>
pub(super) fn holds(request: &HeaderMap, file: &HeaderMap, now: SystemTime) -> bool {
    let mut conditions = request.get_all(header::IF_RANGE).iter();
    let (Some(condition), None) = (conditions.next(), conditions.next()) else {
        return false;
    };
    let Ok(condition) = condition.to_str().map(str::trim) else {
        return false;
    };
    let text = |name| file.get(name).and_then(|value| value.to_str().ok());
    if condition.starts_with('"') {
        return text(header::ETAG) == Some(condition);
    }
    let date = |text: &str| httpdate::parse_http_date(text).ok();
    match (date(condition), text(header::LAST_MODIFIED).and_then(date)) {
        (Some(date), Some(modified)) => {
            date == modified && now >= modified + Duration::from_secs(1)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn an_equal_strong_tag_or_an_equal_old_date_holds() {
        const MODIFIED: &str = "Mon, 12 Jan 1970 13:46:40 GMT";
        let mut file = HeaderMap::new();
        file.insert(header::ETAG, HeaderValue::from_static("\"a-1\""));
        file.insert(header::LAST_MODIFIED, HeaderValue::from_static(MODIFIED));
        let modified = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
        let later = modified + Duration::from_secs(1);
        for (condition, now, expected) in [
            ("\"a-1\"", modified, true),
            ("\"a-2\"", later, false),
            ("W/\"a-1\"", later, false),
            ("a-1", later, false),
            ("*", later, false),
            ("", later, false),
            (MODIFIED, later, true),
            (MODIFIED, modified, false),
            ("Mon, 12 Jan 1970 13:46:41 GMT", later, false),
        ] {
            let mut request = HeaderMap::new();
            request.insert(header::IF_RANGE, HeaderValue::from_static(condition));
            assert_eq!(holds(&request, &file, now), expected, "{condition}");
        }
        file.insert(header::ETAG, HeaderValue::from_static("W/\"a-1\""));
        let mut request = HeaderMap::new();
        request.insert(header::IF_RANGE, HeaderValue::from_static("W/\"a-1\""));
        assert!(!holds(&request, &file, later));
    }
}
