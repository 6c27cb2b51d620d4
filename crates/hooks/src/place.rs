//! Where a site's webhooks lead.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What stands for itself in a part of a path.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// Returns the path at which the receiver takes what a site of a sync sends: `/hooks/SYNC/SITE`, each part
/// percent-encoded.
pub fn hook_path(sync: &str, site: &str) -> String {
    format!("/hooks/{}/{}", part(sync), part(site))
}

/// Returns the whole address, for a receiver that answers at `public_url`.
pub fn hook_url(public_url: &str, sync: &str, site: &str) -> String {
    format!(
        "{}{}",
        public_url.trim_end_matches('/'),
        hook_path(sync, site)
    )
}

/// Tells whether an address leads to a receiver of this sync and site, wherever that answers.
pub fn leads_to(url: &str, sync: &str, site: &str) -> bool {
    url.trim_end_matches('/').ends_with(&hook_path(sync, site))
}

fn part(text: &str) -> String {
    match text {
        // A client would take these two for a step in the path.
        "." => "%2E".to_owned(),
        ".." => "%2E%2E".to_owned(),
        _ => utf8_percent_encode(text, PLAIN).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_made_of_the_public_one() {
        for public in ["https://sync.example.com", "https://sync.example.com/"] {
            assert_eq!(
                hook_url(public, "hq-branch", "hq"),
                "https://sync.example.com/hooks/hq-branch/hq"
            );
        }
        assert_eq!(
            hook_url("https://example.com/sync", "hq & branch/2", "h\u{e4}"),
            "https://example.com/sync/hooks/hq%20%26%20branch%2F2/h%C3%A4"
        );
        assert_eq!(
            hook_path("..", "{{ x }}"),
            "/hooks/%2E%2E/%7B%7B%20x%20%7D%7D"
        );
    }

    #[test]
    fn an_address_is_known_wherever_the_receiver_answers() {
        let url = hook_url("https://old.example.com/x", "hq", "a");
        assert!(leads_to(&url, "hq", "a"));
        assert!(!leads_to(&url, "hq", "b"));
        assert!(!leads_to(&url, "q", "a"));
        assert!(!leads_to("https://example.com/hooks/other/hq/a", "hq", "a"));
    }
}
