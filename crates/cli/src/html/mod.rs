//! A plan as one page that needs nothing else: it loads nothing, and may be handed on as a file.
//!
//! The page holds the plan as data, `frappe-sync/plan@1`, and its own script makes the documents of it when they
//! are looked at. What comes from a site reaches the page only as data and as text, never as markup.

mod data;
mod overview;
mod page;

#[cfg(test)]
mod tests;

pub(crate) use page::write_plan;
