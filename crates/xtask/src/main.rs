//! The commands of the house: serve, test, check.
fn main() {}
