//! The address of a token or authorisation endpoint that is not the site's own.

use std::fmt;

use url::Url;

/// An address that a gateway in front of a site, or an identity provider, gives out tokens at. It holds no user
/// and no password, so it can be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint(Url);

/// Why a text is no such address. The text is not repeated: it may hold a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EndpointError {
    /// It is no URL at all, or one of another kind.
    #[error("an endpoint is written like `https://login.example.com/oauth/token`")]
    NotAnAddress,
    /// It holds a user or a password, or ends in `#...`.
    #[error("the address of an endpoint holds no user, no password and no `#`")]
    Credentials,
}

impl Endpoint {
    /// Reads an address.
    ///
    /// # Errors
    ///
    /// Where the text is no `https://` or `http://` address, or holds a user or password.
    pub fn new(text: &str) -> Result<Self, EndpointError> {
        let url = Url::parse(text.trim()).map_err(|_| EndpointError::NotAnAddress)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(EndpointError::NotAnAddress);
        }
        if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
            return Err(EndpointError::Credentials);
        }
        Ok(Self(url))
    }

    pub(crate) fn url(&self) -> &Url {
        &self.0
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_endpoint_is_refused_without_being_repeated() {
        for text in ["hunter2", "ftp://x.example/hunter2"] {
            let error = Endpoint::new(text).unwrap_err();
            assert_eq!(error, EndpointError::NotAnAddress);
            assert!(!error.to_string().contains("hunter2"));
        }
        let error = Endpoint::new("https://me:hunter2@x.example/token").unwrap_err();
        assert_eq!(error, EndpointError::Credentials);
        assert!(Endpoint::new("https://x.example/token?realm=erp").is_ok());
    }
}
