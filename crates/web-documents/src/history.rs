//! Recordings stored on this device: the offer of one that was interrupted, and the list of all.

mod files;
mod import;
mod keep;
mod list;
mod panel;
mod resume;
mod retention;
mod unstored;

use std::cell::RefCell;

use inturn_page_core::{
    Followed,
    edits::Edit,
    export::{Format, downloaded},
};
use inturn_stored::{
    Record, Retention, StorageFailure,
    history::{NEWER, NOT_CHANGED, RowView, SURE_TO_DELETE, SURE_TO_DELETE_ALL, TITLE, recovered},
    info_of_name,
};
use inturn_transcript::{Change, Document, DocumentChange, RecordingId, RecordingInfo, TurnId};
use inturn_web_browser::{
    BrowserError, Listener,
    dom::{by_id, window},
    ok_or_warn, spawn,
};
use js_sys::Date;
use wasm_bindgen::prelude::*;
use web_sys::{Element, Event, HtmlElement, HtmlInputElement, HtmlSelectElement};

use self::{files::Files, keep::NewFiles, list::Stored, unstored::add};
pub(crate) use self::{resume::PageHas, unstored::store};
use crate::{
    audio, choices,
    download::Download,
    edits::{self, Shown},
    query::query,
    unicode::UNICODE,
};

thread_local! {
    static HISTORY: RefCell<Option<History>> = const { RefCell::new(None) };
}

/// What the list owns.
struct History {
    /// What the page shows, compared with a recording.
    page_has: fn(RecordingId) -> PageHas,
    /// The name of the file that was interrupted and is offered.
    offered: Option<String>,
    /// The transcript that is open.
    open: Option<Document>,
    /// The last file that was made, which the browser may still read.
    download: Option<Download>,
    _listeners: Vec<Listener>,
}

/// Adds the list to the page, deletes what is too old, and offers what was interrupted. Does
/// nothing in a browser without such storage, and deletes everything if the server does not allow
/// it. `page_has` says what the page shows, compared with a recording.
pub(crate) fn start(page_has: fn(RecordingId) -> PageHas) {
    spawn(async move {
        let begun = begin(page_has).await;
        ok_or_warn("past transcripts are not available", begun);
    });
}

async fn begin(page_has: fn(RecordingId) -> PageHas) -> Result<(), BrowserError> {
    let files = Files::open().await?;
    if !files.is_allowed().await? {
        return files.delete_folder().await;
    }
    let retention = retention::load();
    panel::create(retention)?;
    edits::add_past();
    let history: Element = by_id("history");
    let offer: Element = by_id("recovered");
    let listeners = vec![
        Listener::new(&history, "click", clicked),
        Listener::new(&offer, "click", clicked),
        Listener::new(&history, "toggle", toggled),
        Listener::new(&by_id::<Element>("history-days"), "change", |_: Event| {
            let days = by_id::<HtmlSelectElement>("history-days").value();
            retention::store(Retention {
                days: days.parse().ok(),
            });
        }),
        Listener::new(&by_id::<Element>("history-find"), "input", |_: Event| {
            find()
        }),
        Listener::new(&by_id::<Element>("history-file"), "change", |_: Event| {
            import::chosen(|name, document| show(name, "", document));
        }),
        Listener::new(&by_id::<Element>("history-search"), "input", |_: Event| {
            read_list();
        }),
    ];
    HISTORY.set(Some(History {
        page_has,
        offered: None,
        open: None,
        download: None,
        _listeners: listeners,
    }));
    if let (Some(stored), has_others) = list::tidy(&files, retention).await? {
        let offer = recovered(&stored.listed, has_others, Date::now() as u64);
        panel::show_offer(Some(&offer));
        with_history(|history| history.offered = Some(stored.name));
    }
    Ok(())
}

/// Tells the person once that recordings are not stored.
pub(crate) fn report(failure: StorageFailure) {
    ok_or_warn("no note about the storage", panel::show_failure(failure));
}

/// Returns what an edit of the past transcript that is open changes, with its recording.
pub(crate) fn edited(turn: TurnId, edit: Edit<'_>) -> Option<(RecordingInfo, Vec<Change>)> {
    with_history(|history| edit.made_in(history.open.as_ref()?, turn)).flatten()
}

/// Applies a person's change if its recording is open as a past transcript.
pub(crate) fn apply(recording: RecordingId, change: &Change) {
    with_history(|history| {
        if let Some(words) = &mut history.open {
            let change = change.clone();
            let followed = Followed::of(
                words,
                vec![DocumentChange::Transcript { recording, change }],
            );
            edits::show(Shown::InPast, words, &followed);
        }
    });
}

fn with_history<T>(f: impl FnOnce(&mut History) -> T) -> Option<T> {
    HISTORY.with(|history| Some(f(history.try_borrow_mut().ok()?.as_mut()?)))
}

/// Reads the list when the panel opens.
fn toggled(_: Event) {
    if by_id::<Element>("history")
        .matches(":popover-open")
        .unwrap_or(false)
        && by_id::<HtmlElement>("history-past").hidden()
    {
        read_list();
    }
}

fn read_list() {
    spawn(async {
        ok_or_warn("the list could not be read", show_list().await);
    });
}

/// Shows the recordings that have the text of the search field; all if it is empty.
async fn show_list() -> Result<(), BrowserError> {
    edits::forget(Shown::InPast);
    let files = Files::open().await?;
    let search = panel::search();
    let query = query(&search);
    let rows = list::read_all(&files, query.as_ref(), || panel::search() == search).await?;
    // Otherwise another search has begun meanwhile.
    rows.map_or(Ok(()), |rows| panel::show_list(&rows, query.is_some()))
}

fn clicked(event: Event) {
    let target = event.target().and_then(|it| it.dyn_into::<Element>().ok());
    let Some(button) = target.and_then(|it| it.closest("[data-act]").ok()?) else {
        return;
    };
    let attribute = |name| button.get_attribute(name).unwrap_or_default();
    let (act, mut name) = (attribute("data-act"), attribute("data-name"));
    if act.starts_with("recovered-") {
        name = with_history(|history| history.offered.clone())
            .flatten()
            .unwrap_or_default();
    }
    let format = attribute("data-format");
    spawn(async move {
        if let Some(Err(error)) = perform(&act, &name, &format).await {
            panel::show_status(NOT_CHANGED);
            ok_or_warn::<(), _>("a stored transcript was not changed", Err(error));
        }
    });
}

/// Returns `None` if the person has changed their mind.
async fn perform(act: &str, name: &str, format: &str) -> Option<Result<(), BrowserError>> {
    Some(match act {
        "open" | "export" | "recovered-open" | "recovered-export" => open_for(name, act).await,
        "import" => {
            by_id::<HtmlElement>("history-file").click();
            Ok(())
        }
        "continue" | "recovered-continue" => go_on(name).await,
        "rename" => {
            let title = window().prompt_with_message(TITLE).ok()??;
            change(name, Record::Titled(title)).await
        }
        "delete" | "recovered-delete" => {
            confirm(SURE_TO_DELETE).then_some(())?;
            delete(name).await
        }
        "delete-all" => {
            confirm(SURE_TO_DELETE_ALL).then_some(())?;
            delete_all().await
        }
        "keep" => keep().await,
        "back" => show_list().await,
        "download" => download(format),
        "recovered-later" => settle(name).await,
        _ => Ok(()),
    })
}

async fn open(name: &str) -> Result<(), BrowserError> {
    let files = Files::open().await?;
    let info = info_of_name(name).unwrap_or_default();
    let Some(Stored {
        listed, document, ..
    }) = list::read(&files, name, info).await?
    else {
        panel::show_status(NEWER);
        return Ok(());
    };
    let RowView {
        title, can_change, ..
    } = RowView::new(&listed, Date::now() as u64);
    show(&title, if can_change { name } else { "" }, document)
}

/// Shows a past transcript. `name` is that of its file; empty if it can't be changed.
fn show(title: &str, name: &str, document: Document) -> Result<(), BrowserError> {
    edits::forget(Shown::InPast);
    panel::show_past(title, name, &document)?;
    audio::offer("history", &document);
    edits::show_all(Shown::InPast, &document);
    with_history(|history| history.open = Some(document));
    Ok(())
}

/// Opens a past transcript from the list or from the offer, to read it or to download it.
async fn open_for(name: &str, act: &str) -> Result<(), BrowserError> {
    open(name).await?;
    let is_offered = act.starts_with("recovered");
    if is_offered {
        by_id::<HtmlElement>("history").show_popover()?;
    }
    if act.ends_with("export") {
        panel::focus_format()?;
    }
    if is_offered {
        settle(name).await?;
    }
    Ok(())
}

/// Marks a recording that was interrupted as ended, so that it is not offered again.
async fn settle(name: &str) -> Result<(), BrowserError> {
    withdraw_offer(name);
    add(name, Record::Ended(None)).await
}

async fn go_on(name: &str) -> Result<(), BrowserError> {
    let page_has = with_history(|history| history.page_has);
    let Some(page_has) = page_has else {
        return Ok(());
    };
    if resume::resume(name, page_has).await? {
        settle(name).await?;
    }
    Ok(())
}

/// Stores the file that is open.
async fn keep() -> Result<(), BrowserError> {
    let files = with_history(|history| history.open.as_ref().map(NewFiles::of)).flatten();
    let kept = match files {
        Some(Ok(files)) => files.store().await,
        Some(Err(sentence)) => Err(sentence),
        None => return Ok(()),
    };
    match kept {
        Ok((sentence, name)) => {
            show_list().await?;
            panel::show_status(sentence);
            panel::focus_row(&name)
        }
        Err(sentence) => {
            panel::show_status(sentence);
            Ok(())
        }
    }
}

async fn change(name: &str, record: Record) -> Result<(), BrowserError> {
    add(name, record).await?;
    show_list().await
}

async fn delete(name: &str) -> Result<(), BrowserError> {
    Files::open().await?.delete(name).await?;
    withdraw_offer(name);
    show_list().await
}

/// Hides the offer if it is of this recording.
fn withdraw_offer(name: &str) {
    if with_history(|history| history.offered.as_deref() == Some(name)) == Some(true) {
        panel::show_offer(None);
    }
}

/// Deletes all files. One that is being recorded is kept.
async fn delete_all() -> Result<(), BrowserError> {
    let files = Files::open().await?;
    let mut outcome = Ok(());
    for name in files.names().await? {
        outcome = outcome.and(files.delete(&name).await);
    }
    panel::show_offer(None);
    show_list().await?;
    outcome
}

fn download(format: &str) -> Result<(), BrowserError> {
    let format = Format::ALL.into_iter().find(|it| it.extension() == format);
    let link = with_history(|history| {
        let (format, words) = (format?, history.open.as_ref()?);
        let name = format.file_name(words);
        let content = format.write(words, choices::load(), UNICODE);
        let link = Download::new(&content, format.media_type()).and_then(|download| {
            let link = download.link(&name)?;
            history.download = Some(download);
            Ok(link)
        });
        Some((link, name))
    });
    if let Some((link, name)) = link.flatten() {
        link?.click();
        panel::show_status(&downloaded(&name));
    }
    Ok(())
}

/// Finds in the transcript that is open.
fn find() {
    let query = query(&by_id::<HtmlInputElement>("history-find").value());
    with_history(|history| {
        if let Some(words) = &history.open {
            ok_or_warn("no search", panel::show_text(words, query.as_ref()));
        }
    });
}

fn confirm(sentence: &str) -> bool {
    window().confirm_with_message(sentence).unwrap_or(false)
}
