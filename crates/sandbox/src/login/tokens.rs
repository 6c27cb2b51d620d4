//! The OAuth provider: from a code, a password or a refresh token to tokens, and their end (protocol 2.4).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::Sender;
use super::oauth::error;
use super::state::{Code, Token};
use crate::api::Form;
use crate::failure::{Attempt, Failure};
use crate::http::{Method, Request, Response};
use crate::site::Site;

/// How long an access token is good.
const LIFE: TimeDelta = TimeDelta::seconds(3600);

/// `get_token`. The secret of the client is not looked at.
pub(super) fn get_token(site: &mut Site, _sender: &Sender, request: &Request) -> Attempt<Response> {
    let content_type = request.header("content-type").unwrap_or_default();
    if request.method != Method::Post
        || !content_type.starts_with("application/x-www-form-urlencoded")
    {
        return Ok(error(400, "unsupported_grant_type"));
    }
    let form = Form::read(request, site.profile)?;
    let grant = form.text("grant_type");
    if grant == "client_credentials" {
        return Ok(error(400, "unauthorized_client"));
    }
    let id = form.text("client_id");
    let Some(client) = site.oauth_client(&id) else {
        return Err(Failure::missing("OAuth Client", &id));
    };
    let (user, scope) = match grant.as_str() {
        "authorization_code" => {
            let code = site.logins.codes.remove(&form.text("code"));
            match code.filter(|code| is_redeemed_by(code, &client.id, &form)) {
                Some(code) => (code.user, code.scope),
                None => return Ok(error(400, "invalid_grant")),
            }
        }
        "refresh_token" => {
            let refresh = form.text("refresh_token");
            let known = site
                .logins
                .tokens
                .iter()
                .find(|token| token.refresh == refresh && !token.is_revoked);
            match known {
                Some(token) if token.client == client.id => {
                    (token.user.clone(), token.scope.clone())
                }
                Some(_) => return Ok(error(400, "invalid_grant")),
                None => return Err(Failure::missing("OAuth Bearer Token", "None")),
            }
        }
        "password" => {
            let user = site.user_by_password(&form.text("username"), &form.text("password"))?;
            let scope = match form.text("scope") {
                scope if scope.is_empty() => "all openid".to_owned(),
                scope => scope,
            };
            (user, scope)
        }
        _ => return Ok(error(400, "unsupported_grant_type")),
    };
    Ok(issue(site, client.id, user, scope))
}

/// The old pair stays good: there is no rotation.
fn issue(site: &mut Site, client: String, user: String, scope: String) -> Response {
    let token = Token {
        access: site.random.letters(30),
        refresh: site.random.letters(30),
        client,
        user,
        scope,
        ends: site.instant() + LIFE,
        is_revoked: false,
    };
    let body = json!({
        "access_token": token.access, "expires_in": LIFE.num_seconds(), "token_type": "Bearer",
        "scope": token.scope, "refresh_token": token.refresh,
    });
    site.logins.tokens.push(token);
    Response::json(200, &body)
}

fn is_redeemed_by(code: &Code, client: &str, form: &Form) -> bool {
    let verifier = form.text("code_verifier");
    let is_proven = match &code.challenge {
        None => true,
        Some((challenge, method)) if method == "s256" => {
            *challenge == URL_SAFE_NO_PAD.encode(Sha256::digest(&verifier))
        }
        Some((challenge, _)) => *challenge == verifier,
    };
    code.client == client && code.redirect == form.text("redirect_uri") && is_proven
}

/// `revoke_token`: content with a token that it does not know.
pub(super) fn revoke_token(
    site: &mut Site,
    _sender: &Sender,
    request: &Request,
) -> Attempt<Response> {
    let form = Form::read(request, site.profile)?;
    let token = form.text("token");
    let by_refresh = form.text("token_type_hint") == "refresh_token";
    for known in &mut site.logins.tokens {
        let is_meant = if by_refresh {
            known.refresh == token
        } else {
            known.access == token
        };
        known.is_revoked |= is_meant;
    }
    Ok(Response::json(200, &json!({})))
}

/// `introspect_token`, which needs no login.
pub(super) fn introspect_token(
    site: &mut Site,
    _sender: &Sender,
    request: &Request,
) -> Attempt<Response> {
    let form = Form::read(request, site.profile)?;
    let asked = form.text("token");
    let by_refresh = form.text("token_type_hint") == "refresh_token";
    let now = site.instant();
    let known = site.logins.tokens.iter().find(|token| {
        let own = if by_refresh {
            &token.refresh
        } else {
            &token.access
        };
        *own == asked
    });
    let body = match known {
        Some(token) if !token.is_revoked && now < token.ends => json!({
            "client_id": token.client, "trusted_client": 0, "active": true,
            "exp": token.ends.timestamp(), "scope": token.scope,
        }),
        _ => json!({"active": false}),
    };
    Ok(Response::json(200, &body))
}
