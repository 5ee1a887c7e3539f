//! The two browser shells over the core: the page and the recorder.
