//! Putting a stored recording back on the page.

use inturn_client_core::session::{Event, LevelReading, State};
use inturn_page_core::messages::ToPage;
use inturn_transcript::{DocumentChange, RecordingInfo};

use crate::{record::Record, recording::StoredRecording};

impl StoredRecording {
    /// Returns the messages of a recorder that made this recording from its start to its end. They
    /// put it on a page, above what is recorded next. Turns that were open when it was interrupted
    /// are unfinished. `info` is as for [`document`](Self::document).
    pub fn messages(&self, info: RecordingInfo) -> Vec<ToPage> {
        let info = self.info().unwrap_or(info);
        let mut document = self.document(info);
        let mut events = vec![Event::Began(info)];
        events.extend(self.records.iter().filter_map(|record| match record {
            Record::Changed(change) | Record::Draft(change) => Some(Event::Changed(change.clone())),
            Record::Began(_) | Record::Ended | Record::Titled(_) => None,
        }));
        for end in document.interrupted() {
            document.apply(&end);
            if let DocumentChange::Transcript { change, .. } = end {
                events.push(Event::Changed(change));
            }
        }
        let part = document.part(info.id);
        events.push(Event::Level(LevelReading {
            percent: 0,
            captured_ms: part.map_or(0, |part| part.length_ms()),
        }));
        events.push(Event::State(State::Idle));
        events.into_iter().map(ToPage::Event).collect()
    }
}
