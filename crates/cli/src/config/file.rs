//! The shape of `frappe-sync.yaml`, key by key.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_saphyr::Spanned;

/// The whole file.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ConfigFile {
    pub(super) version: Spanned<u64>,
    pub(super) state: Option<Spanned<String>>,
    pub(super) sites: Named<SiteFile>,
    pub(super) syncs: Named<SyncFile>,
    pub(super) serve: Option<ServeFile>,
}

/// A site.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SiteFile {
    pub(super) url: Spanned<String>,
    pub(super) auth: Spanned<AuthFile>,
    pub(super) time_zone: Option<Spanned<String>>,
    pub(super) request_timeout: Option<Spanned<String>>,
    pub(super) ca_file: Option<Spanned<String>>,
    pub(super) max_in_flight: Option<Spanned<u64>>,
}

/// How to log in to a site.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AuthFile {
    pub(super) kind: Option<AuthKindFile>,
    pub(super) api_key: Option<Spanned<String>>,
    pub(super) api_key_env: Option<Spanned<String>>,
    pub(super) api_key_file: Option<Spanned<String>>,
    pub(super) api_key_command: Option<Spanned<String>>,
    pub(super) api_secret_env: Option<Spanned<String>>,
    pub(super) api_secret_file: Option<Spanned<String>>,
    pub(super) api_secret_command: Option<Spanned<String>>,
    pub(super) user: Option<Spanned<String>>,
    pub(super) password_env: Option<Spanned<String>>,
    pub(super) password_file: Option<Spanned<String>>,
    pub(super) password_command: Option<Spanned<String>>,
    pub(super) grant: Option<Spanned<GrantFile>>,
    pub(super) client_id: Option<Spanned<String>>,
    pub(super) client_secret_env: Option<Spanned<String>>,
    pub(super) client_secret_file: Option<Spanned<String>>,
    pub(super) client_secret_command: Option<Spanned<String>>,
    pub(super) scope: Option<Spanned<String>>,
    pub(super) authorize_url: Option<Spanned<String>>,
    pub(super) token_url: Option<Spanned<String>>,
}

/// The ways to log in.
#[derive(Clone, Copy, Debug, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum AuthKindFile {
    Token,
    Basic,
    Session,
    OAuth,
}

/// In whose name an OAuth client asks for tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum GrantFile {
    AuthorizationCode,
    Password,
    ClientCredentials,
}

/// A sync.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SyncFile {
    pub(super) a: Spanned<String>,
    pub(super) b: Spanned<String>,
    pub(super) mappings: Spanned<Vec<Spanned<String>>>,
    pub(super) schedule: Option<Spanned<String>>,
    pub(super) sweep_schedule: Option<Spanned<String>>,
    pub(super) verify_schedule: Option<Spanned<String>>,
    pub(super) hours: Option<Spanned<Vec<Spanned<String>>>>,
    pub(super) guard: Option<GuardFile>,
    pub(super) lag: Option<Spanned<String>>,
    pub(super) sweep: Option<Spanned<String>>,
    pub(super) undo: Option<UndoFile>,
}

/// What runs always.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ServeFile {
    pub(super) listen: Option<Spanned<String>>,
    pub(super) public_url: Option<Spanned<String>>,
    pub(super) webhook_secret_env: Option<Spanned<String>>,
    pub(super) webhook_secret_file: Option<Spanned<String>>,
    pub(super) webhook_secret_command: Option<Spanned<String>>,
    pub(super) token_env: Option<Spanned<String>>,
    pub(super) token_file: Option<Spanned<String>>,
    pub(super) token_command: Option<Spanned<String>>,
    pub(super) time_zone: Option<Spanned<String>>,
    pub(super) max_runs: Option<Spanned<u64>>,
    pub(super) tell: Option<TellFile>,
}

/// How people are told.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TellFile {
    pub(super) command: Option<Spanned<String>>,
    pub(super) url: Option<Spanned<String>>,
}

/// What is kept for an undo.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UndoFile {
    pub(super) keep: Spanned<String>,
}

/// How much may change in one run.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GuardFile {
    pub(super) max_changes: Option<Spanned<String>>,
    pub(super) max_deletes: Option<Spanned<String>>,
}

/// Entries with names of the user's choice, in the order of the file.
#[derive(Debug)]
pub(super) struct Named<T>(pub(super) Vec<(Spanned<String>, T)>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Named<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(NamedVisitor(PhantomData))
    }
}

struct NamedVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for NamedVisitor<T> {
    type Value = Named<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("names with what belongs to each")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut named = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            named.push(entry);
        }
        Ok(Named(named))
    }
}
