//! Serves a site over HTTP, with connections that can end where a fault wants it.

mod connection;
mod deliver;
mod serve;

pub use serve::Server;
