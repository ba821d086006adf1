//! The `cebridge` command: arguments, printing and exit codes; no logic.
fn main() {}
