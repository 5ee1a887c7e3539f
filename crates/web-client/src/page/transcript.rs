//! The transcript on the page: one element for each row. A change touches only its own row.

use inturn_page_core::{RowId, view::EntryView};
use inturn_transcript::{EntryId, TurnId};
use wasm_bindgen::prelude::*;
use web_sys::{Document, Element, HtmlElement};

use super::document::{by_id, document, set_text};
use crate::browser::BrowserError;

#[wasm_bindgen]
extern "C" {
    /// Defined by `press.js`.
    #[wasm_bindgen(js_name = inturnDate)]
    fn show_date(heading: &Element, unix_ms: f64);
}

/// The list of rows.
pub(super) struct TranscriptView {
    document: Document,
    list: HtmlElement,
    /// Sorted by id. The order on the page may differ.
    rows: Vec<(RowId, Row)>,
    /// The last heading, until its recording has ended.
    heading: Option<Element>,
}

/// The elements of one row.
struct Row {
    element: Element,
    time: Element,
    text: Element,
    firm: Element,
    tentative: Element,
    remark: Element,
}

impl TranscriptView {
    pub(super) fn find() -> Self {
        Self {
            document: document(),
            list: by_id("transcript"),
            rows: Vec::new(),
            heading: None,
        }
    }

    /// Begins a chapter, with the start of its recording as heading.
    pub(super) fn begin(&mut self, started_unix_ms: f64) -> Result<(), BrowserError> {
        let chapter = child(&self.document, &self.list, "div", "chapter")?;
        let heading = child(&self.document, &chapter, "h2", "recording")?;
        child(&self.document, &chapter, "div", "stretch")?;
        show_date(&heading, started_unix_ms);
        self.heading = Some(heading);
        Ok(())
    }

    /// Adds the length of the recording to the last heading.
    pub(super) fn end(&mut self, length: &str) -> Result<(), BrowserError> {
        if let Some(heading) = self.heading.take() {
            let element = child(&self.document, &heading, "span", "length")?;
            set_text(&element, length);
        }
        Ok(())
    }

    /// Shows a new or changed row. A new row is inserted before `before`, or at the end.
    pub(super) fn show(
        &mut self,
        id: RowId,
        view: &EntryView,
        before: Option<RowId>,
    ) -> Result<(), BrowserError> {
        let at = match self.position(id) {
            Ok(at) => return self.rows[at].1.fill(view),
            Err(at) => at,
        };
        let row = Row::new(&self.document, id)?;
        row.fill(view)?;
        let next = before.and_then(|before| self.position(before).ok());
        match next.and_then(|at| self.rows.get(at)) {
            Some((_, next)) => next.element.before_with_node_1(&row.element)?,
            None => self.last_stretch()?.append_with_node_1(&row.element)?,
        }
        self.rows.insert(at, (id, row));
        Ok(())
    }

    pub(super) fn remove(&mut self, id: RowId) {
        if let Ok(at) = self.position(id) {
            let (_, row) = self.rows.remove(at);
            // Also removes the row's stretch and chapter, with its heading, if no row is left.
            let mut removed = Some(row.element);
            for _ in 0..3 {
                let Some(element) = removed else { return };
                let parent = element.parent_element();
                element.remove();
                removed = parent.filter(|it| matches!(it.query_selector(".turn"), Ok(None)));
            }
        }
    }

    /// Returns the index of a row, or `Err` with the index at which to insert it. Tries the last
    /// row first, because most changes are to it.
    fn position(&self, id: RowId) -> Result<usize, usize> {
        match self.rows.last() {
            Some((last, _)) if *last == id => Ok(self.rows.len() - 1),
            _ => self.rows.binary_search_by_key(&id, |(id, _)| *id),
        }
    }

    /// Returns the stretch to which a new last turn is appended.
    ///
    /// Turns are grouped into stretches, and stretches into chapters. To lay out the stretch that
    /// changed, the browser then handles the rest of the transcript as a few boxes instead of
    /// thousands. The section `growth` of the benchmark measures the cost.
    fn last_stretch(&self) -> Result<Element, BrowserError> {
        let chapter = self.list.last_element_child();
        let stretch = chapter.as_ref().and_then(Element::last_element_child);
        if let Some(stretch) = stretch.filter(has_room) {
            return Ok(stretch);
        }
        let chapter = match chapter.filter(has_room) {
            Some(chapter) => chapter,
            None => child(&self.document, &self.list, "div", "chapter")?,
        };
        child(&self.document, &chapter, "div", "stretch")
    }
}

impl Row {
    fn new(document: &Document, id: RowId) -> Result<Self, BrowserError> {
        let element = document.create_element("article")?;
        element.set_class_name("turn");
        if let EntryId::Turn(TurnId { session, turn }) = id.entry {
            element.set_attribute("data-session", &session.to_string())?;
            element.set_attribute("data-turn", &turn.to_string())?;
        }
        let time = child(document, &element, "span", "time")?;
        let text = child(document, &element, "p", "text")?;
        // Hebrew and Arabic are written from right to left, with full stops at the left.
        text.set_attribute("dir", "auto")?;
        let firm = child(document, &text, "span", "firm")?;
        let tentative = child(document, &text, "span", "tentative")?;
        let remark = child(document, &text, "span", "remark")?;
        remark.set_attribute("lang", "en")?;
        Ok(Self {
            element,
            time,
            text,
            firm,
            tentative,
            remark,
        })
    }

    fn fill(&self, view: &EntryView) -> Result<(), BrowserError> {
        set_text(&self.time, &view.time);
        // For `times.js`.
        self.time
            .set_attribute("data-ms", &view.start_ms.to_string())?;
        if let Some(speaker) = &view.speaker {
            self.text.set_attribute("data-speaker", speaker)?;
        }
        set_text(&self.firm, &view.firm);
        // The space is part of the text, so that copied text contains it.
        let gap = if view.firm.is_empty() || view.tentative.is_empty() {
            ""
        } else {
            " "
        };
        set_text(&self.tentative, &format!("{gap}{}", view.tentative));
        set_text(
            &self.remark,
            &view.remark.map(|it| format!(" ({it})")).unwrap_or_default(),
        );
        if let Some(language) = &view.language {
            self.text.set_attribute("lang", language)?;
        }
        self.element
            .set_attribute("data-final", if view.is_final { "true" } else { "false" })?;
        Ok(())
    }
}

pub(super) fn child(
    document: &Document,
    parent: &Element,
    tag: &str,
    class: &str,
) -> Result<Element, BrowserError> {
    let element = document.create_element(tag)?;
    element.set_class_name(class);
    parent.append_child(&element)?;
    Ok(element)
}

fn has_room(element: &Element) -> bool {
    element.child_element_count() < MAX_CHILDREN
}

/// Maximum number of turns in a stretch, and of stretches in a chapter. It is about the cube root
/// of the number of turns in the longest transcripts, so that there are about as many chapters.
const MAX_CHILDREN: u32 = 22;
