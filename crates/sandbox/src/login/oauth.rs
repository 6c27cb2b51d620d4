//! The OAuth provider: from a person's consent to a code (protocol 2.4).

use serde_json::{Value, json};

use super::state::Code;
use super::{Answerer, Sender, tokens};
use crate::api::{Form, percent_encode};
use crate::failure::{Attempt, Failure, Kind};
use crate::http::{Request, Response};
use crate::site::Site;
use crate::value::Cell;

/// An OAuth Client document, as far as it matters.
pub(super) struct Client {
    pub(super) id: String,
    redirects: String,
    skips_consent: bool,
}

/// The function behind a method of the provider.
pub(super) fn answerer(method: &str) -> Option<Answerer> {
    Some(match method {
        "authorize" => authorize,
        "approve" => approve,
        "get_token" => tokens::get_token,
        "revoke_token" => tokens::revoke_token,
        "introspect_token" => tokens::introspect_token,
        "openid_profile" => openid_profile,
        "openid_configuration" => openid_configuration,
        _ => return None,
    })
}

impl Site {
    pub(super) fn oauth_client(&self, id: &str) -> Option<Client> {
        let table = self.database.table("OAuth Client")?;
        let row = self.database.row("OAuth Client", &Cell::text(id))?;
        let cell = |field: &str| {
            let column = table.layout().find(field)?;
            Some(table.layout().cell(row, column))
        };
        let text = |field: &str| cell(field).map(|cell| cell.to_text().into_owned());
        Some(Client {
            id: row[0].to_text().into_owned(),
            redirects: format!(
                "{} {}",
                text("redirect_uris").unwrap_or_default(),
                text("default_redirect_uri").unwrap_or_default()
            ),
            skips_consent: cell("skip_authorization").is_some_and(Cell::is_truthy),
        })
    }
}

/// The answer to a request that is wrong in itself.
pub(super) fn error(status: u16, error: &str) -> Response {
    Response::json(status, &json!({"error": error}))
}

/// What a browser asks for; an answer where that makes no sense.
fn checked(site: &Site, form: &Form) -> Result<Client, Response> {
    let Some(client) = site.oauth_client(&form.text("client_id")) else {
        return Err(error(400, "invalid_client_id"));
    };
    let redirect = form.text("redirect_uri");
    if !client
        .redirects
        .split_whitespace()
        .any(|known| known == redirect)
    {
        return Err(error(400, "mismatching_redirect_uri"));
    }
    if form.text("response_type") != "code" {
        return Err(error(400, "unsupported_response_type"));
    }
    Ok(client)
}

/// `authorize`: asks the person, unless the client needs no consent. Whoever is not logged in does so first.
fn authorize(site: &mut Site, sender: &Sender, request: &Request) -> Attempt<Response> {
    if sender.user == "Guest" {
        let back = format!("{}?{}", request.path, request.query);
        let location = format!("/login?redirect-to={}", percent_encode(&back));
        return Ok(Response::redirect(location));
    }
    let form = Form::read(request, site.profile)?;
    let client = match checked(site, &form) {
        Ok(client) => client,
        Err(response) => return Ok(response),
    };
    let approve = format!(
        "/api/method/frappe.integrations.oauth2.approve?{}",
        request.query
    );
    if client.skips_consent {
        return Ok(Response::redirect(approve));
    }
    let page = format!(
        "<!doctype html><title>Confirm Access</title><a href=\"{}\">Allow</a>",
        approve.replace('&', "&amp;")
    );
    Ok(Response::html(200, &page))
}

/// `approve`: the person agrees, and the browser takes a code to the client.
fn approve(site: &mut Site, sender: &Sender, request: &Request) -> Attempt<Response> {
    site.refuse_guest(&sender.user)?;
    let form = Form::read(request, site.profile)?;
    let client = match checked(site, &form) {
        Ok(client) => client,
        Err(response) => return Ok(response),
    };
    let redirect = form.text("redirect_uri");
    let challenge = Some(form.text("code_challenge")).filter(|challenge| !challenge.is_empty());
    let method = form.text("code_challenge_method").to_lowercase();
    let code = site.random.letters(30);
    let state = form.text("state");
    let location = format!(
        "{redirect}{}code={code}&state={}",
        if redirect.contains('?') { '&' } else { '?' },
        percent_encode(&state)
    );
    let granted = Code {
        client: client.id,
        user: sender.user.clone(),
        redirect,
        scope: form.text("scope"),
        challenge: challenge.map(|challenge| (challenge, method)),
    };
    site.logins.codes.insert(code, granted);
    Ok(Response::redirect(location))
}

/// `openid_profile`: who the token stands for.
fn openid_profile(site: &mut Site, sender: &Sender, _request: &Request) -> Attempt<Response> {
    site.refuse_guest(&sender.user)?;
    let name = site.full_name(&sender.user);
    let body = json!({
        "sub": sender.user, "name": name, "given_name": name, "family_name": Value::Null,
        "email": sender.user, "iss": format!("http://{}", site.host),
    });
    Ok(Response::json(200, &body))
}

fn openid_configuration(site: &mut Site, _sender: &Sender, request: &Request) -> Attempt<Response> {
    if request.method == crate::http::Method::Head {
        return Err(Failure::shown(Kind::Permission, "Not permitted"));
    }
    let host = format!("http://{}", site.host);
    let at = |method: &str| format!("{host}/api/method/frappe.integrations.oauth2.{method}");
    let body = json!({
        "issuer": host,
        "authorization_endpoint": at("authorize"),
        "token_endpoint": at("get_token"),
        "userinfo_endpoint": at("openid_profile"),
        "revocation_endpoint": at("revoke_token"),
        "introspection_endpoint": at("introspect_token"),
        "response_types_supported": ["code", "token", "code id_token", "code token id_token", "id_token",
            "id_token token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["HS256"],
    });
    Ok(Response::json(200, &body))
}
