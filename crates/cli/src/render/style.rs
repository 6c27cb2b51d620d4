//! Colours. Everything is readable without them.

use anstyle::{AnsiColor, Style};

/// A heading.
pub(crate) const HEADING: Style = Style::new().bold();
/// Something that goes well, or is made.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
/// Something that changes, or wants a look.
pub(crate) const CAUTION: Style = AnsiColor::Yellow.on_default();
/// Something that fails.
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
/// Something that helps.
pub(crate) const HELP: Style = AnsiColor::Cyan.on_default();
/// Something that matters less.
pub(crate) const FAINT: Style = Style::new().dimmed();
