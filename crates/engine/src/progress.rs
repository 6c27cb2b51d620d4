//! How a run tells where it is, while it runs.

use frappe_sync_model::{MappingName, Side};

/// Something that happened in a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A phase began: `probe`, `poll`, `recover`, `guard`, `apply`, `verify`.
    Phase(&'static str),
    /// Keys of one side of a mapping were read.
    Polled {
        /// The mapping.
        mapping: MappingName,
        /// The side.
        side: Side,
        /// Documents that are to be looked at.
        queued: u64,
    },
    /// A mapping's documents are about to be worked on, or its pairs to be compared.
    Mapping {
        /// The mapping.
        mapping: MappingName,
        /// How many are queued, both sides together, or how many pairs there are.
        queued: u64,
    },
    /// Documents of the current mapping were dealt with.
    Documents {
        /// How many since the last such event.
        count: u64,
    },
}

/// Hears the events of a run. Called often; must be quick.
pub trait Progress {
    /// Takes one event.
    fn event(&self, event: Event);
}

/// Hears nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn event(&self, _event: Event) {}
}
