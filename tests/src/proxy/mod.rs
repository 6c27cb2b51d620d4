//! A proxy that stands before a site and spoils requests: what a bad network, a busy gateway and a tired site
//! do to a client.
//!
//! It speaks HTTP on loopback, so it stands before a sandbox as before a real site, and the client is the
//! real program. One seed decides which requests are hit. What it never does is to change a request or an
//! answer that it lets through.

mod connection;
mod exchange;
mod fault;
mod rates;
mod server;
#[cfg(test)]
mod tests;
mod trap;

pub use fault::Fault;
pub use rates::{Counts, Rates};
pub use server::{Proxy, Waits};
pub use trap::Moment;
