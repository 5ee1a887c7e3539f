//! What is written for other programs.

#[cfg(unix)]
mod files;
mod json_lines;
#[cfg(unix)]
mod killed;
mod lines;
mod reader;
mod run;
mod versions;
mod watched;
