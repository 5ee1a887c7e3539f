//! The rows of a terminal.

/// Returns the rows of the scroll-back and of the screen, without empty ones at the end.
pub(crate) fn rows(terminal: &mut vt100::Parser) -> Vec<String> {
    let (height, width) = terminal.screen().size();
    let (height, width) = (height.get(), width.get());
    let mut rows = Vec::new();
    for offset in (1..=terminal.screen().scrollback_len()).rev() {
        terminal.screen_mut().set_scrollback(offset);
        rows.extend(terminal.screen().rows(0, width).next());
    }
    terminal.screen_mut().set_scrollback(0);
    rows.extend(terminal.screen().rows(0, width).take(height.into()));
    while rows.last().is_some_and(String::is_empty) {
        rows.pop();
    }
    rows
}
