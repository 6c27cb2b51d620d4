//! What a check found.

use frappe_sync_model::{MappingName, Side, SyncName};
use serde::Serialize;

use crate::error::CliError;
use crate::exit::Exit;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Level {
    /// As it should be.
    Ok,
    /// A sync works, but somebody should look.
    Warn,
    /// A sync does not work, or does harm.
    Fail,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Finding {
    /// How bad it is.
    pub(crate) level: Level,
    /// What was looked at: a site, a mapping.
    #[serde(rename = "where")]
    pub(crate) place: String,
    /// What was found.
    pub(crate) message: String,
    /// What to do about it.
    pub(crate) remedy: Option<String>,
    /// How the program ends because of it.
    #[serde(skip)]
    pub(crate) exit: Exit,
}

impl Finding {
    /// All is as it should be.
    pub(crate) fn ok(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            level: Level::Ok,
            place: place.into(),
            message: message.into(),
            remedy: None,
            exit: Exit::Done,
        }
    }

    /// Somebody should look.
    pub(crate) fn warn(
        place: impl Into<String>,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            level: Level::Warn,
            remedy: Some(remedy.into()),
            ..Self::ok(place, message)
        }
    }

    /// A sync does not work, or does harm.
    pub(crate) fn fail(
        exit: Exit,
        place: impl Into<String>,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            level: Level::Fail,
            remedy: Some(remedy.into()),
            exit,
            ..Self::ok(place, message)
        }
    }

    /// A failure that something else met; one finding for each error in it.
    pub(crate) fn of_error(place: &str, error: &CliError) -> Vec<Self> {
        error
            .each()
            .map(|error| {
                let report = error.to_report();
                Self {
                    level: Level::Fail,
                    place: report.place.unwrap_or_else(|| place.to_owned()),
                    message: report.message,
                    remedy: report.remedy,
                    exit: error.kind().exit(),
                }
            })
            .collect()
    }

    /// Tells it as a failure of the program.
    pub(crate) fn into_error(self) -> CliError {
        let error = CliError::new(self.exit.into(), self.message).at(self.place);
        match self.remedy {
            Some(remedy) => error.remedy(remedy),
            None => error,
        }
    }
}

/// A field that stays behind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct LeftOutField {
    /// The mapping.
    pub(crate) mapping: MappingName,
    /// The site on which the reason stands.
    pub(crate) site: Side,
    /// The field: `status`, a table: `items[]`, or a field of its rows: `items[].delivered_qty`.
    pub(crate) field: String,
    /// Why it stays.
    pub(crate) reason: String,
}

/// Everything that was found, `frappe-sync/check@1`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct CheckReport {
    /// `frappe-sync/check@1`.
    pub(crate) format: &'static str,
    /// The sync.
    pub(crate) sync: SyncName,
    /// The worst of the findings.
    pub(crate) result: Level,
    /// What was found, in the order of looking.
    pub(crate) findings: Vec<Finding>,
    /// Fields that stay behind; those that Frappe itself keeps are not listed.
    pub(crate) left_out: Vec<LeftOutField>,
}

impl CheckReport {
    /// Puts together what was found.
    pub(crate) fn new(sync: SyncName, findings: Vec<Finding>, left_out: Vec<LeftOutField>) -> Self {
        let worst = findings.iter().map(|finding| finding.level).max();
        Self {
            format: "frappe-sync/check@1",
            sync,
            result: worst.unwrap_or(Level::Ok),
            findings,
            left_out,
        }
    }

    /// Tells how the program ends because of it.
    pub(crate) fn exit(&self) -> Exit {
        Exit::of_all(self.findings.iter().map(|finding| finding.exit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_finding_decides() {
        let findings = vec![
            Finding::ok("site `hq`", "reachable"),
            Finding::fail(Exit::ConfigInvalid, "mapping `Item`", "wrong", "mend it"),
            Finding::fail(Exit::NotAuthorised, "site `hq`", "may not", "allow it"),
            Finding::warn("site `branch`", "odd", "look"),
        ];
        let report = CheckReport::new("hq-branch".into(), findings, Vec::new());
        assert_eq!(report.result, Level::Fail);
        assert_eq!(report.exit(), Exit::NotAuthorised);
    }

    #[test]
    fn a_warning_alone_is_no_failure() {
        let findings = vec![Finding::warn("site `hq`", "odd", "look")];
        let report = CheckReport::new("hq-branch".into(), findings, Vec::new());
        assert_eq!((report.result, report.exit()), (Level::Warn, Exit::Done));
    }
}
