//! Exit codes: what a script or a cron job learns without reading a word.

use std::process::ExitCode;

/// How the program ends. The numbers are a promise to scripts and never change their meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Exit {
    /// 0: everything was done.
    Done,
    /// 1: something failed that none of the others names.
    Failed,
    /// 2: `plan --detailed-exitcode` found changes.
    Changes,
    /// 3: finished, with documents parked, unknown or in conflict, or found different.
    Unfinished,
    /// 4: a guard stopped it.
    Guard,
    /// 10: the sync never ran, so there is nothing to tell of it.
    NotInitialised,
    /// 11: another run holds the sync.
    Locked,
    /// 12: a site refused the key, or the user lacks a permission.
    NotAuthorised,
    /// 64: the command line makes no sense.
    Usage,
    /// 75: a site could not be reached; later it may.
    Unreachable,
    /// 78: the configuration or a mapping is invalid.
    ConfigInvalid,
    /// 130: a person or the system asked it to stop.
    Interrupted,
}

impl Exit {
    /// Of several, the first of these is the one to tell.
    ///
    /// A sync that is locked or was never run (11, 10) did no harm, so a failure beside it is told first, and
    /// an unfinished run after it. A usage error (64) ends the program before there can be several.
    const BY_PRECEDENCE: [Self; 12] = [
        Self::Interrupted,
        Self::Usage,
        Self::NotAuthorised,
        Self::ConfigInvalid,
        Self::Unreachable,
        Self::Guard,
        Self::Failed,
        Self::Locked,
        Self::NotInitialised,
        Self::Unfinished,
        Self::Changes,
        Self::Done,
    ];

    /// Returns the number.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Changes => 2,
            Self::Unfinished => 3,
            Self::Guard => 4,
            Self::NotInitialised => 10,
            Self::Locked => 11,
            Self::NotAuthorised => 12,
            Self::Usage => 64,
            Self::Unreachable => 75,
            Self::ConfigInvalid => 78,
            Self::Interrupted => 130,
        }
    }

    /// Returns the one of two to tell.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self::of_all([self, other])
    }

    /// Returns the one of several to tell; of none, [`Done`](Self::Done).
    pub fn of_all(several: impl IntoIterator<Item = Self>) -> Self {
        let several: Vec<Self> = several.into_iter().collect();
        Self::BY_PRECEDENCE
            .into_iter()
            .find(|exit| several.contains(exit))
            .unwrap_or(Self::Done)
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_exit_has_its_place_in_the_precedence_and_a_number_of_its_own() {
        let mut codes: Vec<u8> = Exit::BY_PRECEDENCE.into_iter().map(Exit::code).collect();
        codes.sort_unstable();
        assert_eq!(codes, [0, 1, 2, 3, 4, 10, 11, 12, 64, 75, 78, 130]);
    }

    #[test]
    fn of_several_the_promised_one_is_told() {
        let promised = [130, 12, 78, 75, 4, 1, 3, 2, 0];
        let exit = |code: u8| {
            Exit::BY_PRECEDENCE
                .into_iter()
                .find(|exit| exit.code() == code)
                .unwrap()
        };
        for (place, first) in promised.into_iter().enumerate() {
            for second in &promised[place..] {
                assert_eq!(exit(first).and(exit(*second)).code(), first);
                assert_eq!(exit(*second).and(exit(first)).code(), first);
            }
        }
    }

    #[test]
    fn nothing_at_all_is_done() {
        assert_eq!(Exit::of_all([]), Exit::Done);
    }
}
