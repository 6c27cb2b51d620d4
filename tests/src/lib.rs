//! Shared support of the tests: a running sandbox pair, editors, comparisons.
