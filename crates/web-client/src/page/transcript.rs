//! The turns on the page: one element each, in order, of which only the changed one is touched.

use inturn_client_core::turns::{ByTurn, TurnKey};
use inturn_client_core::view::TurnView;
use web_sys::{Document, Element, HtmlElement};

use super::document::{by_id, document, put};
use crate::browser::BrowserError;

/// The list of turns.
pub(super) struct TranscriptView {
    document: Document,
    list: HtmlElement,
    rows: ByTurn<Row>,
}

/// One turn's elements.
struct Row {
    view: TurnView,
    element: Element,
    time: Element,
    text: Element,
    firm: Element,
    tentative: Element,
    remark: Element,
}

impl TranscriptView {
    pub(super) fn find() -> Result<Self, BrowserError> {
        Ok(Self {
            document: document()?,
            list: by_id("transcript")?,
            rows: ByTurn::default(),
        })
    }

    /// Shows a turn, new or changed.
    pub(super) fn show(&mut self, view: &TurnView) -> Result<(), BrowserError> {
        let key = TurnKey {
            session: view.session,
            turn: view.turn,
        };
        if let Some(row) = self.rows.get_mut(key) {
            row.view = view.clone();
            return row.fill();
        }
        let row = Row::new(&self.document, view)?;
        let element = row.element.clone();
        match self.rows.insert(key, row) {
            Some(next) => next.element.before_with_node_1(&element)?,
            None => self.last_stretch()?.append_with_node_1(&element)?,
        }
        Ok(())
    }

    /// Marks the turns that are still open: nothing will come of them any more.
    pub(super) fn break_off(&mut self) -> Result<(), BrowserError> {
        for (_, row) in self.rows.iter_mut() {
            if let Some(view) = row.view.broken_off() {
                row.view = view;
                row.fill()?;
            }
        }
        Ok(())
    }

    /// The highest number of a session that is shown.
    pub(super) fn sessions(&self) -> u32 {
        let last = self.rows.iter().next_back();
        last.map_or(0, |(key, _)| key.session)
    }

    pub(super) fn remove(&mut self, session: u32, turn: u32) {
        if let Some(row) = self.rows.remove(TurnKey { session, turn }) {
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
    fn new(document: &Document, view: &TurnView) -> Result<Self, BrowserError> {
        let element = document.create_element("article")?;
        element.set_class_name("turn");
        element.set_attribute("data-session", &view.session.to_string())?;
        element.set_attribute("data-turn", &view.turn.to_string())?;
        let time = child(document, &element, "span", "time")?;
        let text = child(document, &element, "p", "text")?;
        // Hebrew and Arabic run from right to left, with their full stops at the left.
        text.set_attribute("dir", "auto")?;
        let firm = child(document, &text, "span", "firm")?;
        let tentative = child(document, &text, "span", "tentative")?;
        let remark = child(document, &text, "span", "remark")?;
        remark.set_attribute("lang", "en")?;
        let row = Self {
            view: view.clone(),
            element,
            time,
            text,
            firm,
            tentative,
            remark,
        };
        row.fill()?;
        Ok(row)
    }

    fn fill(&self) -> Result<(), BrowserError> {
        let view = &self.view;
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
            &view
                .remark
                .as_deref()
                .map(|it| format!(" ({it})"))
                .unwrap_or_default(),
        );
        if let Some(language) = &view.language {
            self.text.set_attribute("lang", language)?;
        }
        self.element
            .set_attribute("data-final", if view.is_final { "true" } else { "false" })?;
        // Screen readers read a turn when it is whole, not each of its partials.
        self.element
            .set_attribute("aria-busy", if view.is_final { "false" } else { "true" })?;
        Ok(())
    }
}

fn child(
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

/// Turns in a stretch and stretches in a chapter. About the cube root of the longest transcripts'
/// turns, so that there are about as many chapters.
const MOST_CHILDREN: u32 = 22;
