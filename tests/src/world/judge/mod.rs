//! What must hold at the end of every history, read from the sites themselves and not through the engine.

mod back;
mod compare;
mod excuse;
mod lost;
mod pairing;
mod records;
mod snapshot;
mod verdict;

use super::site::World;
use super::sync::Sync;

pub use verdict::{Invariant, Violation};

/// Judges two sites that the engine says are at rest.
pub(crate) fn judge(world: &World, sync: &Sync) -> Result<(), Violation> {
    let records = records::Records::read(sync);
    let snapshot = snapshot::Snapshot::read(world);
    snapshot.authors(world)?;
    let pairing = pairing::Pairing::of(world, &records, &snapshot)?;
    let bench = excuse::Bench {
        world,
        records: &records,
        snapshot: &snapshot,
        pairing: &pairing,
    };
    bench.equal()?;
    bench.nothing_lost()
}
