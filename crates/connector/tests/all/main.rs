//! The connector against a site that answers by script: what is asked, and what becomes of hostile answers.

mod hostile_answers;
mod reads;
mod retries;
mod scripted_site;
mod setup;
mod writes;
