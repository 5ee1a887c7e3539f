//! Exports, import, selection and search of generated documents.

mod cues;
mod file_stem;
mod generator;
mod golden;
mod json;
mod parsers;
mod random;
mod sample;
mod search;
mod selection;
mod size;
mod wav;
