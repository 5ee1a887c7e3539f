//! What is selected in the transcript.

use inturn_page_core::export::{Bound, Row, place};
use inturn_transcript::{Document, Place, TurnId};
use inturn_web_browser::dom::{by_id, document, window};
use wasm_bindgen::prelude::*;
use web_sys::{Element, Node, NodeList, Range};

/// A selection that includes a part of the transcript.
pub(crate) struct Selected {
    /// Its ends.
    pub(crate) places: (Place, Place),
    /// Whether it is within the text of one row.
    pub(crate) is_within_row: bool,
}

/// Returns what is selected in the transcript, if anything is.
pub(crate) fn selected(words: &Document) -> Option<Selected> {
    let range = range()?;
    let rows = document().query_selector_all(ROWS).ok()?;
    // Searches by halves: there may be thousands of rows.
    let first = partition(rows.length(), |at| ends_before(&rows, at, &range));
    let end = partition(rows.length(), |at| starts_before_end(&rows, at, &range));
    let last = end.checked_sub(1).filter(|last| first <= *last)?;
    let bound = |at: u32, bound| {
        let row = element(&rows, at)?;
        place(words, row_of(&row)?, offset_in(&row, &range, bound)?, bound)
    };
    Some(Selected {
        places: (bound(first, Bound::From)?, bound(last, Bound::To)?),
        is_within_row: first == last,
    })
}

/// Selects the whole transcript.
pub(crate) fn select_all() {
    if let Ok(Some(selection)) = window().get_selection() {
        // Cannot fail for an element of this document.
        let _ = selection.select_all_children(&by_id::<Element>("transcript"));
    }
}

/// Returns the selected range, if it is not empty.
fn range() -> Option<Range> {
    let selection = window().get_selection().ok()??;
    if selection.is_collapsed() {
        return None;
    }
    selection.get_range_at(0).ok()
}

/// Whether a row is before the selection.
fn ends_before(rows: &NodeList, at: u32, range: &Range) -> bool {
    let row = rows.item(at);
    row.is_some_and(|it| range.compare_point(&it, it.child_nodes().length()) == Ok(-1))
}

/// Whether a row starts before the end of the selection.
fn starts_before_end(rows: &NodeList, at: u32, range: &Range) -> bool {
    let row = rows.item(at);
    row.is_some_and(|it| range.compare_point(&it, 0).is_ok_and(|side| side < 1))
}

/// Returns the first number for which `is_before` is false, if it is true up to there.
fn partition(len: u32, is_before: impl Fn(u32) -> bool) -> u32 {
    let (mut from, mut to) = (0, len);
    while from < to {
        let middle = from + (to - from) / 2;
        if is_before(middle) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    from
}

fn element(rows: &NodeList, at: u32) -> Option<Element> {
    rows.item(at)?.dyn_into().ok()
}

/// Returns which row of the document an element shows.
fn row_of(element: &Element) -> Option<Row> {
    let number = |name: &str| element.get_attribute(name)?.parse().ok();
    if let (Some(session), Some(turn)) = (number("data-session"), number("data-turn")) {
        return Some(Row::Turn(TurnId { session, turn }));
    }
    let gaps = document().query_selector_all(GAPS).ok()?;
    let mut nodes = (0..gaps.length()).filter_map(|at| gaps.item(at));
    nodes
        .position(|it| it.is_same_node(Some(element)))
        .map(Row::Gap)
}

/// Returns how many UTF-16 code units of the row's text are before an end of the selection.
fn offset_in(row: &Element, range: &Range, bound: Bound) -> Option<usize> {
    let text: Node = row.query_selector(".text").ok()??.unchecked_into();
    let (node, offset) = match bound {
        Bound::From => (range.start_container().ok()?, range.start_offset().ok()?),
        Bound::To => (range.end_container().ok()?, range.end_offset().ok()?),
    };
    let before = document().create_range().ok()?;
    before.select_node_contents(&text).ok()?;
    match before.compare_point(&node, offset).ok()? {
        -1 => Some(0),
        1 => Some(usize::MAX),
        _ => {
            before.set_end(&node, offset).ok()?;
            Some(before.to_string().length() as usize)
        }
    }
}

/// The rows of the transcript.
const ROWS: &str = "#transcript .turn";

/// The rows that are gaps.
const GAPS: &str = "#transcript .turn:not([data-turn])";
