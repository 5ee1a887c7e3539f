//! What the screen shows, in terminals of several kinds and sizes.

mod order;
mod pair;
mod random_order;
mod random_pair;
mod resize;
mod rows;
mod scripts;
mod shown;
mod status_line;
mod terminal;
mod together;
