//! A first configuration, proposed from what two sites say of themselves.
//!
//! [`sites`] asks for the two sites, [`survey`] reads what they know of the DocTypes, [`draft`] makes a mapping
//! file of that, [`propose`] puts the files of a sync together, and [`place`] puts all files in their place at
//! once. What people are asked, and the flag that answers it, is under `commands/init.rs`.

mod direction;
mod draft;
mod files;
mod fitting;
mod kept;
mod place;
mod propose;
mod ready;
mod report;
mod sites;
mod survey;
mod yaml;

pub(crate) use draft::Draft;
pub(crate) use files::{ConfigText, GITIGNORE, SYNC_ENDS, config_text};
pub(crate) use fitting::{effective, read};
pub(crate) use kept::is_kept_by_each_site;
pub(crate) use place::{Existing, Readers, Staging};
pub(crate) use propose::{ProposeError, Wish, Workshop, file_name, propose};
pub(crate) use ready::ready_doctypes;
pub(crate) use report::{InitReport, MappingReport, SiteReport, Source};
pub(crate) use sites::{SiteAnswers, SiteEntry, enter};
pub(crate) use survey::{doctypes_of_module, present};
pub(crate) use yaml::scalar;
