//! Errors of a file that is read through derived types, as the configuration is.

use std::collections::BTreeMap;

use frappe_sync_mapper::diagnostic_of;
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only its errors are looked at")]
struct Configuration {
    version: u32,
    #[serde(default)]
    sites: BTreeMap<String, Site>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only its errors are looked at")]
struct Site {
    url: String,
    kind: Kind,
    #[serde(default)]
    active: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Token,
    Password,
}

#[test]
fn errors_of_derived_types_have_a_place_and_the_nearest_word() {
    for (text, says, help) in [
        (
            "version: 1\nsite: {}\n",
            "2:1: unknown key `site`",
            Some("did you mean `sites`?"),
        ),
        (
            "version: one\n",
            "1:10: expected a whole number, not below 0",
            None,
        ),
        ("sites: {}\n", "1:1: the key `version` is missing", None),
        (
            "version: 1\nsites: [hq]\n",
            "2:8: expected keys with values (`key: value`)",
            None,
        ),
        (
            "version: 1\nsites:\n  hq:\n    url: [x]\n    kind: token\n",
            "4:10: expected text",
            None,
        ),
        (
            "version: 1\nsites:\n  hq:\n    url:\n    kind: token\n",
            "4:8: expected text, found nothing",
            None,
        ),
        (
            "version: 1\nsites:\n  hq:\n    url: x\n    kind: tokn\n",
            "5:11: `tokn` is not a choice here",
            Some("did you mean `token`?"),
        ),
        (
            "version: 1\nsites:\n  hq:\n    url: x\n    kind: certificate\n",
            "5:11: `certificate` is not a choice here",
            Some("known here: `token`, `password`"),
        ),
        (
            "version: 1\nsites:\n  hq:\n    url: x\n    kind: token\n    active: yes\n",
            "6:13: expected `true` or `false`",
            None,
        ),
        (
            "version: 1\nversion: 1\n",
            "2:1: the key `version` is given twice",
            Some("keep one of the two"),
        ),
    ] {
        let options = serde_saphyr::options! { strict_booleans: true };
        let error = serde_saphyr::from_str_with_options::<Configuration>(text, options)
            .expect_err("the text is wrong");
        let diagnostic = diagnostic_of(&error, text, "frappe-sync.yaml");
        assert_eq!(diagnostic.to_string(), format!("frappe-sync.yaml:{says}"));
        assert_eq!(diagnostic.help.as_deref(), help, "{text}");
    }
}
