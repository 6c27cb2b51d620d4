//! A plan as the bound of a run: before anything is sent, the gate is asked whether a person has seen it.
//!
//! The engine decides as in every run. What it would send is done where the plan has it, and the documents are
//! those that the plan was made on; everything else stays queued, for the next plan or run.

mod ask;
mod carried;
mod left;
mod planned;
mod same;

pub(crate) use ask::{Seen, Wanted, needs, not_wanted, permits, waits_for};
pub(crate) use carried::{carried_out, carried_out_by_name};
pub(crate) use left::judge_what_is_left;
pub(crate) use planned::{Gate, Skip, Standing};
