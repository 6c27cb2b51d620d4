//! The pure decision maker of frappe-sync: pairing, merge, order, guards.
