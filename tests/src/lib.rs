//! Tests across the crates: HTTP and real browsers.
