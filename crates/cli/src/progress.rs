//! Shows how far a run is, where somebody watches.

use std::cell::RefCell;
use std::time::Duration;

use frappe_sync_engine::{Event, Progress};
use indicatif::{ProgressBar, ProgressStyle};

use crate::ui::Ui;

/// A line that turns while a phase lasts, and a bar while documents are worked on.
pub(crate) struct Bars<'a> {
    ui: &'a Ui,
    bar: RefCell<ProgressBar>,
    prefix: String,
}

impl<'a> Bars<'a> {
    /// Shows the progress of what `prefix` names.
    pub(crate) fn new(ui: &'a Ui, prefix: &str) -> Self {
        Self {
            ui,
            bar: RefCell::new(ProgressBar::hidden()),
            prefix: prefix.to_owned(),
        }
    }

    fn replace(&self, bar: ProgressBar, template: &str) {
        self.bar.borrow().finish_and_clear();
        let bar = self.ui.bars().add(bar);
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_prefix(self.prefix.clone());
        self.bar.replace(bar);
    }
}

impl Progress for Bars<'_> {
    fn event(&self, event: Event) {
        match event {
            Event::Phase(phase) => {
                self.replace(ProgressBar::new_spinner(), "{spinner} {prefix}: {msg}");
                let bar = self.bar.borrow();
                bar.set_message(phase);
                if !self.ui.bars().is_hidden() {
                    bar.enable_steady_tick(Duration::from_millis(120));
                }
            }
            Event::Polled {
                mapping,
                side,
                queued,
            } => {
                self.bar
                    .borrow()
                    .set_message(format!("{mapping} on {side}: {queued} to look at"));
            }
            Event::Mapping { mapping, queued } => {
                self.replace(
                    ProgressBar::new(queued),
                    "{prefix}: {msg} {bar:30} {pos}/{len} {per_sec} {eta}",
                );
                self.bar.borrow().set_message(mapping.to_string());
            }
            Event::Documents { count } => self.bar.borrow().inc(count),
        }
    }
}

impl Drop for Bars<'_> {
    fn drop(&mut self) {
        self.bar.borrow().finish_and_clear();
    }
}
