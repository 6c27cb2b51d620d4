//! The page of the desk, which alone tells the CSRF token of a session (protocol 2.3).

use reqwest::header::{ACCEPT, COOKIE, HeaderMap, HeaderValue, LOCATION};

use crate::answer::Content;
use crate::failure::Failure;
use crate::messenger::Messenger;
use crate::request::Request;

/// How often the page may lead to another one.
const MOST_STEPS: usize = 2;

/// Reads the CSRF token of the session that this cookie names.
pub(super) async fn csrf_token(
    messenger: Messenger<'_>,
    cookie: &HeaderValue,
) -> Result<HeaderValue, Failure> {
    let headers = HeaderMap::from_iter([
        (COOKIE, cookie.clone()),
        (ACCEPT, HeaderValue::from_static("text/html")),
    ]);
    let mut path = "/app".to_owned();
    for _ in 0..=MOST_STEPS {
        let request = Request::page(path, "read the CSRF token".to_owned());
        let exchange = messenger.ask(&request, &headers).await?;
        let answer = exchange.answer;
        if let Content::Bytes(page) = &answer.content {
            let page = String::from_utf8_lossy(page);
            if let Some(mut token) = token_in(&page).and_then(|word| word.parse().ok()) {
                HeaderValue::set_sensitive(&mut token, true);
                return Ok(token);
            }
        }
        let target = answer.headers.get(LOCATION);
        let target = target.and_then(|target| target.to_str().ok());
        match target.and_then(|target| path_on(messenger.config.url.as_str(), target)) {
            Some(next) if answer.status.is_redirection() => path = next,
            _ => break,
        }
    }
    Err(Failure::of_login(format!(
        "`{}` asks for a CSRF token, and its page `/app` shows none: the user must be a System User; an API key \
         needs no such token",
        messenger.config.url
    )))
}

/// Finds `csrf_token = "..."` in a page.
fn token_in(page: &str) -> Option<&str> {
    page.split("csrf_token").skip(1).find_map(|rest| {
        let value = rest.trim_start().strip_prefix('=')?.trim_start();
        let quote = value
            .chars()
            .next()
            .filter(|sign| matches!(sign, '"' | '\''))?;
        let token = value[1..].split(quote).next()?;
        let is_one = token.len() >= 8 && token.bytes().all(|byte| byte.is_ascii_alphanumeric());
        is_one.then_some(token)
    })
}

/// Returns the path of a redirect that stays on the site: the cookie goes nowhere else.
fn path_on(site: &str, target: &str) -> Option<String> {
    let path = match target.strip_prefix(site) {
        Some(path) => path,
        // Without a host it still has the prefix under which the site answers.
        None => {
            let host = site.split("://").nth(1).unwrap_or_default();
            let prefix = host.find('/').map_or("", |start| &host[start..]);
            target.strip_prefix(prefix).unwrap_or(target)
        }
    };
    (path.starts_with('/') && !path.starts_with("//")).then(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_is_found_where_frappe_writes_it() {
        for (page, token) in [
            (
                r#"<script>frappe.csrf_token = "0123abcd4567";</script>"#,
                Some("0123abcd4567"),
            ),
            ("window.csrf_token='0123abcd4567'", Some("0123abcd4567")),
            (
                r#"if (csrf_token) {} frappe.csrf_token = "0123abcd";"#,
                Some("0123abcd"),
            ),
            (r#"frappe.csrf_token = "None";"#, None),
            (r#"frappe.csrf_token = "{{ csrf_token }}";"#, None),
            ("<p>nothing</p>", None),
        ] {
            assert_eq!(token_in(page), token, "{page}");
        }
    }

    #[test]
    fn the_cookie_follows_a_redirect_within_the_site_alone() {
        let site = "https://erp.example.com";
        for (target, path) in [
            ("/desk", Some("/desk")),
            ("https://erp.example.com/desk", Some("/desk")),
            ("https://evil.example/desk", None),
            ("//evil.example/desk", None),
            ("https://erp.example.com.evil.example/", None),
        ] {
            assert_eq!(path_on(site, target).as_deref(), path, "{target}");
        }
        for target in ["/erp/desk", "https://example.com/erp/desk"] {
            let path = path_on("https://example.com/erp", target);
            assert_eq!(path.as_deref(), Some("/desk"), "{target}");
        }
    }
}
