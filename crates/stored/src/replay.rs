//! Putting a stored recording back on the page.

use inturn_client_core::session::{LevelReading, State};
use inturn_page_core::Kind;
use inturn_transcript::{Change, DocumentChange, RecordingInfo};

use crate::{
    messages::{level_message, message, ready_message},
    record::Record,
    recording::StoredRecording,
};

impl StoredRecording {
    /// Returns the messages of a recorder that made this recording from its start to its end,
    /// encoded. They put it on a page, above what is recorded next. Turns that were open when it
    /// was interrupted are unfinished. `info` is as for [`document`](Self::document).
    pub fn messages(&self, info: RecordingInfo) -> Vec<Vec<u8>> {
        let info = self.info().unwrap_or(info);
        let mut document = self.document(info);
        let mut messages = vec![message(Kind::Began, &info)];
        let changed = |change: &Change| message(Kind::Changed, change);
        messages.extend(self.records.iter().filter_map(|record| match record {
            Record::Changed(change) | Record::Draft(change) => Some(changed(change)),
            Record::Began(_) | Record::Ended(_) | Record::Titled(_) => None,
        }));
        for end in document.interrupted() {
            document.apply(&end);
            if let DocumentChange::Transcript { change, .. } = end {
                messages.push(changed(&change));
            }
        }
        let part = document.part(info.id);
        messages.push(level_message(LevelReading {
            percent: 0,
            captured_ms: part.map_or(0, |part| part.length_ms()),
        }));
        messages.push(message(Kind::Ended, &State::Idle));
        // Otherwise the next session would have the number of one that is on the page now.
        messages.push(ready_message());
        messages
    }
}
