//! The web server: the page, the token, the limits.
