//! From the text of the file to a configuration that makes sense as a whole.

mod serve;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::TimeDelta;
use frappe_sync_connector::{AddressError, SiteUrl};
use frappe_sync_mapper::{Diagnostic, nearest};
use frappe_sync_model::{PerSide, Side, SyncName};
use frappe_sync_planner::Limit;
use serde_saphyr::Spanned;

use super::file::{ConfigFile, GuardFile, SiteFile, SyncFile};
use super::place::{Text, error_of};
use super::{Config, GuardConfig, ServeConfig, SiteConfig, SyncConfig, quantity};
use crate::error::CliError;

/// The version of the format that is read here.
const VERSION: u64 = 1;
/// Where the state file is, unless the configuration says otherwise.
const STATE: &str = "state/frappe-sync.db";
/// The folder of tokens, beside the state file.
const TOKENS: &str = "tokens";
/// gunicorn's and nginx's own limit on a bench, after which a request can no longer be running.
pub(crate) const REQUEST_TIMEOUT: Duration = Duration::from_secs(120);

pub(crate) use serve::{host_of, not_public};

/// Reads the text of a configuration; `path` is where it stands, for messages and relative paths.
///
/// # Errors
///
/// Everything that is wrong in it, each with line, column and what to do.
pub fn read(text: &str, path: &Path) -> Result<Config, CliError> {
    let shown = path.display().to_string();
    let place = Text { file: &shown, text };
    let options = serde_saphyr::options! { strict_booleans: true, with_snippet: false };
    let file: ConfigFile = serde_saphyr::from_str_with_options(text, options)
        .map_err(|error| error_of(&place.unreadable(&error)))?;
    let mut reader = Reader {
        text: place,
        folder: path.parent().unwrap_or(Path::new("")),
        wrong: Vec::new(),
    };
    let config = reader.config(&file);
    let errors = reader.wrong.iter().map(error_of);
    match CliError::of_all(errors) {
        Some(error) => Err(error),
        None => Ok(config),
    }
}

/// Reads on after a mistake, so that all of them are told at once. What it returns counts only where
/// nothing was wrong.
pub(super) struct Reader<'t> {
    pub(super) text: Text<'t>,
    folder: &'t Path,
    pub(super) wrong: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn config(&mut self, file: &ConfigFile) -> Config {
        if file.version.value != VERSION {
            let message = format!("version {} is not known here", file.version.value);
            let diagnostic = self.text.wrong(&file.version, message);
            self.wrong
                .push(diagnostic.with_help(format!("this frappe-sync reads `version: {VERSION}`")));
        }
        let state = match &file.state {
            Some(state) => self.path(state),
            None => self.folder.join(STATE),
        };
        let tokens = state.parent().unwrap_or(Path::new("")).join(TOKENS);
        let mut sites = BTreeMap::new();
        for (name, site) in &file.sites.0 {
            sites.insert(name.value.clone(), self.site(name, site, &tokens));
        }
        let syncs = file
            .syncs
            .0
            .iter()
            .map(|(name, sync)| self.sync(name, sync, &sites))
            .collect();
        let serve = match &file.serve {
            Some(serve) => self.serve(serve),
            None => ServeConfig::default(),
        };
        Config {
            state,
            sites,
            syncs,
            serve,
        }
    }

    fn site(&mut self, name: &Spanned<String>, file: &SiteFile, tokens: &Path) -> SiteConfig {
        SiteConfig {
            name: name.value.clone(),
            url: self.url(&file.url),
            auth: self.auth(&file.auth, &tokens.join(file_name(&name.value))),
            time_zone: file.time_zone.as_ref().and_then(|zone| self.zone(zone)),
            request_timeout: file
                .request_timeout
                .as_ref()
                .map_or(REQUEST_TIMEOUT, |span| self.span(span)),
            ca_file: file.ca_file.as_ref().map(|path| self.file(path)),
            max_in_flight: file
                .max_in_flight
                .as_ref()
                .map(|number| self.in_flight(number)),
        }
    }

    fn sync(
        &mut self,
        name: &Spanned<String>,
        file: &SyncFile,
        sites: &BTreeMap<String, SiteConfig>,
    ) -> SyncConfig {
        self.both_sites(file, sites);
        if file.mappings.value.is_empty() {
            let message = format!("sync `{}` has no mapping", name.value);
            self.wrong.push(self.text.wrong(&file.mappings, message));
        }
        let mut mappings: Vec<PathBuf> = Vec::new();
        for mapping in &file.mappings.value {
            let path = self.mapping(mapping);
            if mappings.contains(&path) {
                let message = format!("`{}` is named twice", mapping.value);
                self.wrong.push(self.text.wrong(mapping, message));
            }
            mappings.push(path);
        }
        SyncConfig {
            name: SyncName::from(name.value.as_str()),
            sites: PerSide {
                a: file.a.value.clone(),
                b: file.b.value.clone(),
            },
            mappings,
            schedule: file.schedule.as_ref().map(|text| self.schedule(text)),
            sweep_schedule: file.sweep_schedule.as_ref().map(|text| self.schedule(text)),
            verify_schedule: file
                .verify_schedule
                .as_ref()
                .map(|text| self.schedule(text)),
            hours: file
                .hours
                .iter()
                .flat_map(|list| self.hours(list))
                .collect(),
            guard: file
                .guard
                .as_ref()
                .map(|guard| self.guard(guard))
                .unwrap_or_default(),
            lag: file.lag.as_ref().and_then(|lag| self.delta(lag)),
            sweep: file.sweep.as_ref().and_then(|sweep| self.delta(sweep)),
            undo_kept: file.undo.as_ref().and_then(|undo| self.delta(&undo.keep)),
        }
    }

    /// Both sites are known, and are not one.
    fn both_sites(&mut self, file: &SyncFile, sites: &BTreeMap<String, SiteConfig>) {
        let named = PerSide {
            a: &file.a,
            b: &file.b,
        };
        let mut known = Vec::new();
        for side in Side::BOTH {
            let name = named[side];
            match sites.get(&name.value) {
                Some(site) => known.push(site),
                None => {
                    let message = format!("there is no site `{}`", name.value);
                    let names = sites.keys().map(String::as_str);
                    let help = match nearest(&name.value, names.clone()) {
                        Some(meant) => format!("did you mean `{meant}`?"),
                        None => format!("sites are: {}", names.collect::<Vec<_>>().join(", ")),
                    };
                    self.wrong
                        .push(self.text.wrong(name, message).with_help(help));
                }
            }
        }
        if let [a, b] = known[..]
            && (a.name == b.name || same_address(&a.url, &b.url))
        {
            let message = if a.name == b.name {
                format!("`{}` stands on both sides", a.name)
            } else {
                format!("`{}` and `{}` are two names of one site", a.name, b.name)
            };
            let diagnostic = self.text.wrong(&file.b, message);
            self.wrong
                .push(diagnostic.with_help("a sync is between two different sites"));
        }
    }

    fn url(&mut self, written: &Spanned<String>) -> SiteUrl {
        SiteUrl::new(&written.value).unwrap_or_else(|error| {
            let diagnostic = self.text.wrong(written, error.to_string());
            self.wrong.push(match error {
                AddressError::NotAUrl(_) => diagnostic,
                _ => diagnostic.with_help("for example `https://erp.example.com`"),
            });
            SiteUrl::new("http://invalid.invalid").expect("a constant address is one")
        })
    }

    fn zone(&mut self, written: &Spanned<String>) -> Option<chrono_tz::Tz> {
        let zone = written.value.parse().ok();
        if zone.is_none() {
            let diagnostic = self
                .text
                .wrong(written, format!("`{}` is no time zone", written.value));
            let names = chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name());
            self.wrong.push(match nearest(&written.value, names) {
                Some(meant) => diagnostic.with_help(format!("did you mean `{meant}`?")),
                None => diagnostic.with_help("for example `Asia/Kolkata` or `Europe/Berlin`"),
            });
        }
        zone
    }

    fn span(&mut self, written: &Spanned<String>) -> Duration {
        quantity::span(&written.value).unwrap_or_else(|| {
            let message = format!("`{}` is no span of time", written.value);
            let diagnostic = self.text.wrong(written, message);
            self.wrong.push(diagnostic.with_help(
                "a number with `ms`, `s`, `m`, `h` or `d`, such as `120s` or `30 days`",
            ));
            Duration::ZERO
        })
    }

    fn delta(&mut self, written: &Spanned<String>) -> Option<TimeDelta> {
        TimeDelta::from_std(self.span(written)).ok()
    }

    fn in_flight(&mut self, written: &Spanned<u64>) -> u32 {
        let number = u32::try_from(written.value).unwrap_or(0);
        if !(1..=64).contains(&number) {
            let diagnostic = self
                .text
                .wrong(written, "requests in flight are between 1 and 64");
            self.wrong
                .push(diagnostic.with_help("a bench serves about twice as many as it has cores"));
        }
        number
    }

    fn guard(&mut self, file: &GuardFile) -> GuardConfig {
        let mut limit = |written: &Option<Spanned<String>>| {
            let written = written.as_ref()?;
            match Limit::parse(&written.value) {
                Ok(limit) => Some(limit),
                Err(error) => {
                    self.wrong.push(self.text.wrong(written, error.to_string()));
                    None
                }
            }
        };
        GuardConfig {
            max_changes: limit(&file.max_changes),
            max_deletes: limit(&file.max_deletes),
        }
    }

    /// Returns a path as seen from the working directory.
    pub(super) fn path(&mut self, written: &Spanned<String>) -> PathBuf {
        if written.value.trim().is_empty() {
            self.wrong
                .push(self.text.wrong(written, "a path is missing here"));
        }
        self.folder.join(&written.value)
    }

    /// Returns the path of a file that is there.
    /// A mapping file, or a folder of them.
    fn mapping(&mut self, written: &Spanned<String>) -> PathBuf {
        let path = self.path(written);
        if path.is_dir() {
            return path;
        }
        self.file(written)
    }

    fn file(&mut self, written: &Spanned<String>) -> PathBuf {
        let path = self.path(written);
        if !path.is_file() {
            let message = format!("there is no file `{}`", written.value);
            let folder = match self.folder.to_str() {
                Some("") | None => ".",
                Some(folder) => folder,
            };
            let diagnostic = self.text.wrong(written, message);
            self.wrong.push(
                diagnostic.with_help(format!("paths begin at `{folder}`, where this file is")),
            );
        }
        path
    }
}

/// Names the file of a site's tokens, with what cannot stand in a file name written as `%` and its code.
fn file_name(site: &str) -> String {
    let mut name = String::new();
    for character in site.chars() {
        if character.is_alphanumeric() || matches!(character, '-' | '_') {
            name.push(character);
        } else {
            name.push_str(&format!("%{:02X}", u32::from(character)));
        }
    }
    name + ".json"
}

/// Tells whether two addresses surely lead to one site: the scheme makes no difference.
pub(crate) fn same_address(a: &SiteUrl, b: &SiteUrl) -> bool {
    let without_scheme = |url: &SiteUrl| {
        let text = url.as_str();
        text.split_once("://")
            .map_or(text, |(_, rest)| rest)
            .to_owned()
    };
    without_scheme(a) == without_scheme(b)
}
