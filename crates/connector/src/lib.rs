//! The HTTP client of a Frappe site.
