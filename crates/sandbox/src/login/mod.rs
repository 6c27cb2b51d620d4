//! Ways to log in other than by keys: sessions of users with a password, and OAuth (protocol 2.3, 2.4).

mod oauth;
mod password;
mod reach;
mod state;
mod tokens;

pub(crate) use state::Logins;

use crate::api::Sender;

use crate::api::{EnvelopeStyle, failure_response};
use crate::failure::Attempt;
use crate::http::{Request, Response};
use crate::site::Site;

/// What a function of this module needs to answer.
type Answerer = fn(&mut Site, &Sender, &Request) -> Attempt<Response>;

/// Answers a request that logs in or out, or asks for what a login needs; none where it asks for something else.
pub(crate) fn answer_login(
    site: &mut Site,
    sender: &Sender,
    request: &Request,
) -> Option<Response> {
    let path = request.path.trim_end_matches('/');
    let answer: Answerer = match path {
        "/app" | "/desk" => password::desk_page,
        _ => match path.strip_prefix("/api/method/")? {
            "login" => password::log_in,
            "logout" => password::log_out,
            method => oauth::answerer(method.strip_prefix("frappe.integrations.oauth2.")?)?,
        },
    };
    let answered = answer(site, sender, request);
    Some(answered.unwrap_or_else(|failure| {
        failure_response(&failure, &[], EnvelopeStyle::One, site.profile)
    }))
}
