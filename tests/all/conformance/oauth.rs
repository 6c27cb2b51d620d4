//! Frappe's own OAuth provider.

use reqwest::Method;
use serde_json::{Value, json};

use super::accounts::{Account, REDIRECT, VERIFIER, code, oauth_client, post_form, remove_client};
use super::answer::Answer;
use super::check::checks;
use super::failure::{Failure, Outcome, equal, holds, text};
use super::site::{Sender, Site};

checks! {
    ALL, "2.4", "a code with its PKCE verifier gives an access and a refresh token, without the client's secret" => by_code;
    ALL, "2.4", "a code with another verifier gives nothing: 400 invalid_grant" => wrong_verifier;
    ALL, "2.4", "a refresh token gives a new pair, and the old one stays good" => refresh;
    ALL, "2.4", "a revoked access token is 401, and the refresh token beside it gives nothing" => revoke;
    ALL, "2.4", "user and password give a token" => by_password;
    ALL, "2.4", "client_credentials are refused: 400 unauthorized_client" => client_credentials;
    ALL, "2.4", "a token request in JSON is refused: 400 unsupported_grant_type" => json_request;
    ALL, "2.4", "anybody may ask whether a token is good" => introspect;
    ALL, "2.4", "an unknown bearer is 401" => unknown_bearer;
}

/// A user, a client, and a pair of tokens for both.
struct Let {
    account: Account,
    client: String,
    tokens: Value,
}

impl Let {
    async fn in_by_code(site: &Site) -> Result<Self, Failure> {
        let account = Account::make(site).await?;
        let session = account.log_in(site).await?;
        let client = oauth_client(site).await?;
        let code = code(site, &session, &client).await?;
        let answer = redeem(site, &client, &code, VERIFIER).await?;
        answer.has_status(200)?;
        Ok(Self {
            account,
            client,
            tokens: answer.json()?,
        })
    }

    async fn remove(self, site: &Site) -> Outcome {
        remove_client(site, &self.client).await?;
        self.account.remove(site).await
    }
}

async fn redeem(site: &Site, client: &str, code: &str, verifier: &str) -> Result<Answer, Failure> {
    let fields = [
        ("grant_type", "authorization_code"),
        ("client_id", client),
        ("code", code),
        ("redirect_uri", REDIRECT),
        ("code_verifier", verifier),
    ];
    post_form(site, "get_token", &fields).await
}

async fn renew(site: &Site, client: &str, tokens: &Value) -> Result<Answer, Failure> {
    let fields = [
        ("grant_type", "refresh_token"),
        ("client_id", client),
        ("refresh_token", text(tokens, "refresh_token")?),
    ];
    post_form(site, "get_token", &fields).await
}

async fn whoami(site: &Site, tokens: &Value) -> Result<Answer, Failure> {
    let header = format!("Bearer {}", text(tokens, "access_token")?);
    let url = site.address(&["api", "method", "frappe.auth.get_logged_user"], &[]);
    site.send_as(Sender::Header(&header), Method::GET, url, None)
        .await
}

async fn by_code(site: &Site) -> Outcome {
    let them = Let::in_by_code(site).await?;
    equal("token_type", text(&them.tokens, "token_type")?, "Bearer")?;
    let expires_in = them.tokens["expires_in"].as_i64().unwrap_or_default();
    holds(
        (60..=86_400).contains(&expires_in),
        format!("expires_in is {expires_in}"),
    )?;
    holds(
        !text(&them.tokens, "refresh_token")?.is_empty(),
        "no refresh token",
    )?;
    let user = whoami(site, &them.tokens).await?.message()?;
    equal("user", user, them.account.user.as_str())?;
    them.remove(site).await
}

async fn wrong_verifier(site: &Site) -> Outcome {
    let account = Account::make(site).await?;
    let session = account.log_in(site).await?;
    let client = oauth_client(site).await?;
    let code = code(site, &session, &client).await?;
    let other = "M25iVXpKU3puUjFaYWg3T1NDTDQtcW1ROUY5YXlwalNoc0hhakxifmZHag";
    let answer = redeem(site, &client, &code, other).await?;
    answer.has_status(400)?;
    equal("error", &answer.json()?["error"], &json!("invalid_grant"))?;
    remove_client(site, &client).await?;
    account.remove(site).await
}

async fn refresh(site: &Site) -> Outcome {
    let them = Let::in_by_code(site).await?;
    let answer = renew(site, &them.client, &them.tokens).await?;
    answer.has_status(200)?;
    let new = answer.json()?;
    for key in ["access_token", "refresh_token"] {
        holds(
            new[key] != them.tokens[key],
            format!("`{key}` is the old one"),
        )?;
    }
    for tokens in [&new, &them.tokens] {
        let user = whoami(site, tokens).await?.message()?;
        equal("user", user, them.account.user.as_str())?;
    }
    renew(site, &them.client, &them.tokens)
        .await?
        .has_status(200)?;
    them.remove(site).await
}

async fn revoke(site: &Site) -> Outcome {
    let them = Let::in_by_code(site).await?;
    let fields = [
        ("token", text(&them.tokens, "access_token")?),
        ("token_type_hint", "access_token"),
        ("client_id", &them.client),
    ];
    let answer = post_form(site, "revoke_token", &fields).await?;
    answer.has_status(200)?;
    whoami(site, &them.tokens).await?.has_status(401)?;
    let renewed = renew(site, &them.client, &them.tokens).await?;
    holds(
        (400..500).contains(&renewed.status()),
        renewed.fault("wanted no token"),
    )?;
    them.remove(site).await
}

async fn by_password(site: &Site) -> Outcome {
    let account = Account::make(site).await?;
    let client = oauth_client(site).await?;
    let fields = [
        ("grant_type", "password"),
        ("client_id", &client),
        ("username", &account.user),
        ("password", &account.password),
        ("scope", "all openid"),
    ];
    let answer = post_form(site, "get_token", &fields).await?;
    answer.has_status(200)?;
    let user = whoami(site, &answer.json()?).await?.message()?;
    equal("user", user, account.user.as_str())?;
    remove_client(site, &client).await?;
    account.remove(site).await
}

async fn client_credentials(site: &Site) -> Outcome {
    let client = oauth_client(site).await?;
    let fields = [
        ("grant_type", "client_credentials"),
        ("client_id", client.as_str()),
    ];
    let answer = post_form(site, "get_token", &fields).await?;
    answer.has_status(400)?;
    equal(
        "error",
        &answer.json()?["error"],
        &json!("unauthorized_client"),
    )?;
    remove_client(site, &client).await
}

async fn json_request(site: &Site) -> Outcome {
    let client = oauth_client(site).await?;
    let method = "frappe.integrations.oauth2.get_token";
    let url = site.address(&["api", "method", method], &[]);
    let body = json!({"grant_type": "password", "client_id": client});
    let answer = site
        .send_as(Sender::Guest, Method::POST, url, Some(body))
        .await?;
    answer.has_status(400)?;
    let error = answer.json()?["error"].clone();
    equal("error", &error, &json!("unsupported_grant_type"))?;
    remove_client(site, &client).await
}

async fn introspect(site: &Site) -> Outcome {
    let them = Let::in_by_code(site).await?;
    let token = text(&them.tokens, "access_token")?;
    let asked = [("token", token), ("token_type_hint", "access_token")];
    let answer = post_form(site, "introspect_token", &asked).await?;
    let told = answer.json()?;
    equal("active", &told["active"], &json!(true))?;
    equal("client_id", &told["client_id"], &json!(them.client))?;
    let unknown = [("token", "unknown"), ("token_type_hint", "access_token")];
    let answer = post_form(site, "introspect_token", &unknown).await?;
    equal("active", &answer.json()?["active"], &json!(false))?;
    them.remove(site).await
}

async fn unknown_bearer(site: &Site) -> Outcome {
    whoami(site, &json!({"access_token": "unknown"}))
        .await?
        .has_status(401)
}
