//! Sessions of users with a password, and the CSRF token of a session (protocol 2.3).

use serde_json::json;

use super::Sender;
use crate::api::Form;
use crate::failure::{Attempt, Failure, Kind};
use crate::http::{Request, Response};
use crate::site::Site;
use crate::storage::SecretKey;
use crate::value::Cell;

impl Site {
    /// The user that a name and a password belong to. Failures are counted, and lock the user out.
    pub(super) fn user_by_password(&mut self, name: &str, password: &str) -> Attempt<String> {
        let now = self.instant();
        if self.logins.is_locked(name, now) {
            let text = "Your account has been locked and will resume after 60 seconds";
            return Err(Failure::shown(Kind::Security, text));
        }
        let key = SecretKey::new("User", name, "password");
        let is_right = self.database.secret(&key) == Some(password);
        if !is_right || password.is_empty() || !self.is_enabled(name) {
            self.logins.note_failure(name, now);
            return Err(Failure::shown(
                Kind::Authentication,
                "Invalid login credentials",
            ));
        }
        self.logins.forget_failures(name);
        Ok(name.to_owned())
    }

    fn is_enabled(&self, user: &str) -> bool {
        let Some(table) = self.database.table("User") else {
            return false;
        };
        let row = self.database.row("User", &Cell::text(user));
        row.zip(table.layout().find("enabled"))
            .is_some_and(|(row, column)| table.layout().cell(row, column).is_truthy())
    }

    /// What a user is called, as answers and cookies show it.
    pub(super) fn full_name(&self, user: &str) -> String {
        let Some(table) = self.database.table("User") else {
            return String::new();
        };
        let row = self.database.row("User", &Cell::text(user));
        row.zip(table.layout().find("full_name"))
            .map(|(row, column)| table.layout().cell(row, column).to_text().into_owned())
            .unwrap_or_default()
    }
}

/// `login`.
pub(super) fn log_in(site: &mut Site, _sender: &Sender, request: &Request) -> Attempt<Response> {
    let form = Form::read(request, site.profile)?;
    let user = site.user_by_password(&form.text("usr"), &form.text("pwd"))?;
    if site.logins.second_factor.contains(&user) {
        let body = json!({
            "verification": {"token_delivery": true, "prompt": "Verification code", "method": "Email", "setup": true},
            "tmp_id": site.random.letters(8),
        });
        return Ok(Response::json(200, &body));
    }
    let sid = site.random.letters(56);
    let now = site.instant();
    site.logins.begin(sid.clone(), &user, now);
    let full_name = site.full_name(&user);
    let body = json!({"message": "Logged In", "home_page": "/app", "full_name": full_name});
    Ok(Response::json(200, &body)
        .with_cookie("sid", &sid)
        .with_cookie("system_user", "yes")
        .with_cookie("full_name", &crate::api::percent_encode(&full_name))
        .with_cookie("user_id", &crate::api::percent_encode(&user))
        .with_cookie("user_image", ""))
}

/// `logout`.
pub(super) fn log_out(site: &mut Site, sender: &Sender, _request: &Request) -> Attempt<Response> {
    if let Some(sid) = &sender.sid {
        site.logins.end(sid);
    }
    let response = Response::json(200, &json!({}));
    Ok(response.with_cookie("sid", "Guest"))
}

/// The desk: the one page that shows the CSRF token of its session.
pub(super) fn desk_page(site: &mut Site, sender: &Sender, _request: &Request) -> Attempt<Response> {
    let fresh = site.random.letters(56);
    let token = sender
        .sid
        .as_deref()
        .and_then(|sid| site.logins.mint(sid, fresh));
    match token {
        Some(token) => Ok(Response::html(
            200,
            &format!(
                "<!doctype html><title>Desk</title><script>\nfrappe.boot = {{}};\nfrappe.csrf_token = \
                 \"{token}\";\n</script>"
            ),
        )),
        None => Err(Failure::shown(
            Kind::Permission,
            "Log in to access this page.",
        )),
    }
}
