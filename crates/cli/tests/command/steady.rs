//! What is printed, without what is another in every run.

/// What stands for ids, moments and places.
pub(crate) const FILTERS: [(&str, &str); 13] = [
    (
        r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
        "[id]",
    ),
    (r"\bj[0-9a-f]{12}\b", "[kept]"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "[time]"),
    (r"just now|\d+\.\d s ago", "[ago]"),
    (r"\d{8}T\d{6}Z", "[stamp]"),
    (r"\d+(\.\d)? (bytes|kB)", "[size]"),
    (r"[^ `]*/state/", "[folder]/state/"),
    (r"127\.0\.0\.1:\d+", "127.0.0.1:[port]"),
    (r"[^ `]*/\.tmp\w+", "[folder]"),
    (
        r"process \d+ on \S+ since [^ :]*:\d\d:\d\dZ",
        "process [n] on [host] since [time]",
    ),
    (r"in \d+\.\d s", "in [span]"),
    (r"\d+ reads, \d+ writes", "[n] reads, [n] writes"),
    ("\u{1b}\\[", "␛"),
];

/// Compares all that a command told with a text.
macro_rules! assert_told {
    ($ended:expr, @$expected:literal) => {
        insta::with_settings!({ filters => $crate::steady::FILTERS }, {
            insta::assert_snapshot!($ended.told(), @$expected);
        })
    };
}

pub(crate) use assert_told;
