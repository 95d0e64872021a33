//! The `ratetide` command.
fn main() {}
