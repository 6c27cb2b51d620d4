//! What a site has its answer to a login brought by: the query of an address.

use secrecy::SecretString;
use url::{Url, form_urlencoded};

/// The answer to a login that we began.
#[derive(Debug)]
pub(crate) enum Answer {
    /// The person agreed.
    Code(SecretString),
    /// The person did not, or the site would not.
    Refused(String),
}

/// Reads the query that a browser brought; `None` where it is no answer to the login that `state` stands for.
pub(crate) fn of_query(query: &str, state: &str) -> Option<Answer> {
    let mut code = None;
    let mut error = None;
    let mut told_state = None;
    for (key, value) in form_urlencoded::parse(query.as_bytes()) {
        let place = match key.as_ref() {
            "code" => &mut code,
            "error" => &mut error,
            "state" => &mut told_state,
            _ => continue,
        };
        *place = Some(value.into_owned());
    }
    let is_ours = told_state
        .as_ref()
        .is_some_and(|told| is_same(told.as_bytes(), state.as_bytes()));
    match (error, code) {
        // Frappe says that a person refused without the state.
        (Some(error), _) if is_ours || told_state.is_none() => Some(Answer::Refused(plain(&error))),
        (None, Some(code)) if is_ours && !code.is_empty() => Some(Answer::Code(code.into())),
        _ => None,
    }
}

/// Reads the address that a browser ended at, as it was pasted.
pub(crate) fn of_address(address: &str, state: &str) -> Option<Answer> {
    let url = Url::parse(address.trim()).ok()?;
    of_query(url.query()?, state)
}

/// Compares every byte, so that the time it takes tells nothing of where two differ.
fn is_same(a: &[u8], b: &[u8]) -> bool {
    let pairs = a.iter().zip(b);
    a.len() == b.len() && pairs.fold(0, |differing, (a, b)| differing | (a ^ b)) == 0
}

/// Keeps a word of the site short, and harmless to a terminal.
fn plain(text: &str) -> String {
    let letters = text.chars().filter(|letter| !letter.is_control());
    letters.take(200).collect()
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    #[test]
    fn a_code_counts_only_with_the_state_that_it_was_asked_for_with() {
        let code = |query| match of_query(query, "abc") {
            Some(Answer::Code(code)) => Some(code.expose_secret().to_owned()),
            _ => None,
        };
        assert_eq!(code("code=c%2F1&state=abc").as_deref(), Some("c/1"));
        assert_eq!(code("state=abc&code=c&scope=all"), Some("c".to_owned()));
        for query in [
            "code=c",
            "code=c&state=abd",
            "code=c&state=abcd",
            "code=&state=abc",
            "",
        ] {
            assert!(of_query(query, "abc").is_none(), "{query}");
        }
    }

    #[test]
    fn a_refusal_is_taken_without_a_state_and_never_with_a_wrong_one() {
        let refused = |query| matches!(of_query(query, "abc"), Some(Answer::Refused(_)));
        assert!(refused("error=access_denied"));
        assert!(refused("error=access_denied&state=abc"));
        assert!(!refused("error=access_denied&state=x"));
        let Some(Answer::Refused(word)) = of_query("error=%1b[31mno%0a", "abc") else {
            panic!("it is a refusal");
        };
        assert_eq!(word, "[31mno");
    }

    #[test]
    fn an_address_is_read_as_it_was_pasted() {
        let pasted = " http://127.0.0.1:8765/callback?code=c&state=abc \n";
        assert!(matches!(of_address(pasted, "abc"), Some(Answer::Code(_))));
        assert!(of_address("code=c&state=abc", "abc").is_none());
        assert!(of_address("http://127.0.0.1:8765/callback", "abc").is_none());
    }
}
