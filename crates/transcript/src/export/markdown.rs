//! Markdown.

use super::{
    block::{Block, blocks},
    options::TextOptions,
};
use crate::document::Document;

/// Writes a document as Markdown: one paragraph for each turn of a speaker.
pub fn to_markdown(document: &Document, options: &TextOptions) -> String {
    let mut file = String::new();
    for block in blocks(document, options) {
        if !file.is_empty() {
            file.push('\n');
        }
        match block {
            Block::Title(title) => {
                file.push_str("# ");
                push_escaped(&mut file, &title);
            }
            Block::Recording(heading) => {
                file.push_str("## ");
                push_escaped(&mut file, &heading);
            }
            Block::Speech {
                time,
                name,
                text,
                remark,
            } => {
                if let Some(name) = &name {
                    file.push_str("**");
                    push_escaped(&mut file, name);
                    file.push_str("** ");
                }
                if let Some(time) = &time {
                    file.push('(');
                    file.push_str(time);
                    file.push_str(") ");
                }
                if name.is_none() && time.is_none() {
                    push_start(&mut file, &text);
                } else {
                    push_escaped(&mut file, &text);
                }
                if let Some(remark) = remark {
                    file.push_str(" *\\[");
                    push_escaped(&mut file, remark);
                    file.push_str("\\]*");
                }
            }
            Block::Gap(gap) => {
                file.push('*');
                push_escaped(&mut file, &gap);
                file.push('*');
            }
        }
        file.push('\n');
    }
    file
}

/// Adds text at the start of a line, where some characters begin a list or a heading.
fn push_start(file: &mut String, text: &str) {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = text.split_at_checked(digits).unwrap_or_default();
    file.push_str(number);
    let marks: &[u8] = if number.is_empty() { b"#+-=" } else { b".)" };
    if rest.bytes().next().is_some_and(|it| marks.contains(&it)) {
        file.push('\\');
    }
    push_escaped(file, rest);
}

fn push_escaped(file: &mut String, text: &str) {
    for letter in text.chars() {
        // https://spec.commonmark.org/0.31.2/#backslash-escapes; "|" and "~" are extensions.
        if matches!(
            letter,
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '&' | '|' | '~'
        ) {
            file.push('\\');
        }
        file.push(letter);
    }
}
