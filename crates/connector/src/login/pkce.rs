//! Proof Key for Code Exchange (RFC 7636): who redeems a code is who asked for it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};

/// A verifier that only we know, and the challenge that may be seen by anybody.
#[derive(Debug)]
pub struct Pkce {
    verifier: SecretString,
    challenge: String,
}

impl Pkce {
    /// Makes a pair, or `None` where the system gives no random bytes.
    pub fn random() -> Option<Self> {
        random_word().map(Self::of)
    }

    fn of(verifier: String) -> Self {
        Self {
            challenge: URL_SAFE_NO_PAD.encode(Sha256::digest(&verifier)),
            verifier: verifier.into(),
        }
    }

    /// Returns the challenge of method `S256`.
    pub fn challenge(&self) -> &str {
        &self.challenge
    }

    pub(crate) fn verifier(&self) -> &str {
        self.verifier.expose_secret()
    }
}

/// Makes a word of 43 signs that nobody can guess, or `None` where the system gives no random bytes.
pub fn random_word() -> Option<String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).ok()?;
    Some(URL_SAFE_NO_PAD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_is_that_of_the_standard() {
        let pkce = Pkce::of("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".to_owned());
        assert_eq!(
            pkce.challenge(),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        );
    }

    #[test]
    fn no_two_words_are_the_same_and_debug_shows_none() {
        let (one, two) = (random_word().unwrap(), random_word().unwrap());
        assert_ne!(one, two);
        assert_eq!(one.len(), 43);
        let pkce = Pkce::of(one.clone());
        assert!(!format!("{pkce:?}").contains(&one));
    }
}
