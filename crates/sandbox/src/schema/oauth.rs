//! Who may ask a site for tokens (protocol 2.4). Codes and tokens are no documents here.

use super::builtin::Definition;

pub(super) const OAUTH: &[Definition] = &[Definition {
    name: "OAuth Client",
    module: "Integrations",
    autoname: "",
    flags: &[],
    fields: &[
        ("client_id", "Data", "", "read_only"),
        ("app_name", "Data", "", "reqd"),
        ("user", "Link", "User", "read_only"),
        ("client_secret", "Data", "", "read_only"),
        ("skip_authorization", "Check", "", "default=0"),
        ("scopes", "Text", "", "reqd default=all openid"),
        ("redirect_uris", "Text", "", ""),
        ("default_redirect_uri", "Data", "", "reqd"),
        (
            "grant_type",
            "Select",
            "Authorization Code\nImplicit",
            "default=Authorization Code",
        ),
        ("response_type", "Select", "Code\nToken", "default=Code"),
    ],
}];
