//! Tokens that run out: had once, kept in a file, renewed in time, and once where the site no longer takes them.

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::Mutex;

use super::grant::{OAuth, OAuthGrant};
use super::token_answer::{Denied, ask_for_tokens, revoke};
use super::token_file::{TokenFileError, TokenLock};
use super::tokens::Tokens;
use super::{Pkce, Proof};
use crate::failure::Failure;
use crate::messenger::Messenger;

/// Logs in by tokens of an OAuth provider.
pub(crate) struct BearerLogin {
    oauth: OAuth,
    held: Mutex<Held>,
}

/// What this process knows of the tokens.
#[derive(Default)]
struct Held {
    tokens: Option<Tokens>,
    /// Counts the tokens that there were.
    number: u64,
    /// Why there are none, and none are asked for again: wrong passwords lock a user out.
    refused: Option<String>,
}

impl Held {
    fn take(&mut self, tokens: Tokens) {
        self.tokens = Some(tokens);
        self.number += 1;
        self.refused = None;
    }

    fn proof(&self) -> Option<Proof> {
        let tokens = self.tokens.as_ref()?;
        let text = format!("Bearer {}", tokens.access.expose_secret());
        let mut header = HeaderValue::from_str(&text).ok()?;
        header.set_sensitive(true);
        Some(Proof {
            headers: HeaderMap::from_iter([(AUTHORIZATION, header)]),
            number: self.number,
        })
    }
}

impl BearerLogin {
    pub(super) fn new(oauth: OAuth) -> Self {
        Self {
            oauth,
            held: Mutex::default(),
        }
    }

    /// Returns the proof of the token, renewed where it is about to run out.
    pub(super) async fn proof(&self, messenger: Messenger<'_>) -> Result<Proof, Failure> {
        // Held while we ask: all requests wait for one renewal.
        let mut held = self.held.lock().await;
        let now = messenger.config.clock.now();
        let is_good = held
            .tokens
            .as_ref()
            .is_some_and(|tokens| !tokens.is_due(now));
        if !is_good {
            self.obtain(&mut held, messenger, None).await?;
        }
        held.proof().ok_or_else(|| self.nobody(messenger))
    }

    /// Gets another token in place of one that the site did not take, unless another request has done so.
    pub(super) async fn renew(
        &self,
        messenger: Messenger<'_>,
        refused: &Proof,
    ) -> Result<Proof, Failure> {
        let mut held = self.held.lock().await;
        if held.number == refused.number {
            let stale = held.tokens.as_ref().map(|tokens| tokens.access.clone());
            self.obtain(&mut held, messenger, stale.as_ref()).await?;
        }
        held.proof().ok_or_else(|| self.nobody(messenger))
    }

    /// Gets tokens: from the file, where another process has renewed them; else by the refresh token; else as
    /// the grant says. `stale` is an access token that is no longer taken.
    async fn obtain(
        &self,
        held: &mut Held,
        messenger: Messenger<'_>,
        stale: Option<&SecretString>,
    ) -> Result<(), Failure> {
        if let Some(message) = &held.refused {
            return Err(Failure::of_login(message.clone()));
        }
        let file = &self.oauth.tokens;
        let lock = file.lock().await.map_err(not_kept)?;
        let kept = self.kept(messenger).map_err(not_kept)?;
        let now = messenger.config.clock.now();
        if let Some(kept) = &kept
            && !kept.is_due(now)
            && !stale.is_some_and(|stale| kept.is_access(stale))
        {
            held.take(kept.clone());
            return Ok(());
        }
        let refresh = kept.as_ref().and_then(|kept| kept.refresh.as_ref());
        let mut denied = None;
        if let Some(refresh) = refresh {
            let fields = [
                ("grant_type", "refresh_token"),
                ("refresh_token", refresh.expose_secret()),
            ];
            match self.ask(&lock, messenger, &fields, Some(refresh)).await? {
                Ok(tokens) => {
                    held.take(tokens);
                    return Ok(());
                }
                Err(Denied(words)) => denied = Some(words),
            }
        }
        let fields = match &self.oauth.grant {
            OAuthGrant::AuthorizationCode => {
                let failure = match denied {
                    Some(words) => self.over(messenger, &words),
                    None if kept.is_some() => self.over(messenger, "there is no refresh token"),
                    None => self.nobody(messenger),
                };
                held.refused = Some(failure.error.message.clone());
                return Err(failure);
            }
            OAuthGrant::Password { user, password } => vec![
                ("grant_type", "password"),
                ("username", user.as_str()),
                ("password", password.expose_secret()),
                ("scope", self.oauth.client.scope.as_str()),
            ],
            OAuthGrant::ClientCredentials => vec![
                ("grant_type", "client_credentials"),
                ("scope", self.oauth.client.scope.as_str()),
            ],
        };
        match self.ask(&lock, messenger, &fields, None).await? {
            Ok(tokens) => {
                held.take(tokens);
                Ok(())
            }
            Err(Denied(words)) => {
                let message = self.denied(messenger, &words);
                held.refused = Some(message.clone());
                Err(Failure::of_login(message))
            }
        }
    }

    /// Redeems the code that a browser brought.
    pub(crate) async fn redeem(
        &self,
        messenger: Messenger<'_>,
        code: &SecretString,
        pkce: &Pkce,
        redirect: &str,
    ) -> Result<(), Failure> {
        let mut held = self.held.lock().await;
        let lock = self.oauth.tokens.lock().await.map_err(not_kept)?;
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code.expose_secret()),
            ("redirect_uri", redirect),
            ("code_verifier", pkce.verifier()),
        ];
        match self.ask(&lock, messenger, &fields, None).await? {
            Ok(tokens) => {
                held.take(tokens);
                Ok(())
            }
            Err(Denied(words)) => Err(Failure::of_login(format!(
                "`{}` does not give a token for the code: {words}",
                self.endpoint(messenger)
            ))),
        }
    }

    /// Makes the tokens void, and forgets them; `None` where there are none, else whether they are void.
    pub(crate) async fn end(&self, messenger: Messenger<'_>) -> Result<Option<bool>, Failure> {
        let mut held = self.held.lock().await;
        let file = &self.oauth.tokens;
        let lock = file.lock().await.map_err(not_kept)?;
        let kept = self.kept(messenger).map_err(not_kept)?;
        let client = &self.oauth.client;
        // Where a gateway makes tokens void is not known.
        let can_revoke = client.token_url.is_none();
        if let Some(kept) = &kept
            && can_revoke
        {
            revoke(messenger, client, "access_token", &kept.access).await?;
            if let Some(refresh) = &kept.refresh {
                revoke(messenger, client, "refresh_token", refresh).await?;
            }
        }
        file.remove(&lock).map_err(not_kept)?;
        *held = Held::default();
        Ok(kept.map(|_| can_revoke))
    }

    /// Asks for tokens and keeps them; only then are they used.
    async fn ask(
        &self,
        lock: &TokenLock,
        messenger: Messenger<'_>,
        fields: &[(&str, &str)],
        used: Option<&SecretString>,
    ) -> Result<Result<Tokens, Denied>, Failure> {
        let client = &self.oauth.client;
        let place = self.oauth.tokens.place(lock).map_err(not_kept)?;
        let tokens = match ask_for_tokens(messenger, client, fields, used).await? {
            Ok(tokens) => tokens,
            Err(denied) => return Ok(Err(denied)),
        };
        place
            .keep(&tokens.to_text(messenger.config.url.as_str(), &client.id))
            .map_err(not_kept)?;
        Ok(Ok(tokens))
    }

    fn kept(&self, messenger: Messenger<'_>) -> Result<Option<Tokens>, TokenFileError> {
        let (site, client) = (messenger.config.url.as_str(), &self.oauth.client.id);
        self.oauth.tokens.read(site, client)
    }

    /// Names who gives tokens.
    fn endpoint(&self, messenger: Messenger<'_>) -> String {
        match &self.oauth.client.token_url {
            Some(endpoint) => endpoint.to_string(),
            None => messenger.config.url.to_string(),
        }
    }

    fn nobody(&self, messenger: Messenger<'_>) -> Failure {
        Failure::of_login(format!(
            "nobody has logged in to `{}` yet",
            messenger.config.url
        ))
    }

    fn over(&self, messenger: Messenger<'_>, words: &str) -> Failure {
        Failure::of_login(format!(
            "the login to `{}` is over: it gives no new token ({words})",
            self.endpoint(messenger)
        ))
    }

    fn denied(&self, messenger: Messenger<'_>, words: &str) -> String {
        let endpoint = self.endpoint(messenger);
        match &self.oauth.grant {
            OAuthGrant::Password { user, .. } => format!(
                "`{endpoint}` gives no token for user `{user}` with this password ({words}); it is not tried \
                 again, since ten failures lock a user out"
            ),
            _ if self.oauth.client.token_url.is_none() => format!(
                "`{endpoint}` gives no token for `client_credentials` ({words}); Frappe itself never does"
            ),
            _ => format!("`{endpoint}` gives no token for `client_credentials` ({words})"),
        }
    }
}

fn not_kept(error: TokenFileError) -> Failure {
    Failure::of_login(error.to_string()).caused_by(error.into())
}
