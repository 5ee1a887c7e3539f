//! The transcript on the page: one element for each row, of which only the changed one is touched.

use std::cell::Cell;
use std::rc::Rc;

use inturn_page_core::RowId;
use inturn_page_core::view::EntryView;
use inturn_transcript::{EntryId, TurnId};
use web_sys::{Document, Element, Event, HtmlElement};

use super::document::{by_id, document, put};
use crate::browser::{BrowserError, Listener};

/// The list of rows.
pub(super) struct TranscriptView {
    document: Document,
    list: HtmlElement,
    /// Sorted by their ids, which is not the order on the page.
    rows: Vec<(RowId, Row)>,
    scroller: HtmlElement,
    /// How far the reader has scrolled, as the scroller counts: 0 at the newest words, and less above.
    scrolled_px: Rc<Cell<i32>>,
    /// Whether the browser itself keeps the lines in their place of a reader who scrolled up.
    anchors: bool,
    _scrolls: Listener,
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
    pub(super) fn find() -> Result<Self, BrowserError> {
        let scroller: HtmlElement = by_id("scroller")?;
        let scrolled_px = Rc::new(Cell::new(0));
        let (scrolled, now) = (scroller.clone(), Rc::clone(&scrolled_px));
        let scrolls = Listener::new(&scroller, "scroll", move |_: Event| {
            now.set(scrolled.scroll_top());
        })?;
        Ok(Self {
            document: document()?,
            list: by_id("transcript")?,
            rows: Vec::new(),
            scroller,
            scrolled_px,
            anchors: web_sys::css::supports_with_value("overflow-anchor", "auto").unwrap_or(true),
            _scrolls: scrolls,
        })
    }

    /// Shows a row, new or changed; a new one before another, or at the end.
    pub(super) fn show(
        &mut self,
        id: RowId,
        view: &EntryView,
        before: Option<RowId>,
    ) -> Result<(), BrowserError> {
        let scrolled_px = self.scrolled_px.get();
        let reads_above = scrolled_px <= -SLACK_PX && !self.anchors;
        let height = reads_above.then(|| self.scroller.scroll_height());
        self.put(id, view, before)?;
        if let Some(height) = height {
            // WebKit: the place is counted from the end, which has moved.
            self.scroll_to(scrolled_px - (self.scroller.scroll_height() - height));
        } else if (-SLACK_PX..0).contains(&scrolled_px) {
            // A few pixels above the newest words, as after a touch: the browser keeps only those there
            // who are exactly at the end.
            self.scroll_to(0);
        }
        Ok(())
    }

    fn scroll_to(&self, px: i32) {
        if px != self.scrolled_px.replace(px) {
            self.scroller.set_scroll_top(px);
        }
    }

    fn put(
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
            // With it what is empty then: its stretch, and the chapter of that.
            let mut gone = Some(row.element);
            for _ in 0..3 {
                let Some(element) = gone else { return };
                let around = element.parent_element();
                element.remove();
                gone = around.filter(|it| it.child_element_count() == 0);
            }
        }
    }

    /// Where a row is in the list, or where it belongs. What is being said is the last.
    fn position(&self, id: RowId) -> Result<usize, usize> {
        match self.rows.last() {
            Some((last, _)) if *last == id => Ok(self.rows.len() - 1),
            _ => self.rows.binary_search_by_key(&id, |(id, _)| *id),
        }
    }

    /// The stretch that takes the next turn at the end.
    ///
    /// Turns stand in stretches and those in chapters, so that a browser which lays out the one that
    /// changed passes over all the others of the transcript as a few boxes and not as thousands. The
    /// bench's section `growth` tells what that costs.
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
        // Hebrew and Arabic run from right to left, with their full stops at the left.
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
        put(&self.time, &view.time);
        put(&self.firm, &view.firm);
        // A space of its own text, so that what is copied reads as it looks.
        let gap = if view.firm.is_empty() || view.tentative.is_empty() {
            ""
        } else {
            " "
        };
        put(&self.tentative, &format!("{gap}{}", view.tentative));
        put(
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
    element.child_element_count() < MOST_CHILDREN
}

/// Somewhat more than a line: less than a notch of a mouse wheel or a press of an arrow key.
const SLACK_PX: i32 = 32;

/// Turns in a stretch and stretches in a chapter. About the cube root of the longest transcripts'
/// turns, so that there are about as many chapters.
const MOST_CHILDREN: u32 = 22;
