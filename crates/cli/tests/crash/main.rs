//! The real binary, ended in the middle: killed at a request, out of disk, with a state file that is damaged or
//! too old, or asked to stop. Afterwards both sites are equal, nothing is there twice, and nothing is lost.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod book;
mod content;
mod damage;
mod dice;
mod full_disk;
mod killed;
mod kind;
mod older;
mod oracle;
mod people;
mod process;
mod signals;
mod twins;
