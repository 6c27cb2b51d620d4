//! The connector against the sandbox, and against a site that answers by script: what is asked, and what
//! becomes of hostile answers.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod hostile_answers;
mod logins;
mod reads;
mod records;
mod removal;
mod retries;
mod sandbox_site;
mod sandbox_world;
mod scripted_site;
mod setup;
mod tls;
mod traces;
mod wire;
mod writes;
