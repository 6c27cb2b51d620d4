//! Users with a password, and their sessions.

use reqwest::Method;
use reqwest::header::{ACCEPT, COOKIE};
use serde_json::json;

use super::accounts::{Account, Session};
use super::check::checks;
use super::failure::{Failure, Outcome, equal, holds};
use super::site::{Sender, Site};

checks! {
    ALL, "2.3", "a login with user and password answers `Logged In` and sets the cookie `sid`" => log_in;
    ALL, "2.3", "the cookie `sid` alone is the user, and is so for writes too" => cookie_is_the_user;
    ALL, "2.3", "a wrong password is 401 and begins no session" => wrong_password;
    ALL, "2.3", "a request in a session that is not known is a guest's: 403 with `session_expired`" => expired;
    ALL, "2.3", "after a logout the session is over" => log_out;
    ALL, "2.3", "once the desk was opened, a write needs the CSRF token that its page shows" => csrf;
    ALL, "2.2", "a session goes before the key in the header" => session_first;
}

async fn log_in(site: &Site) -> Outcome {
    let account = Account::make(site).await?;
    let answer = account.try_log_in(site, &account.password).await?;
    equal("message", answer.message()?, "Logged In")?;
    holds(
        answer.cookie("sid").is_some_and(|sid| sid != "Guest"),
        answer.fault("wanted a session"),
    )?;
    account.remove(site).await
}

async fn cookie_is_the_user(site: &Site) -> Outcome {
    let account = Account::make(site).await?;
    let session = account.log_in(site).await?;
    let bare = Session {
        cookies: session
            .cookies
            .split(';')
            .next()
            .unwrap_or_default()
            .to_owned(),
    };
    equal(
        "user",
        bare.whoami(site).await?.message()?,
        account.user.as_str(),
    )?;
    let url = site.address(&["api", "resource", &site.doctype("Record")], &[]);
    let body = json!({"data": {"title": "t"}});
    let written = bare.send(site, Method::POST, url, Some(body), None).await?;
    equal("owner", &written.data()?["owner"], &json!(account.user))?;
    account.remove(site).await
}

async fn wrong_password(site: &Site) -> Outcome {
    let account = Account::make(site).await?;
    let answer = account.try_log_in(site, "wrong").await?;
    answer.has_status(401)?;
    holds(
        answer.cookie("sid").is_none_or(|sid| sid == "Guest"),
        answer.fault("wanted no session"),
    )?;
    account.remove(site).await
}

async fn expired(site: &Site) -> Outcome {
    let session = Session {
        cookies: "sid=0123456789abcdef0123456789abcdef0123456789abcdef01234567".to_owned(),
    };
    let url = site.address(&["api", "resource", &site.doctype("Record")], &[]);
    let body = json!({"data": {"title": "t"}});
    for (method, body) in [(Method::GET, None), (Method::POST, Some(body))] {
        let answer = session.send(site, method, url.clone(), body, None).await?;
        answer.has_status(403)?;
        equal(
            "session_expired",
            &answer.json()?["session_expired"],
            &json!(1),
        )?;
    }
    Ok(())
}

async fn log_out(site: &Site) -> Outcome {
    let account = Account::make(site).await?;
    let session = account.log_in(site).await?;
    let url = site.address(&["api", "method", "logout"], &[]);
    session
        .send(site, Method::POST, url, None, None)
        .await?
        .has_status(200)?;
    session.whoami(site).await?.has_status(403)?;
    account.remove(site).await
}

async fn csrf(site: &Site) -> Outcome {
    let account = Account::make(site).await?;
    let session = account.log_in(site).await?;
    let url = site.address(&["api", "resource", &site.doctype("Record")], &[]);
    let body = || Some(json!({"data": {"title": "t"}}));
    let before = session.send(site, Method::POST, url.clone(), body(), None);
    before.await?.has_status(200)?;
    let token = desk_token(site, &session).await?;
    let without = session.send(site, Method::POST, url.clone(), body(), None);
    without.await?.refused(400, "CSRFTokenError")?;
    let header = Some(("X-Frappe-CSRF-Token", token.as_str()));
    let with = session.send(site, Method::POST, url.clone(), body(), header);
    with.await?.has_status(200)?;
    // Reading needs none.
    let read = session.send(site, Method::GET, url, None, None);
    read.await?.has_status(200)?;
    account.remove(site).await
}

/// Opens the desk as a browser does, and finds the token in its page.
async fn desk_token(site: &Site, session: &Session) -> Result<String, Failure> {
    let mut url = site.address(&["app"], &[]);
    for _ in 0..3 {
        let request = site
            .request(Sender::Guest, Method::GET, url.clone())?
            .header(ACCEPT, "text/html")
            .header(COOKIE, &session.cookies);
        let answer = site.answer(request).await?;
        if let Some(target) = answer.header("location") {
            url = url
                .join(target)
                .map_err(|error| answer.fault(&format!("no address: {error}")))?;
            continue;
        }
        let token = answer
            .text()
            .split("frappe.csrf_token = \"")
            .nth(1)
            .and_then(|rest| rest.split('"').next());
        return match token {
            Some(token) if !token.is_empty() => Ok(token.to_owned()),
            _ => Err(answer.fault("wanted a CSRF token in the page")),
        };
    }
    Err(Failure::new("the desk leads elsewhere"))
}

async fn session_first(site: &Site) -> Outcome {
    let account = Account::make(site).await?;
    let session = account.log_in(site).await?;
    let access = site.access();
    let key = format!("token {}:{}", access.key, access.secret);
    let url = site.address(&["api", "method", "frappe.auth.get_logged_user"], &[]);
    let answer = session
        .send(site, Method::GET, url, None, Some(("Authorization", &key)))
        .await?;
    equal("user", answer.message()?, account.user.as_str())?;
    account.remove(site).await
}
