//! API keys, and what happens without them.

use reqwest::Method;
use reqwest::header::ACCEPT;
use serde_json::{Value, json};

use super::check::checks;
use super::failure::{Failure, Outcome, equal, holds, name, text};
use super::site::{Sender, Site};

checks! {
    ALL, "10.4", "ping answers pong to anybody" => ping_is_open;
    ALL, "2.2", "a wrong secret is 401 AuthenticationError" => wrong_secret;
    ALL, "2.2", "an unknown key is 401 AuthenticationError" => unknown_key;
    ALL, "2.2", "a header that is not two words is ignored, and the guest gets 403" => odd_header;
    ALL, "1.3", "a guest who lists gets 403 PermissionError" => guest_list;
    ALL, "1.3", "a guest who reads a document gets 403" => guest_read;
    ALL, "1.3", "a guest who calls a method that is not for guests gets 403" => guest_method;
    ALL, "1.3", "a guest who creates, updates or deletes gets 403" => guest_write;
    ALL, "2.2", "the key and secret are taken as Basic credentials too" => basic_works;
    ALL, "2.2", "the scheme may be written in any case" => scheme_in_any_case;
    ALL, "2.2", "a write by key needs no CSRF token" => no_csrf;
    ALL, "5.1", "what the key writes belongs to its user" => owner_is_the_user;
}

async fn whoami(site: &Site, sender: Sender<'_>) -> Result<Value, Failure> {
    let url = site.address(&["api", "method", "frappe.auth.get_logged_user"], &[]);
    site.send_as(sender, Method::GET, url, None)
        .await?
        .message()
}

async fn refused_login(site: &Site, header: &str) -> Outcome {
    let url = site.address(&["api", "method", "frappe.auth.get_logged_user"], &[]);
    let answer = site
        .send_as(Sender::Header(header), Method::GET, url, None)
        .await?;
    answer.refused(401, "AuthenticationError")
}

async fn ping_is_open(site: &Site) -> Outcome {
    let url = site.address(&["api", "method", "ping"], &[]);
    let answer = site.send_as(Sender::Guest, Method::GET, url, None).await?;
    equal("message", answer.message()?, "pong")
}

async fn wrong_secret(site: &Site) -> Outcome {
    refused_login(site, &format!("token {}:wrong", site.access().key)).await
}

async fn unknown_key(site: &Site) -> Outcome {
    refused_login(site, "token nothing:wrong").await
}

async fn odd_header(site: &Site) -> Outcome {
    let url = site.address(&["api", "resource", &site.doctype("Record")], &[]);
    let sender = Sender::Header("token  with too many words");
    site.send_as(sender, Method::GET, url, None)
        .await?
        .has_status(403)
}

async fn guest_list(site: &Site) -> Outcome {
    let url = site.address(&["api", "resource", &site.doctype("Record")], &[]);
    let answer = site.send_as(Sender::Guest, Method::GET, url, None).await?;
    answer.refused(403, "PermissionError")
}

async fn guest_read(site: &Site) -> Outcome {
    let doctype = site.doctype("Record");
    let created = site.create(&doctype, json!({})).await?;
    let url = site.address(&["api", "resource", &doctype, name(&created)?], &[]);
    site.send_as(Sender::Guest, Method::GET, url, None)
        .await?
        .has_status(403)
}

async fn guest_method(site: &Site) -> Outcome {
    let url = site.address(
        &["api", "method", "frappe.utils.change_log.get_versions"],
        &[],
    );
    site.send_as(Sender::Guest, Method::GET, url, None)
        .await?
        .has_status(403)
}

async fn guest_write(site: &Site) -> Outcome {
    let doctype = site.doctype("Record");
    let created = site.create(&doctype, json!({"title": "before"})).await?;
    let all = site.address(&["api", "resource", &doctype], &[]);
    let one = site.address(&["api", "resource", &doctype, name(&created)?], &[]);
    let body = json!({"data": {"title": "after"}});
    for (method, url, body) in [
        (Method::POST, all, Some(body.clone())),
        (Method::PUT, one.clone(), Some(body)),
        (Method::DELETE, one, None),
    ] {
        site.send_as(Sender::Guest, method, url, body)
            .await?
            .has_status(403)?;
    }
    equal(
        "title",
        text(&site.read(&doctype, name(&created)?).await?, "title")?,
        "before",
    )
}

async fn basic_works(site: &Site) -> Outcome {
    let url = site.address(&["api", "method", "frappe.auth.get_logged_user"], &[]);
    let access = site.access();
    let request = site
        .request(Sender::Guest, Method::GET, url)?
        .basic_auth(&access.key, Some(&access.secret))
        .header(ACCEPT, "application/json");
    equal("user", site.answer(request).await?.message()?, site.user())
}

async fn scheme_in_any_case(site: &Site) -> Outcome {
    let access = site.access();
    let header = format!("TOKEN {}:{}", access.key, access.secret);
    equal(
        "user",
        whoami(site, Sender::Header(&header)).await?,
        site.user(),
    )
}

async fn no_csrf(site: &Site) -> Outcome {
    let answer = site
        .try_create(&site.doctype("Record"), json!({"title": "t"}))
        .await?;
    holds(answer.status() == 200, answer.fault("wanted no CSRF check"))
}

async fn owner_is_the_user(site: &Site) -> Outcome {
    let stored = site
        .create_and_read(&site.doctype("Record"), json!({}))
        .await?;
    equal("owner", text(&stored, "owner")?, site.user())?;
    equal("modified_by", text(&stored, "modified_by")?, site.user())
}
