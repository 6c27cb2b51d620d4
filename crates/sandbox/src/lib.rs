//! A Frappe-compatible site in memory, with scripted faults and its own clock.
