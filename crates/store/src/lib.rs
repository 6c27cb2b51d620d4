//! The state file of frappe-sync: cursors, pairs, intents, parked work, conflicts, runs, journal.
