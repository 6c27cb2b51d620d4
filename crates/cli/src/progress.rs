//! Shows how far a run is, where somebody watches.

use std::cell::RefCell;
use std::time::Duration;

use frappe_sync_engine::{Event, Progress};
use indicatif::{ProgressBar, ProgressStyle};

use crate::ui::Ui;

/// While it is not known how much there is.
const TURNING: &str = "{spinner} {prefix}: {msg}";

/// While documents are worked on: how many of how many, how fast, and how long it will still take.
const FILLING: &str = "{prefix}: {msg} {bar:30} {human_pos}/{human_len} ({per_sec}, {eta} left)";

/// How often a line turns.
const TURN: Duration = Duration::from_millis(120);

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
                self.replace(ProgressBar::new_spinner(), TURNING);
                let bar = self.bar.borrow();
                bar.set_message(phase);
                if !self.ui.bars().is_hidden() {
                    bar.enable_steady_tick(TURN);
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
                self.replace(ProgressBar::new(queued), FILLING);
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

#[cfg(test)]
mod tests {
    use frappe_sync_model::Side;

    use super::*;
    use crate::ui::{Format, Volume};

    fn unwatched() -> Ui {
        let nowhere = || Box::new(std::io::sink());
        Ui::to_streams(Format::Text, Volume::Normal, nowhere(), nowhere())
    }

    #[test]
    fn the_lines_are_ones_that_can_be_drawn() {
        for template in [TURNING, FILLING] {
            ProgressStyle::with_template(template).unwrap();
        }
    }

    #[test]
    fn a_bar_knows_how_many_there_are_and_counts_what_is_done() {
        let ui = unwatched();
        let bars = Bars::new(&ui, "hq-branch");
        bars.event(Event::Phase("poll"));
        bars.event(Event::Polled {
            mapping: "Item".into(),
            side: Side::A,
            queued: 700,
        });
        assert_eq!(bars.bar.borrow().message(), "Item on a: 700 to look at");
        bars.event(Event::Mapping {
            mapping: "Item".into(),
            queued: 700,
        });
        bars.event(Event::Documents { count: 500 });
        bars.event(Event::Documents { count: 100 });
        let bar = bars.bar.borrow();
        assert_eq!((bar.position(), bar.length()), (600, Some(700)));
        assert_eq!(bar.prefix(), "hq-branch");
    }

    #[test]
    fn nothing_turns_where_nobody_watches() {
        let ui = unwatched();
        assert!(ui.bars().is_hidden());
        let bars = Bars::new(&ui, "hq-branch");
        bars.event(Event::Phase("verify"));
        assert!(bars.bar.borrow().is_hidden());
    }
}
