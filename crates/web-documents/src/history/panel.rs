//! The elements of the list, of a past transcript, and of the offer of a recovered one.

use inturn_page_core::{export::Format, view::EntryView};
use inturn_stored::{
    Retention, StorageFailure,
    history::{Hits, PERIODS, RowView, Snippet, found, transcripts_found},
};
use inturn_transcript::{Document, Entry, Found, Query};
use inturn_web_browser::{
    BrowserError,
    dom::{by_id, document, set_text},
};
use wasm_bindgen::prelude::*;
use web_sys::{Element, HtmlElement, HtmlInputElement, HtmlSelectElement, ScrollIntoViewOptions};

use super::retention;
use crate::query::query;

/// Creates the button in the header, the panel, and the hidden offer.
pub(crate) fn create(retention: Retention) -> Result<(), BrowserError> {
    let button = element("button")?;
    for (name, value) in [
        ("id", "history-button"),
        ("type", "button"),
        ("popovertarget", "history"),
        ("aria-haspopup", "dialog"),
        ("aria-label", "Past transcripts"),
        ("title", "Past transcripts"),
    ] {
        button.set_attribute(name, value)?;
    }
    button.set_inner_html(ICON);
    let panel = element("section")?;
    for (name, value) in [
        ("id", "history"),
        ("popover", ""),
        ("role", "dialog"),
        ("aria-labelledby", "history-title"),
    ] {
        panel.set_attribute(name, value)?;
    }
    panel.set_inner_html(include_str!("../history.html"));
    let next: Element = by_id("edit-button");
    next.before_with_node_2(&button, &panel)?;

    let days: HtmlSelectElement = by_id("history-days");
    for (period, label) in PERIODS {
        let option = element("option")?;
        option.set_attribute("value", &retention::value(period))?;
        option.set_text_content(Some(label));
        days.append_child(&option)?;
    }
    days.set_value(&retention::value(retention.days));
    let formats: Element = by_id("history-formats");
    for format in Format::ALL {
        let button = act_button(format.label(), "download", "")?;
        button.set_attribute("data-format", format.extension())?;
        formats.append_child(&button)?;
    }

    let offer = element("div")?;
    offer.set_id("recovered");
    offer.set_hidden(true);
    offer.set_inner_html(include_str!("../recovered.html"));
    if let Some(news) = document().query_selector(".news")? {
        news.append_child(&offer)?;
    }
    Ok(())
}

/// Returns the text that the list is searched for.
pub(crate) fn search() -> String {
    by_id::<HtmlInputElement>("history-search").value()
}

/// Shows the list, or what a search has found: the names of the files, and their rows.
pub(crate) fn show_list(list: &[(String, RowView)], is_search: bool) -> Result<(), BrowserError> {
    let rows: Element = by_id("history-rows");
    rows.set_text_content(None);
    for (name, view) in list {
        let row = element("li")?;
        let open = act_button(&view.title, "open", name)?;
        let details = element("small")?;
        details.set_text_content(Some(&view.details));
        open.append_child(&details)?;
        if let Some(Hits {
            count,
            first: Some(snippet),
        }) = &view.hits
        {
            let hits = element("small")?;
            hits.set_text_content(Some(&found(*count)));
            hits.append_with_str_1(": ")?;
            append_snippet(&hits, snippet)?;
            open.append_child(&hits)?;
        }
        row.append_child(&open)?;
        let mut from = 2;
        if view.is_interrupted {
            row.set_attribute("data-interrupted", "")?;
            from = 0;
        }
        if view.can_change {
            for (label, act) in ROW_ACTS.into_iter().skip(from) {
                let button = act_button(label, act, name)?;
                button.set_attribute("aria-label", &[label, " ", &view.title].concat())?;
                row.append_child(&button)?;
            }
        }
        rows.append_child(&row)?;
    }
    by_id::<HtmlElement>("history-none").set_hidden(is_search || !list.is_empty());
    let result = if is_search {
        transcripts_found(list.len())
    } else {
        String::new()
    };
    set_text(&by_id::<Element>("history-hits"), &result);
    switch_to_list(true);
    Ok(())
}

/// Shows the list, or the transcript that was opened last.
pub(crate) fn switch_to_list(is_list: bool) {
    by_id::<HtmlElement>("history-list").set_hidden(!is_list);
    by_id::<HtmlElement>("history-past").set_hidden(is_list);
    show_status("");
}

/// Shows a past transcript, and what the search in the list has found in it. `name` is that of its
/// file; empty if it is not stored here, or can't be changed.
pub(crate) fn show_past(title: &str, name: &str, words: &Document) -> Result<(), BrowserError> {
    by_id::<HtmlElement>("history-edit").set_hidden(name.is_empty());
    set_text(&by_id::<Element>("history-name"), title);
    let resume: HtmlElement = by_id("history-continue");
    resume.set_attribute("data-name", name)?;
    resume.set_hidden(name.is_empty());
    offer_keep(false);
    let search = search();
    by_id::<HtmlInputElement>("history-find").set_value(&search);
    switch_to_list(false);
    show_text(words, query(&search).as_ref())
}

/// Shows or hides the button that stores what was opened from a file.
pub(crate) fn offer_keep(is_offered: bool) {
    by_id::<HtmlElement>("history-keep").set_hidden(!is_offered);
}

/// Moves the focus to a row of the list, if it is there.
pub(crate) fn focus_row(name: &str) -> Result<(), BrowserError> {
    focus(&["#history-rows [data-name='", name, "']"].concat())
}

/// Moves the focus to the formats in which a past transcript can be downloaded.
pub(crate) fn focus_format() -> Result<(), BrowserError> {
    focus("#history-formats button")
}

fn focus(selector: &str) -> Result<(), BrowserError> {
    if let Some(it) = document().query_selector(selector)? {
        it.unchecked_into::<HtmlElement>().focus()?;
    }
    Ok(())
}

/// Shows the text, with what a query finds. Scrolls to the first place. The rows are like those of
/// the page, for `edit.js` too.
pub(crate) fn show_text(words: &Document, query: Option<&Query>) -> Result<(), BrowserError> {
    let text: Element = by_id("history-text");
    text.set_text_content(None);
    let mut count = 0;
    for part in words.parts() {
        let mut stretch = text.clone();
        for (at, entry) in part.transcript.entries().iter().enumerate() {
            if at % ROWS_IN_STRETCH == 0 {
                stretch = child(&text, "div", "stretch")?;
            }
            let view = EntryView::new(entry);
            let row = child(&stretch, "article", "turn")?;
            child(&row, "span", "time")?.set_text_content(Some(&view.time));
            let line = child(&row, "p", "text")?;
            if let Entry::Turn(turn) = entry {
                let id = turn.id;
                row.set_attribute("data-session", &id.session.to_string())?;
                row.set_attribute("data-turn", &id.turn.to_string())?;
                row.set_attribute("data-final", "true")?;
                line.set_attribute("dir", "auto")?;
                if let Some(language) = &view.language {
                    line.set_attribute("lang", language)?;
                }
                if let Some(speaker) = &view.speaker {
                    line.set_attribute("data-speaker", speaker)?;
                }
                let places = query.map_or_else(Vec::new, |query| {
                    query.in_entry(part.info.id, &part.transcript, entry)
                });
                count += places.len();
                let reading = part.transcript.reading(id);
                let all = reading.as_ref().map_or_else(|| turn.text(), |it| it.text());
                append_marked(&child(&line, "span", "firm")?, all, &places)?;
            }
            if let Some(remark) = view.remark {
                let remark = [" (", remark, ")"].concat();
                child(&line, "span", "remark")?.set_text_content(Some(&remark));
            }
        }
    }
    let result = query.map_or_else(String::new, |_| found(count));
    set_text(&by_id::<Element>("history-found"), &result);
    if let Some(first) = text.query_selector("mark")? {
        let nearest = ScrollIntoViewOptions::new();
        nearest.set_block(web_sys::ScrollLogicalPosition::Nearest);
        first.scroll_into_view_with_scroll_into_view_options(&nearest);
    }
    Ok(())
}

/// Shows the offer of a recovered recording; hides it if there is none.
pub(crate) fn show_offer(sentence: Option<&str>) {
    set_text(
        &by_id::<Element>("recovered-text"),
        sentence.unwrap_or_default(),
    );
    by_id::<HtmlElement>("recovered").set_hidden(sentence.is_none());
}

/// Shows that a recording is not stored, the first time.
pub(crate) fn show_failure(failure: StorageFailure) -> Result<(), BrowserError> {
    if document().get_element_by_id(UNSTORED_NOTE).is_some() {
        return Ok(());
    }
    let note = element("p")?;
    note.set_id(UNSTORED_NOTE);
    note.set_attribute("role", "status")?;
    if let Some(news) = document().query_selector(".news")? {
        news.append_child(&note)?;
    }
    // Screen readers announce what changes in an element that exists.
    note.set_text_content(Some(failure.sentence()));
    Ok(())
}

/// Shows what has happened.
pub(crate) fn show_status(status: &str) {
    set_text(&by_id::<Element>("history-status"), status);
}

fn append_snippet(row: &Element, snippet: &Snippet) -> Result<(), BrowserError> {
    row.append_with_str_1(&snippet.before)?;
    let mark = element("mark")?;
    mark.set_text_content(Some(&snippet.found));
    row.append_child(&mark)?;
    row.append_with_str_1(&snippet.after)?;
    Ok(())
}

fn append_marked(row: &Element, text: &str, places: &[Found]) -> Result<(), BrowserError> {
    let mut end = 0;
    for place in places {
        row.append_with_str_1(text.get(end..place.bytes.start).unwrap_or_default())?;
        let mark = element("mark")?;
        mark.set_text_content(text.get(place.bytes.clone()));
        row.append_child(&mark)?;
        end = place.bytes.end;
    }
    row.append_with_str_1(text.get(end..).unwrap_or_default())?;
    Ok(())
}

fn act_button(label: &str, act: &str, name: &str) -> Result<HtmlElement, BrowserError> {
    let button = element("button")?;
    button.set_attribute("type", "button")?;
    button.set_attribute("data-act", act)?;
    button.set_attribute("data-name", name)?;
    button.set_text_content(Some(label));
    Ok(button)
}

fn child(parent: &Element, name: &str, class: &str) -> Result<Element, BrowserError> {
    let child = element(name)?;
    child.set_class_name(class);
    parent.append_child(&child)?;
    Ok(child.into())
}

fn element(name: &str) -> Result<HtmlElement, BrowserError> {
    Ok(document().create_element(name)?.unchecked_into())
}

/// The buttons of a row; the first two only if the recording was interrupted.
const ROW_ACTS: [(&str, &str); 4] = [
    ("Continue", "continue"),
    ("Export", "export"),
    ("Rename", "rename"),
    ("Delete", "delete"),
];

/// As on the page: the browser skips stretches that are not visible.
const ROWS_IN_STRETCH: usize = 22;

const UNSTORED_NOTE: &str = "unstored-note";

const ICON: &str = "<svg viewBox=\"0 0 24 24\" aria-hidden=\"true\">\
    <path d=\"M4 12a8 8 0 1 0 2.5-5.8L4 8.5M4 4v4.5h4.5M12 8v4.5l3 2\" /></svg>";
