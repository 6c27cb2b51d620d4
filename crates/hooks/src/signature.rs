//! Whether a body is from whoever knows the secret (protocol 11).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// The header that carries the signature, as header maps spell it.
pub const SIGNATURE_HEADER: &str = "x-frappe-webhook-signature";

/// The bytes of a signature.
const SIGNATURE_BYTES: usize = 32;

/// Why a body is not taken for one of ours. Shows neither secret nor signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureError {
    /// There is no signature at all: the webhook has no secret.
    #[error(
        "there is no signature: the webhook has `Enable Security` off, or something on the way drops the header"
    )]
    Missing,
    /// What there is cannot be a signature of Frappe's.
    #[error("the signature is not the base64 of {SIGNATURE_BYTES} bytes")]
    Malformed,
    /// It is a signature, of another body or by another secret.
    #[error(
        "the signature does not fit: the webhook has another secret, or the body was changed on the way"
    )]
    Wrong,
}

/// Checks the signature of a body: the base64 of its HMAC-SHA256.
///
/// `raw_body` is what came over the wire, byte for byte; a body that was read and written again has other bytes, since
/// Python writes JSON with other spaces and escapes. The comparison takes the same time wherever the signatures differ.
/// Without a secret everybody could sign, so an empty one fits nothing.
///
/// # Errors
///
/// Where the header is missing, is none of Frappe's, or does not fit.
pub fn verify(secret: &[u8], raw_body: &[u8], header: Option<&[u8]>) -> Result<(), SignatureError> {
    let header = header.ok_or(SignatureError::Missing)?;
    let signature = STANDARD
        .decode(header)
        .ok()
        .filter(|signature| signature.len() == SIGNATURE_BYTES)
        .ok_or(SignatureError::Malformed)?;
    if secret.is_empty() {
        return Err(SignatureError::Wrong);
    }
    hmac_of(secret, raw_body)
        .verify_slice(&signature)
        .map_err(|_| SignatureError::Wrong)
}

/// Signs a body as Frappe does.
pub fn sign(secret: &[u8], raw_body: &[u8]) -> String {
    STANDARD.encode(hmac_of(secret, raw_body).finalize().into_bytes())
}

fn hmac_of(secret: &[u8], raw_body: &[u8]) -> Hmac<Sha256> {
    let mut hmac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes a key of any length");
    hmac.update(raw_body);
    hmac
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn base64_of(hex: &str) -> String {
        let bytes: Vec<u8> = (0..hex.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
            .collect();
        STANDARD.encode(bytes)
    }

    #[test]
    fn the_vectors_of_rfc_4231_verify() {
        let vectors: [(&[u8], &[u8], &str); 4] = [
            (
                &[0x0b; 20],
                b"Hi There",
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
            ),
            (
                b"Jefe",
                b"what do ya want for nothing?",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
            (
                &[0xaa; 20],
                &[0xdd; 50],
                "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
            ),
            (
                &[0xaa; 131],
                b"Test Using Larger Than Block-Size Key - Hash Key First",
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            ),
        ];
        for (secret, body, hex) in vectors {
            let signature = base64_of(hex);
            assert_eq!(sign(secret, body), signature);
            assert_eq!(verify(secret, body, Some(signature.as_bytes())), Ok(()));
        }
    }

    /// Body and signature as Python's `json.dumps`, `hmac` and `base64` make them.
    const FROM_PYTHON: (&str, &str) = (
        r#"{"doctype": "Customer", "name": "Zo\u00eb \"&\" S\u00f6hne <\ud83d\udeab>", "modified": "2025-03-01 10:00:00.123456", "event": "on_change"}"#,
        "36PRMMkl9NKerUBzF3nZV74qTQLYAbkd4TLhprKbMTA=",
    );

    #[test]
    fn what_python_signed_verifies_over_the_bytes_as_they_came() {
        let (body, signature) = FROM_PYTHON;
        let signature = signature.as_bytes();
        assert_eq!(
            verify("s3cr\u{e9}t".as_bytes(), body.as_bytes(), Some(signature)),
            Ok(())
        );

        let value: serde_json::Value = serde_json::from_str(body).unwrap();
        let written_again = serde_json::to_vec(&value).unwrap();
        assert_eq!(
            verify("s3cr\u{e9}t".as_bytes(), &written_again, Some(signature)),
            Err(SignatureError::Wrong)
        );
    }

    #[test]
    fn missing_malformed_and_wrong_are_told_apart() {
        let body = b"{}";
        let good = sign(b"secret", body);
        let cases = [
            (None, SignatureError::Missing),
            (Some(String::new()), SignatureError::Malformed),
            (Some("no base64!".to_owned()), SignatureError::Malformed),
            (Some(good[..20].to_owned()), SignatureError::Malformed),
            (Some(format!(" {good}")), SignatureError::Malformed),
            (Some(sign(b"secret", b"{ }")), SignatureError::Wrong),
            (Some(sign(b"Secret", body)), SignatureError::Wrong),
        ];
        for (header, error) in cases {
            let given = header.as_ref().map(String::as_bytes);
            assert_eq!(verify(b"secret", body, given), Err(error), "{header:?}");
        }
    }

    #[test]
    fn without_a_secret_nothing_fits() {
        let signature = sign(b"", b"{}");
        assert_eq!(
            verify(b"", b"{}", Some(signature.as_bytes())),
            Err(SignatureError::Wrong)
        );
    }

    proptest! {
        #[test]
        fn a_signature_fits_its_secret_and_its_body_alone(
            secret in proptest::collection::vec(any::<u8>(), 1..100),
            body in proptest::collection::vec(any::<u8>(), 1..200),
            at in any::<prop::sample::Index>(),
            bit in 0_u8..8,
        ) {
            let signature = sign(&secret, &body);
            prop_assert_eq!(verify(&secret, &body, Some(signature.as_bytes())), Ok(()));
            let mut other = body.clone();
            other[at.index(body.len())] ^= 1 << bit;
            prop_assert_eq!(
                verify(&secret, &other, Some(signature.as_bytes())),
                Err(SignatureError::Wrong)
            );
        }

        #[test]
        fn no_header_makes_it_fail_in_another_way(header in proptest::collection::vec(any::<u8>(), 0..60)) {
            let taken = verify(b"secret", b"[]", Some(&header)).is_ok();
            prop_assert!(!taken);
        }
    }
}
