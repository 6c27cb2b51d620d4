//! The address of a site, safe to show.

use std::fmt;
use std::str::FromStr;

use url::Url;

/// The address under which a site answers: `http` or `https`, host, port and path prefix, without a
/// slash at the end. It holds no user and no password, so it can be shown anywhere.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SiteUrl {
    text: Box<str>,
    encrypted: bool,
}

/// Why a text is not the address of a site. The text is not repeated: it may hold a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// It is no URL at all.
    #[error("the address of a site is written like `https://erp.example.com`: {0}")]
    NotAUrl(url::ParseError),
    /// It is a URL of another kind.
    #[error("the address of a site begins with `https://` or `http://`")]
    Scheme,
    /// It holds a user or a password.
    #[error("the address of a site holds no user and no password; give the API key under `auth`")]
    Credentials,
    /// It holds `?` or `#`.
    #[error("the address of a site ends before any `?` or `#`")]
    Query,
    /// It is that of a page, as a browser shows it.
    #[error("the address of a site ends before `/app`, `/desk`, `/login` and `/api`")]
    Page,
}

/// The first parts of the paths of pages and of the API (protocol 1).
const PAGES: [&str; 4] = ["app", "desk", "login", "api"];

impl SiteUrl {
    /// Reads an address. Slashes at its end are dropped, a path prefix is kept.
    ///
    /// # Errors
    ///
    /// Where the text is no address of a site; see [`AddressError`].
    pub fn new(text: &str) -> Result<Self, AddressError> {
        let url = Url::parse(text.trim()).map_err(AddressError::NotAUrl)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(AddressError::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(AddressError::Credentials);
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(AddressError::Query);
        }
        let mut parts = url.path_segments().into_iter().flatten();
        if parts.any(|part| PAGES.contains(&part)) {
            return Err(AddressError::Page);
        }
        Ok(Self {
            text: url.as_str().trim_end_matches('/').into(),
            encrypted: url.scheme() == "https",
        })
    }

    /// Returns the address, without a slash at its end.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Tells whether requests travel encrypted.
    pub fn is_encrypted(&self) -> bool {
        self.encrypted
    }

    /// Appends an encoded path that begins with a slash.
    pub(crate) fn join(&self, path: &str) -> String {
        format!("{}{path}", self.text)
    }
}

impl FromStr for SiteUrl {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        Self::new(text)
    }
}

impl fmt::Display for SiteUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for SiteUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_loses_its_last_slash_and_keeps_its_prefix() {
        for (given, kept) in [
            ("https://erp.example.com/", "https://erp.example.com"),
            ("https://erp.example.com", "https://erp.example.com"),
            ("HTTPS://ERP.example.com:443/", "https://erp.example.com"),
            (" http://localhost:8000/erp// ", "http://localhost:8000/erp"),
        ] {
            assert_eq!(SiteUrl::new(given).unwrap().as_str(), kept, "{given}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused_without_being_repeated() {
        for (given, error) in [
            ("ftp://erp.example.com", AddressError::Scheme),
            (
                "https://user:hunter2@erp.example.com",
                AddressError::Credentials,
            ),
            ("https://hunter2@erp.example.com", AddressError::Credentials),
            ("https://erp.example.com/?sid=hunter2", AddressError::Query),
            ("https://erp.example.com/#hunter2", AddressError::Query),
            ("https://erp.example.com/app/home", AddressError::Page),
            ("https://example.com/erp/desk", AddressError::Page),
        ] {
            let got = SiteUrl::new(given).unwrap_err();
            assert_eq!(got, error);
            assert!(!got.to_string().contains("hunter2"));
        }
        assert!(matches!(
            SiteUrl::new("erp hunter2").unwrap_err(),
            AddressError::NotAUrl(_)
        ));
    }
}
