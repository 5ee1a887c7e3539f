//! What the screen shows, in terminals of several kinds and sizes.

mod order;
mod random_order;
mod resize;
mod rows;
mod scripts;
mod shown;
mod status_line;
mod terminal;
