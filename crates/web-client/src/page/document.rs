//! Access to the elements of `index.html`.

pub(super) use inturn_web_browser::dom::{by_id, document, is_visible, path, set_text, window};
