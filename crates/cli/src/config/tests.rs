//! Mistakes in `frappe-sync.yaml`, each with its place and its remedy.

use std::path::Path;
use std::time::Duration;

use chrono::TimeDelta;
use frappe_sync_connector::SecretSource;
use frappe_sync_planner::Limit;

use super::{
    AuthConfig, AuthKind, GrantConfig, KeySource, KeysConfig, PasswordConfig, ServeConfig, load,
    read, read_mappings,
};
use crate::error::{CliError, ErrorKind};
use crate::exit::Exit;

const GOOD: &str = "\
version: 1
state: state/frappe-sync.db
sites:
  hq:
    url: https://hq.example.com/
    auth: { kind: token, api_key_env: HQ_KEY, api_secret_env: HQ_SECRET }
  branch:
    url: https://branch.example.com
    auth:
      kind: basic
      api_key: k3y
      api_secret_file: branch.secret
    time_zone: Europe/Berlin
    request_timeout: 300s
    max_in_flight: 8
syncs:
  hq-branch:
    a: hq
    b: branch
    mappings: [customer.yaml]
    schedule: \"*/5 * * * *\"
    guard: { max_deletes: 10%, max_changes: 200 }
    lag: 15m
    sweep: 6h
serve:
  listen: 127.0.0.1:8791
  public_url: https://sync.example.com/hq/
  webhook_secret_file: hook.secret
";

/// A folder with a mapping file in it, so that only the mistake in question is one.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mapping = "version: 1\ndoctype: Customer\n";
    std::fs::write(folder.path().join("customer.yaml"), mapping).unwrap();
    folder
}

fn failure(text: &str) -> CliError {
    let folder = folder();
    read(text, &folder.path().join("frappe-sync.yaml")).unwrap_err()
}

/// Returns line, column, message and remedy of each error.
fn told(error: &CliError) -> Vec<(String, String, String)> {
    error
        .each()
        .map(|error| {
            assert_eq!(error.kind(), ErrorKind::Config);
            let place = error.place().unwrap_or_default();
            let place = place.rsplit("frappe-sync.yaml:").next().unwrap_or_default();
            (
                place.to_owned(),
                error.to_string(),
                error.remedies().join("; "),
            )
        })
        .collect()
}

#[test]
fn a_whole_file_is_read() {
    let folder = folder();
    let config = read(GOOD, &folder.path().join("frappe-sync.yaml")).unwrap();
    assert_eq!(config.state, folder.path().join("state/frappe-sync.db"));
    let hq = config.site("hq");
    assert_eq!(hq.url.as_str(), "https://hq.example.com");
    assert_eq!(hq.request_timeout, Duration::from_secs(120));
    let env = |name: &str| SecretSource::Env(name.to_owned());
    assert_eq!(
        hq.auth,
        AuthConfig::Keys(KeysConfig {
            form: AuthKind::Token,
            key: KeySource::Kept(env("HQ_KEY")),
            secret: env("HQ_SECRET"),
        })
    );
    let branch = config.site("branch");
    assert_eq!(
        branch.auth,
        AuthConfig::Keys(KeysConfig {
            form: AuthKind::Basic,
            key: KeySource::Inline("k3y".to_owned()),
            secret: SecretSource::File(folder.path().join("branch.secret")),
        })
    );
    assert_eq!(branch.time_zone, Some(chrono_tz::Europe::Berlin));
    assert_eq!(branch.request_timeout, Duration::from_secs(300));
    assert_eq!(branch.max_in_flight, Some(8));
    let sync = &config.syncs[0];
    assert_eq!(sync.name, "hq-branch");
    assert_eq!(
        (sync.sites.a.as_str(), sync.sites.b.as_str()),
        ("hq", "branch")
    );
    assert_eq!(sync.schedule.as_deref(), Some("*/5 * * * *"));
    assert_eq!(sync.guard.max_deletes, Some(Limit::Percent(10)));
    assert_eq!(sync.guard.max_changes, Some(Limit::Count(200)));
    assert_eq!(sync.lag, Some(TimeDelta::minutes(15)));
    assert_eq!(sync.sweep, Some(TimeDelta::hours(6)));
    assert_eq!(read_mappings(sync).unwrap().len(), 1);
    assert_eq!(config.serve.listen.to_string(), "127.0.0.1:8791");
    assert_eq!(
        config.serve.public_url.as_deref(),
        Some("https://sync.example.com/hq")
    );
    assert_eq!(
        config.serve.webhook_secret,
        Some(SecretSource::File(folder.path().join("hook.secret")))
    );
}

#[test]
fn without_a_receiver_there_is_one_that_only_this_machine_reaches() {
    let folder = folder();
    let text = GOOD.split("serve:").next().unwrap();
    let config = read(text, &folder.path().join("frappe-sync.yaml")).unwrap();
    assert_eq!(config.serve, ServeConfig::default());
    assert!(config.serve.listen.ip().is_loopback());
    assert_eq!(config.serve.webhook_secret, None);
}

/// The configuration with another way to log in to the first site.
fn with_auth(auth: &str) -> String {
    GOOD.replacen(
        "{ kind: token, api_key_env: HQ_KEY, api_secret_env: HQ_SECRET }",
        auth,
        1,
    )
}

#[test]
fn a_session_and_oauth_are_read_with_their_defaults() {
    let folder = folder();
    let auth = |text: &str| {
        let config = read(&with_auth(text), &folder.path().join("frappe-sync.yaml")).unwrap();
        config.site("hq").auth.clone()
    };
    let login = PasswordConfig {
        user: "sync@example.com".to_owned(),
        password: SecretSource::Env("PW".to_owned()),
    };
    assert_eq!(
        auth("{ kind: session, user: sync@example.com, password_env: PW }"),
        AuthConfig::Session(login.clone())
    );
    let AuthConfig::OAuth(oauth) = auth("{ kind: oauth, client_id: abc }") else {
        panic!("it is OAuth");
    };
    assert_eq!(oauth.client_id, "abc");
    assert_eq!(oauth.scope, "all openid");
    assert_eq!(oauth.grant, GrantConfig::AuthorizationCode);
    assert_eq!(oauth.tokens, folder.path().join("state/tokens/hq.json"));
    assert_eq!((&oauth.client_secret, &oauth.token_url), (&None, &None));
    let AuthConfig::OAuth(oauth) = auth(
        "{ kind: oauth, client_id: abc, grant: password, user: sync@example.com, password_env: PW, \
         client_secret_file: client.secret, scope: openid, token_url: 'https://id.example.com/token' }",
    ) else {
        panic!("it is OAuth");
    };
    assert_eq!(oauth.grant, GrantConfig::Password(login));
    assert_eq!(
        oauth.client_secret,
        Some(SecretSource::File(folder.path().join("client.secret")))
    );
    assert_eq!(oauth.scope, "openid");
    let url = oauth.token_url.unwrap();
    assert_eq!(url.to_string(), "https://id.example.com/token");
}

#[test]
fn what_does_not_go_with_the_kind_of_login_is_told() {
    for (auth, message) in [
        (
            "{ kind: session, user: a, password_env: P, api_key: k }",
            "`api_key` says nothing for `kind: session`",
        ),
        (
            "{ kind: session, password_env: P }",
            "`user`, the name of the user, is missing",
        ),
        (
            "{ kind: session, user: a }",
            "one of `password_env`, `password_file` or `password_command` is missing",
        ),
        (
            "{ kind: oauth }",
            "`client_id`, the name of the OAuth Client on the site, is missing",
        ),
        (
            "{ kind: oauth, client_id: c, user: a }",
            "`user` says nothing for `kind: oauth` without `grant: password`",
        ),
        (
            "{ kind: oauth, client_id: c, client_secret_env: A, client_secret_file: b }",
            "only one of `client_secret_env`, `client_secret_file` or `client_secret_command` can be given",
        ),
        (
            "{ kind: oauth, client_id: c, token_url: 'https://me:hunter2@x.example/' }",
            "the address of an endpoint holds no user, no password and no `#`",
        ),
        (
            "{ api_key: k, api_secret_env: S, scope: all }",
            "`scope` says nothing for `kind: token`",
        ),
    ] {
        let error = failure(&with_auth(auth));
        let told: Vec<String> = error.each().map(ToString::to_string).collect();
        assert_eq!(told, [message], "{auth}");
        assert!(!format!("{error:?}").contains("hunter2"));
    }
}

#[test]
fn every_mistake_is_told_with_its_place_and_its_remedy() {
    let table = [
        (
            ("state: state/", "sate: state/"),
            ("2:1", "unknown key `sate`", "did you mean `state`?"),
        ),
        (
            ("    a: hq", "    aa: hq"),
            ("18:5", "unknown key `aa`", "did you mean `a`?"),
        ),
        (
            ("version: 1", "version: 2"),
            (
                "1:10",
                "version 2 is not known here",
                "this frappe-sync reads `version: 1`",
            ),
        ),
        (
            ("    b: branch", "    b: brunch"),
            (
                "19:8",
                "there is no site `brunch`",
                "did you mean `branch`?",
            ),
        ),
        (
            ("    b: branch", "    b: warehouse"),
            (
                "19:8",
                "there is no site `warehouse`",
                "sites are: branch, hq",
            ),
        ),
        (
            ("    b: branch", "    b: hq"),
            (
                "19:8",
                "`hq` stands on both sides",
                "a sync is between two different sites",
            ),
        ),
        (
            ("https://branch.example.com", "http://HQ.example.com/"),
            (
                "19:8",
                "`hq` and `branch` are two names of one site",
                "a sync is between two different sites",
            ),
        ),
        (
            ("kind: basic", "kind: basik"),
            (
                "10:13",
                "`basik` is not a choice here",
                "did you mean `basic`?",
            ),
        ),
        (
            ("      api_key: k3y\n", ""),
            (
                "10:7",
                "one of `api_key`, `api_key_env`, `api_key_file` or `api_key_command` is missing",
                "",
            ),
        ),
        (
            (
                "      api_key: k3y",
                "      api_key: k3y\n      api_key_env: KEY",
            ),
            (
                "12:20",
                "only one of `api_key`, `api_key_env`, `api_key_file` or `api_key_command` can be given",
                "",
            ),
        ),
        (
            ("Europe/Berlin", "Europe/Berln"),
            (
                "13:16",
                "`Europe/Berln` is no time zone",
                "did you mean `Europe/Berlin`?",
            ),
        ),
        (
            ("300s", "300"),
            (
                "14:22",
                "`300` is no span of time",
                "a number with `ms`, `s`, `m`, `h` or `d`, such as `120s` or `30 days`",
            ),
        ),
        (
            ("max_in_flight: 8", "max_in_flight: 0"),
            (
                "15:20",
                "requests in flight are between 1 and 64",
                "a bench serves about twice as many as it has cores",
            ),
        ),
        (
            ("[customer.yaml]", "[]"),
            ("20:15", "sync `hq-branch` has no mapping", ""),
        ),
        (
            ("[customer.yaml]", "[customer.yaml, customer.yaml]"),
            ("20:31", "`customer.yaml` is named twice", ""),
        ),
        (
            ("*/5 * * * *", "every day"),
            (
                "21:15",
                "`every day` is no schedule: cron has five fields, and here are 2",
                "five fields of cron such as `*/5 * * * *`, `@hourly`, `@every 30s` or `@continuous`",
            ),
        ),
        (
            ("sweep: 6h", "hours: [Mon 10-11]"),
            (
                "24:13",
                "`Mon 10-11` names no hours: times are such as `20:00-06:00`",
                "for example `Mon-Fri 20:00-06:00`",
            ),
        ),
        (
            ("listen: 127.0.0.1:8791", "max_runs: 0"),
            ("26:13", "runs at a time are between 1 and 256", ""),
        ),
        (
            (
                "listen: 127.0.0.1:8791",
                "tell: { url: 'chat.example.com' }",
            ),
            (
                "26:16",
                "news are posted to an address that begins with `https://` or `http://`",
                "",
            ),
        ),
        (
            ("sweep: 6h", "sweep: often"),
            (
                "24:12",
                "`often` is no span of time",
                "a number with `ms`, `s`, `m`, `h` or `d`, such as `120s` or `30 days`",
            ),
        ),
        (
            ("sweep: 6h", "sweeps: 6h"),
            ("24:5", "unknown key `sweeps`", "did you mean `sweep`?"),
        ),
        (
            ("10%", "110%"),
            (
                "22:27",
                "`110%` is neither a number of documents, such as `100`, nor a percentage from `0%` to \
                 `100%`",
                "",
            ),
        ),
        (
            ("https://hq.example.com/", "ftp://hq.example.com"),
            (
                "5:10",
                "the address of a site begins with `https://` or `http://`",
                "for example `https://erp.example.com`",
            ),
        ),
        (
            ("127.0.0.1:8791", "8791"),
            (
                "26:11",
                "`8791` is no address to listen on",
                "a number of the machine and a port, such as `127.0.0.1:8790`, or `0.0.0.0:8790` for all networks",
            ),
        ),
        (
            ("https://sync.example.com/hq/", "sync.example.com"),
            (
                "27:15",
                "a public address is written like `https://sync.example.com`: relative URL without a base",
                "for example `https://sync.example.com`",
            ),
        ),
        (
            (
                "https://sync.example.com/hq/",
                "https://sync.example.com/?x=1",
            ),
            (
                "27:15",
                "a public address ends before any `?` or `#`",
                "for example `https://sync.example.com`",
            ),
        ),
        (
            (
                "  webhook_secret_file: hook.secret",
                "  webhook_secret_file: hook.secret\n  webhook_secret_env: HOOK",
            ),
            (
                "28:24",
                "only one of `webhook_secret_env`, `webhook_secret_file` or `webhook_secret_command` can be given",
                "",
            ),
        ),
        (
            ("  listen:", "  listn:"),
            ("26:3", "unknown key `listn`", "did you mean `listen`?"),
        ),
        (
            (
                "webhook_secret_file: hook.secret",
                "webhook_secret_env: \"\"",
            ),
            ("28:23", "something is missing here", ""),
        ),
    ];
    for ((right, wrong), (place, message, remedy)) in table {
        assert!(GOOD.contains(right), "{right}");
        let error = failure(&GOOD.replacen(right, wrong, 1));
        let expected = (place.to_owned(), message.to_owned(), remedy.to_owned());
        assert_eq!(told(&error), [expected], "{wrong}");
        assert_eq!(error.exit(), Exit::ConfigInvalid);
    }
}

#[test]
fn all_mistakes_are_told_at_once() {
    let text = GOOD
        .replace("    b: branch", "    b: brunch")
        .replace("300s", "soon")
        .replace("10%", "lots");
    let places: Vec<String> = told(&failure(&text))
        .into_iter()
        .map(|(place, _, _)| place)
        .collect();
    assert_eq!(places, ["14:22", "19:8", "22:27"]);
}

#[test]
fn a_mapping_file_that_is_missing_is_told_with_where_paths_begin() {
    let error = failure(&GOOD.replace("customer.yaml", "custmer.yaml"));
    let [(place, message, remedy)] = &told(&error)[..] else {
        panic!("{error:?}");
    };
    assert_eq!(place, "20:16");
    assert_eq!(message, "there is no file `custmer.yaml`");
    assert!(remedy.starts_with("paths begin at `"), "{remedy}");
}

#[test]
fn a_secret_in_the_wrong_place_is_never_shown() {
    let slips = [
        ("api_secret_env: HQ_SECRET", "api_secret: hunter2"),
        ("api_secret_env: HQ_SECRET", "api_secret_env: [hunter2]"),
        (
            "https://hq.example.com/",
            "https://user:hunter2@hq.example.com",
        ),
        ("      api_key: k3y", "      password: hunter2"),
        ("      api_key: k3y", "      token: hunter2"),
        (
            "https://sync.example.com/hq/",
            "https://user:hunter2@sync.example.com",
        ),
        (
            "webhook_secret_file: hook.secret",
            "webhook_secret: hunter2",
        ),
    ];
    for (right, slip) in slips {
        let error = failure(&GOOD.replacen(right, slip, 1));
        let shown: Vec<String> = error
            .each()
            .map(|error| format!("{error} {:?} {:?}", error.excerpt(), error.to_report()))
            .collect();
        assert!(!shown.join(" ").contains("hunter2"), "{slip}: {shown:?}");
    }
}

#[test]
fn a_secret_in_the_file_is_told_where_to_go() {
    let error = failure(&GOOD.replacen("api_secret_env: HQ_SECRET", "api_secret: hunter2", 1));
    assert_eq!(error.to_string(), "unknown key `api_secret`");
    assert!(error.remedies()[0].contains("api_secret_env"));
    let slip = "webhook_secret: hunter2";
    let error = failure(&GOOD.replacen("webhook_secret_file: hook.secret", slip, 1));
    assert_eq!(error.to_string(), "unknown key `webhook_secret`");
    assert!(
        error
            .remedies()
            .iter()
            .any(|help| help.contains("webhook_secret_env"))
    );
}

#[test]
fn the_line_of_a_mistake_is_shown() {
    let error = failure(&GOOD.replacen("    b: branch", "    b: brunch", 1));
    assert_eq!(
        error.excerpt(),
        Some("   |\n19 |     b: brunch\n   |        ^^^^^^")
    );
}

#[test]
fn two_files_for_one_mapping_are_refused() {
    let folder = folder();
    let twin = "version: 1\ndoctype: Customer\n";
    std::fs::write(folder.path().join("twin.yaml"), twin).unwrap();
    let text = GOOD.replace("[customer.yaml]", "[customer.yaml, twin.yaml]");
    let config = read(&text, &folder.path().join("frappe-sync.yaml")).unwrap();
    let error = read_mappings(&config.syncs[0]).unwrap_err();
    assert_eq!(error.to_string(), "`Customer` is mapped twice in one sync");
}

/// Writes mapping files into a folder `set` and returns the files that a sync with these `mappings` reads.
fn set(files: &[(&str, &str)], mappings: &str) -> Result<Vec<(String, String)>, CliError> {
    let folder = folder();
    let set = folder.path().join("set");
    std::fs::create_dir_all(set.join("deeper")).unwrap();
    for (name, doctype) in files {
        let text = format!("version: 1\ndoctype: {doctype}\n");
        std::fs::write(set.join(name), text).unwrap();
    }
    let text = GOOD.replace("[customer.yaml]", mappings);
    let config = read(&text, &folder.path().join("frappe-sync.yaml")).unwrap();
    let found = read_mappings(&config.syncs[0])?;
    let told = found.iter().map(|file| {
        let path = Path::new(&file.file).strip_prefix(folder.path()).unwrap();
        (file.name().to_string(), path.display().to_string())
    });
    Ok(told.collect())
}

#[test]
fn a_folder_is_all_its_mapping_files_in_the_order_of_their_names() {
    let files = [
        ("uom.yaml", "UOM"),
        ("item.yml", "Item"),
        ("notes.txt", "Note"),
        ("deeper/brand.yaml", "Brand"),
    ];
    let told = set(&files, "[customer.yaml, set]").unwrap();
    let told: Vec<(&str, &str)> = told.iter().map(|(n, f)| (n.as_str(), f.as_str())).collect();
    assert_eq!(
        told,
        [
            ("Customer", "customer.yaml"),
            ("Item", "set/item.yml"),
            ("UOM", "set/uom.yaml")
        ]
    );
}

#[test]
fn a_file_that_is_named_goes_before_one_of_a_folder() {
    let files = [("customer.yaml", "Customer"), ("uom.yaml", "UOM")];
    for mappings in ["[set, customer.yaml]", "[customer.yaml, set]"] {
        let mut told = set(&files, mappings).unwrap();
        told.sort();
        let told: Vec<&str> = told.iter().map(|(_, file)| file.as_str()).collect();
        assert_eq!(told, ["customer.yaml", "set/uom.yaml"], "{mappings}");
    }
}

#[test]
fn a_folder_without_a_mapping_file_and_two_for_one_doctype_are_refused() {
    let error = set(&[], "[set]").unwrap_err();
    assert_eq!(error.to_string(), "a folder without a mapping file");
    assert!(error.place().unwrap_or_default().ends_with("set"));
    let error = set(&[("a.yaml", "Customer"), ("b.yaml", "Customer")], "[set]").unwrap_err();
    assert_eq!(error.to_string(), "`Customer` is mapped twice in one sync");
}

#[test]
fn a_configuration_that_is_not_there_is_told() {
    let error = load(Some(Path::new("/nowhere/frappe-sync.yaml"))).unwrap_err();
    assert_eq!(error.exit(), Exit::ConfigInvalid);
    assert_eq!(error.place(), Some("/nowhere/frappe-sync.yaml"));
}
