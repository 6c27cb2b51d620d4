//! The guards, as `--allow` takes them.

use clap::{Args, ValueEnum};

/// A guard that stops a mapping, or the whole sync, before its first write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum Guard {
    /// More documents of a mapping changed than `max_changes` says
    MaxChanges,
    /// More documents of a mapping are gone than `max_deletes` says
    MaxDeletes,
    /// A side shows nothing of what it held before
    EmptySide,
    /// A site is not the site that it was
    SameSite,
    /// The state file is older than the sites
    OlderState,
    /// A run was undone, and the next one would do the same again
    Undone,
}

impl Guard {
    /// Returns its name, as reports have it.
    pub(crate) fn name(self) -> String {
        self.to_possible_value()
            .map(|value| value.get_name().to_owned())
            .unwrap_or_default()
    }
}

/// Which guards may be passed this once.
#[derive(Args, Clone, Debug)]
pub(crate) struct AllowArgs {
    /// Let this guard pass once; may be given more than once
    #[arg(long, value_enum, value_name = "GUARD")]
    pub(crate) allow: Vec<Guard>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guards_have_the_names_that_reports_have() {
        let names: Vec<String> = Guard::value_variants()
            .iter()
            .map(|guard| guard.name())
            .collect();
        assert_eq!(
            names,
            [
                "max_changes",
                "max_deletes",
                "empty_side",
                "same_site",
                "older_state",
                "undone"
            ]
        );
    }
}
