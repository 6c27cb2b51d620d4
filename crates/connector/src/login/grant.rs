//! An OAuth client of a site, and how it comes by tokens (protocol 2.4).

use secrecy::SecretString;
use url::Url;

use super::{Endpoint, Pkce, TokenFile};
use crate::SiteUrl;

/// Where Frappe's own provider answers.
pub(super) const PROVIDER: &str = "frappe.integrations.oauth2";

/// How tokens are had, and where they are kept.
#[derive(Clone, Debug)]
pub struct OAuth {
    /// Who asks for tokens.
    pub client: OAuthClient,
    /// In whose name.
    pub grant: OAuthGrant,
    /// Where they are kept between runs.
    pub tokens: TokenFile,
}

/// An OAuth Client, as the site knows it. `Debug` does not show the secret.
#[derive(Clone, Debug)]
pub struct OAuthClient {
    /// `client_id`: on Frappe the name of the OAuth Client.
    pub id: String,
    /// `client_secret`, which Frappe does not look at and a gateway may.
    pub secret: Option<SecretString>,
    /// The scopes, with blanks between them.
    pub scope: String,
    /// Where a browser is sent, if not to the site.
    pub authorize_url: Option<Endpoint>,
    /// Where tokens are asked for, if not at the site.
    pub token_url: Option<Endpoint>,
}

/// In whose name tokens are asked for. `Debug` does not show a password.
#[derive(Clone, Debug)]
pub enum OAuthGrant {
    /// A person who agreed in a browser, once.
    AuthorizationCode,
    /// A user with a password.
    Password {
        /// The user.
        user: String,
        /// The password.
        password: SecretString,
    },
    /// The client itself. Frappe refuses this; a gateway may not.
    ClientCredentials,
}

impl OAuthClient {
    /// Returns the address that a person opens in a browser to let this client in. The site then sends the
    /// browser to `redirect` with a code and with `state`, which only that answer can know.
    pub fn authorize_address(
        &self,
        site: &SiteUrl,
        redirect: &str,
        state: &str,
        pkce: &Pkce,
    ) -> String {
        let own = site.join(&format!("/api/method/{PROVIDER}.authorize"));
        let base = match &self.authorize_url {
            Some(endpoint) => Ok(endpoint.url().clone()),
            None => Url::parse(&own),
        };
        let Ok(mut url) = base else {
            // A site's address with a path behind it is one.
            return own;
        };
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.id)
            .append_pair("redirect_uri", redirect)
            .append_pair("scope", &self.scope)
            .append_pair("state", state)
            .append_pair("code_challenge", pkce.challenge())
            .append_pair("code_challenge_method", "S256");
        url.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_sent_to_the_site_or_to_its_gateway_with_all_that_it_needs() {
        let mut client = OAuthClient {
            id: "abc".to_owned(),
            secret: Some("hunter2".into()),
            scope: "all openid".to_owned(),
            authorize_url: None,
            token_url: None,
        };
        let site = SiteUrl::new("https://erp.example.com/erp").unwrap();
        let pkce = Pkce::random().unwrap();
        let address = |client: &OAuthClient| {
            client.authorize_address(&site, "http://127.0.0.1:8765/callback", "st", &pkce)
        };
        let own = address(&client);
        let expected = format!(
            "https://erp.example.com/erp/api/method/frappe.integrations.oauth2.authorize?response_type=code\
             &client_id=abc&redirect_uri=http%3A%2F%2F127.0.0.1%3A8765%2Fcallback&scope=all+openid&state=st\
             &code_challenge={}&code_challenge_method=S256",
            pkce.challenge()
        );
        assert_eq!(own, expected);
        client.authorize_url = Some(Endpoint::new("https://id.example.com/go?realm=1").unwrap());
        assert!(address(&client).starts_with("https://id.example.com/go?realm=1&response_type="));
        assert!(!format!("{client:?} {own}").contains("hunter2"));
    }
}
