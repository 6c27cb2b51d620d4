//! The `frappe-sync` command.
fn main() {}
