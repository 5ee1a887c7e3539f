//! `inturn-listen`.

fn main() {}
