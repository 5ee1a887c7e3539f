//! What the screen shows, in terminals of several kinds and sizes.

mod shown;
mod terminal;
