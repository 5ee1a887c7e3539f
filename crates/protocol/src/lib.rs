//! What crosses a process border: the v3 messages, the token reply, the page's configuration.
