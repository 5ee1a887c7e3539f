//! The recording, its turns, its audio and its words for people, with no browser in sight.
