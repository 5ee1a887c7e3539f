//! What people search for, in the page's transcript and in past ones.

use inturn_transcript::Query;

use crate::unicode::UNICODE;

/// Returns the query for a text, or `None` if the text has no letters.
pub(crate) fn query(text: &str) -> Option<Query> {
    Query::new(text, UNICODE)
}
