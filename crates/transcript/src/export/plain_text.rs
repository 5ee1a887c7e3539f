//! Plain text.

use super::{
    block::{Block, blocks},
    options::TextOptions,
};
use crate::document::Document;

/// Writes a document as plain text: one line for each turn of a speaker.
pub fn to_text(document: &Document, options: &TextOptions) -> String {
    let mut file = String::new();
    for block in blocks(document, options) {
        match block {
            Block::Title(title) => {
                file.push_str(&title);
                file.push('\n');
            }
            Block::Recording(heading) => {
                if !file.is_empty() {
                    file.push('\n');
                }
                file.push_str(&heading);
                file.push_str("\n\n");
            }
            Block::Speech {
                time,
                name,
                text,
                remark,
            } => {
                if let Some(time) = time {
                    file.push('[');
                    file.push_str(&time);
                    file.push_str("] ");
                }
                if let Some(name) = name {
                    file.push_str(&name);
                    file.push_str(": ");
                }
                file.push_str(&text);
                if let Some(remark) = remark {
                    file.push_str(" [");
                    file.push_str(remark);
                    file.push(']');
                }
                file.push('\n');
            }
            Block::Gap(gap) => {
                file.push_str(&gap);
                file.push('\n');
            }
        }
    }
    file
}
