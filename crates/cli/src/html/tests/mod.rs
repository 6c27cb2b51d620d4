//! The page as it is written, and as a browser shows it.

mod browser;
mod many;
mod markup;
mod report;
mod shown;
