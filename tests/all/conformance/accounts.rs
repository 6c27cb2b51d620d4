//! Users with a password, their sessions, and OAuth Clients, for checks about ways to log in.

use reqwest::header::{ACCEPT, CONTENT_TYPE, COOKIE};
use reqwest::{Method, Url};
use serde_json::{Value, json};

use super::answer::Answer;
use super::failure::{Failure, Outcome, equal, name};
use super::site::{Sender, Site};

/// A user with a password.
pub(super) struct Account {
    pub(super) user: String,
    pub(super) password: String,
}

impl Account {
    /// Makes a user who may do what ours may.
    pub(super) async fn make(site: &Site) -> Result<Self, Failure> {
        let stem = site.unique("fsc");
        // No dictionary has it, which the site's policy may ask for.
        let password = format!("Vq7!{stem}!Kx92-zW");
        let user = format!("{stem}@example.com");
        let document = json!({
            "email": user, "first_name": stem, "enabled": 1, "send_welcome_email": 0,
            "new_password": password, "roles": [{"role": "System Manager"}],
        });
        site.create("User", document).await?;
        Ok(Self { user, password })
    }

    /// Takes the user away, or at least its rights, where something of it stays on the site.
    pub(super) async fn remove(self, site: &Site) -> Outcome {
        let gone = site.try_delete("User", &self.user).await?;
        if gone.status() != 202 {
            site.update("User", &self.user, json!({"enabled": 0}))
                .await?;
        }
        Ok(())
    }

    /// Sends the password, or another one.
    pub(super) async fn try_log_in(&self, site: &Site, password: &str) -> Result<Answer, Failure> {
        let url = site.address(&["api", "method", "login"], &[]);
        let body = json!({"usr": self.user, "pwd": password});
        site.send_as(Sender::Guest, Method::POST, url, Some(body))
            .await
    }

    /// Begins a session.
    pub(super) async fn log_in(&self, site: &Site) -> Result<Session, Failure> {
        let answer = self.try_log_in(site, &self.password).await?;
        answer.has_status(200)?;
        match answer.cookie("sid") {
            Some(sid) if sid != "Guest" => Ok(Session {
                cookies: format!("sid={sid}; user_id={}", encoded(&self.user)),
            }),
            _ => Err(answer.fault("wanted a cookie `sid`")),
        }
    }
}

/// The cookies of a session.
pub(super) struct Session {
    pub(super) cookies: String,
}

impl Session {
    /// Sends a request in the session, and with another header if one is given.
    pub(super) async fn send(
        &self,
        site: &Site,
        method: Method,
        url: Url,
        body: Option<Value>,
        header: Option<(&str, &str)>,
    ) -> Result<Answer, Failure> {
        let mut request = site
            .request(Sender::Guest, method, url)?
            .header(ACCEPT, "application/json")
            .header(COOKIE, &self.cookies);
        if let Some((name, value)) = header {
            request = request.header(name, value);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        site.answer(request).await
    }

    /// Asks who the session is.
    pub(super) async fn whoami(&self, site: &Site) -> Result<Answer, Failure> {
        let url = site.address(&["api", "method", "frappe.auth.get_logged_user"], &[]);
        self.send(site, Method::GET, url, None, None).await
    }
}

/// Where a code is brought; nobody listens there.
pub(super) const REDIRECT: &str = "http://127.0.0.1:8765/callback";

/// An example of RFC 7636.
pub(super) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// Makes an OAuth Client that asks no person for consent, and gives its id.
pub(super) async fn oauth_client(site: &Site) -> Result<String, Failure> {
    let document = json!({
        "app_name": site.unique("fsc"), "scopes": "all openid", "redirect_uris": REDIRECT,
        "default_redirect_uri": REDIRECT, "grant_type": "Authorization Code", "response_type": "Code",
        "skip_authorization": 1,
    });
    let made = site.create_and_read("OAuth Client", document).await?;
    equal("client_id", &made["client_id"], &made["name"])?;
    Ok(name(&made)?.to_owned())
}

/// Takes an OAuth Client away, unless tokens of it keep it.
pub(super) async fn remove_client(site: &Site, client: &str) -> Outcome {
    site.try_delete("OAuth Client", client).await.map(|_| ())
}

/// Lets a client in, in a session, and gives the code.
pub(super) async fn code(site: &Site, session: &Session, client: &str) -> Result<String, Failure> {
    let query = [
        ("response_type", "code"),
        ("client_id", client),
        ("redirect_uri", REDIRECT),
        ("scope", "all openid"),
        ("state", "st4te"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    let method = "frappe.integrations.oauth2.authorize";
    let mut url = site.address(&["api", "method", method], &query);
    // From `authorize` to `approve`, and from there to us.
    for _ in 0..2 {
        let answer = session
            .send(site, Method::GET, url.clone(), None, None)
            .await?;
        let target = answer.header("location").map(str::to_owned);
        let Some(target) = target else {
            return Err(answer.fault("wanted a redirect"));
        };
        url = url
            .join(&target)
            .map_err(|error| answer.fault(&format!("no address: {error}")))?;
        if url.as_str().starts_with(REDIRECT) {
            let value = |key: &str| {
                let mut pairs = url.query_pairs();
                pairs
                    .find(|(known, _)| known == key)
                    .map(|(_, value)| value.into_owned())
            };
            equal("state", value("state").as_deref(), Some("st4te"))?;
            return value("code").ok_or_else(|| answer.fault("wanted a code"));
        }
    }
    Err(Failure::new("the code did not come"))
}

/// Posts a form to a method of the OAuth provider, as nobody.
pub(super) async fn post_form(
    site: &Site,
    method: &str,
    fields: &[(&str, &str)],
) -> Result<Answer, Failure> {
    let method = format!("frappe.integrations.oauth2.{method}");
    let url = site.address(&["api", "method", &method], &[]);
    let form = site.address(&[], fields);
    let request = site
        .request(Sender::Guest, Method::POST, url)?
        .header(ACCEPT, "application/json")
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(form.query().unwrap_or_default().to_owned());
    site.answer(request).await
}

fn encoded(user: &str) -> String {
    user.replace('@', "%40")
}
