//! A person logs in to a site in a browser, and the code comes back here (protocol 2.4).

mod answer;
mod browser;
mod listener;

pub(crate) use answer::{Answer, of_address};
pub(crate) use browser::open;
pub(crate) use listener::Listener;

/// Where a browser brings the code, on this machine.
pub(crate) const CALLBACK: &str = "/callback";

/// The port of [`CALLBACK`] where no other is named. It is fixed, since the OAuth Client on the site names it.
pub(crate) const PORT: u16 = 8765;

/// Returns the redirect URI that the OAuth Client on the site has to allow.
pub(crate) fn redirect_uri(port: u16) -> String {
    format!("http://127.0.0.1:{port}{CALLBACK}")
}
