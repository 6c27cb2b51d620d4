//! Webhooks of Frappe as hints: what is installed on a site, what arrives from it, and when to look.
//!
//! A webhook is never the truth. Frappe tries three times within seconds and forgets; it sends none for a Data Import, a
//! rename or a write past its own documents, and whoever saw a delivery can send it again (protocol 11). So nothing is
//! taken from one but *where to look*: a [`Hint`] names a document, and the next poll reads it from the site itself.
//!
//! - [`WebhookPlan`] says which `Webhook` documents a site needs, and how one that is there differs.
//! - [`verify`] tells whether a body is from whoever knows the secret, over the bytes as they came.
//! - [`Hint::parse`] reads such a body; [`Hints`] gathers hints until a document has been quiet for a moment.
//!
//! No IO and no clock: whoever receives the requests hands in bytes and the time.

mod hint;
mod hints;
mod place;
mod signature;
mod webhook;

pub use hint::{Hint, HintError};
pub use hints::{Due, Hints, Pace};
pub use place::{hook_path, hook_url, leads_to};
pub use signature::{SIGNATURE_HEADER, SignatureError, sign, verify};
pub use webhook::{Event, WEBHOOK, WebhookPlan, is_ours};
