//! Every way to log in: a sync goes on whatever becomes of the session or the tokens, and asks for no more than it must.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use frappe_sync_connector::{
    Auth, FrappeSite, OAuth, OAuthClient, OAuthGrant, Pkce, SiteConfig, SiteUrl, TokenFile,
};
use frappe_sync_engine::EngineError;
use frappe_sync_model::{RunOutcome, Side, SiteErrorKind};
use frappe_sync_sandbox::{Matcher, Method, Moment, Request, Sandbox};
use frappe_sync_tests::{Names, SitePair, Sync};
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::scene::{customer, customers_only, said, sandboxes};

const USER: &str = "sync@example.com";
const PASSWORD: &str = "opensesame-9";
const REDIRECT: &str = "http://127.0.0.1:8765/callback";

/// Two sandboxes of which `b` is to be logged in to in another way.
struct Scene {
    pair: SitePair,
    names: Names,
    folder: tempfile::TempDir,
}

impl Scene {
    async fn new(word: &str) -> Self {
        let (pair, names) = sandboxes(word).await;
        let scene = Self {
            pair,
            names,
            folder: tempfile::tempdir().expect("a folder can be made"),
        };
        let given = scene.sandbox().set_password(USER, PASSWORD);
        given.expect("the user is there");
        scene
    }

    fn sandbox(&self) -> &Sandbox {
        &self.pair.sandboxes().b
    }

    /// Logs in to `b` from now on in this way.
    fn by(&mut self, auth: Auth) {
        self.pair.sites.b = self.client(auth);
        self.sandbox().reset_requests();
    }

    /// A client of `b` of its own, as another process would have.
    fn client(&self, auth: Auth) -> FrappeSite {
        let url = SiteUrl::new(&self.pair.urls.b).expect("a test site has a sound address");
        FrappeSite::new(SiteConfig::new(url, auth)).expect("a client can be made")
    }

    fn session(&self, password: &str) -> Auth {
        Auth::Session {
            user: USER.to_owned(),
            password: password.into(),
        }
    }

    fn token_file(&self) -> PathBuf {
        self.folder.path().join("tokens/b.json")
    }

    fn oauth_client(&self) -> OAuthClient {
        let person = self.sandbox().as_user("Administrator");
        let made = person.insert(
            "OAuth Client",
            json!({"app_name": "frappe-sync", "default_redirect_uri": REDIRECT, "skip_authorization": 1}),
        );
        let made = made.expect("a sound OAuth Client is taken");
        OAuthClient {
            id: made["client_id"].as_str().unwrap_or_default().to_owned(),
            secret: None,
            scope: "all openid".to_owned(),
            authorize_url: None,
            token_url: None,
        }
    }

    fn oauth(&self, client: &OAuthClient, grant: OAuthGrant) -> Auth {
        Auth::OAuth(Box::new(OAuth {
            client: client.clone(),
            grant,
            tokens: TokenFile::new(self.token_file()),
        }))
    }

    fn by_password(&self, client: &OAuthClient, password: &str) -> Auth {
        let grant = OAuthGrant::Password {
            user: USER.to_owned(),
            password: password.into(),
        };
        self.oauth(client, grant)
    }

    /// Logs in once, as a person does in a browser, and returns the way to log in that is left behind.
    async fn logged_in_by_code(&self) -> Auth {
        let client = self.oauth_client();
        let auth = self.oauth(&client, OAuthGrant::AuthorizationCode);
        let site = self.client(auth.clone());
        let pkce = Pkce::random().expect("the system has random bytes");
        let address = client.authorize_address(site.url(), REDIRECT, "st", &pkce);
        let code = browse(self.sandbox(), site.url().as_str(), &address);
        let redeemed = site.redeem(&code, &pkce, REDIRECT).await;
        redeemed.expect("the code is taken");
        auth
    }

    fn sync(&self) -> Sync<'_> {
        Sync::new(&self.pair, &customers_only(&self.names, ""))
    }

    async fn customer(&self, name: &str) {
        customer(&self.pair, &self.names, Side::A, name).await;
    }

    async fn arrived(&self, name: &str) -> bool {
        said(&self.pair, &self.names, Side::B, name, "phone").await == "0"
    }

    /// How often `b` was asked for this.
    fn asked(&self, part: &str) -> usize {
        let requests = self.sandbox().requests();
        let wanted = requests
            .iter()
            .filter(|request| request.path.contains(part));
        wanted.count()
    }

    fn kept(&self) -> Value {
        let text = fs::read_to_string(self.token_file()).expect("the tokens are kept");
        serde_json::from_str(&text).expect("they are kept as JSON")
    }

    /// Makes what is kept look as if the access token ran out soon.
    fn let_kept_run_out(&self) {
        let mut kept = self.kept();
        kept["renew_at"] = json!("2020-01-01T00:00:00Z");
        fs::write(self.token_file(), kept.to_string()).expect("the file can be written");
    }
}

/// Opens an address as a browser in which our user is logged in, and returns the code that it ends with.
fn browse(sandbox: &Sandbox, base: &str, address: &str) -> SecretString {
    let login = Request::new(Method::Post, "/api/method/login")
        .json(&json!({"usr": USER, "pwd": PASSWORD}));
    let answer = sandbox.handle(&login);
    let cookies = answer
        .headers
        .iter()
        .filter(|(name, _)| name == "Set-Cookie");
    let sid = cookies
        .filter_map(|(_, cookie)| cookie.split(';').next())
        .find(|cookie| cookie.starts_with("sid="));
    let sid = sid.expect("a login sets a cookie").to_owned();
    let mut target = address.strip_prefix(base).unwrap_or(address).to_owned();
    for _ in 0..3 {
        let request = Request::new(Method::Get, &target).with_header("Cookie", &sid);
        let answer = sandbox.handle(&request);
        target = answer
            .header("location")
            .unwrap_or_else(|| panic!("{target} leads nowhere: {}", answer.status))
            .to_owned();
        if let Some(query) = target.strip_prefix(REDIRECT) {
            let mut pairs = query.trim_start_matches('?').split('&');
            let code = pairs.find_map(|pair| pair.strip_prefix("code="));
            return code.expect("a code comes").into();
        }
    }
    panic!("no code came");
}

#[tokio::test]
async fn a_sync_is_the_same_under_every_kind_of_login() {
    for kind in ["session", "code", "password"] {
        let mut scene = Scene::new("Kinds").await;
        let auth = match kind {
            "session" => scene.session(PASSWORD),
            "code" => scene.logged_in_by_code().await,
            _ => scene.by_password(&scene.oauth_client(), PASSWORD),
        };
        scene.by(auth);
        scene.customer("C").await;
        let sync = scene.sync();
        let report = sync.run().await;
        assert_eq!(report.outcome, RunOutcome::Converged, "{kind}: {report:#?}");
        assert_eq!(report.summary.create, 1, "{kind}");
        assert!(scene.arrived("C").await, "{kind}");
        let document = scene.pair.people.b.get(&scene.names.customer, "C").await;
        assert_eq!(document["owner"], USER, "{kind}");
        sync.assert_quiet().await;
        // The whole of two runs took one login.
        let logins = match kind {
            "session" => scene.asked("/api/method/login"),
            "code" => scene.asked("get_token") + 1,
            _ => scene.asked("get_token"),
        };
        assert_eq!(logins, 1, "{kind}");
    }
}

#[tokio::test]
async fn a_session_that_ends_in_the_middle_of_a_run_begins_anew_and_nothing_is_done_twice() {
    for nth in 0..3 {
        let mut scene = Scene::new("Ends").await;
        scene.by(scene.session(PASSWORD));
        for name in ["C1", "C2"] {
            scene.customer(name).await;
        }
        let before = match nth {
            0 => Matcher::writes(),
            1 => Matcher::reads().doctype(&scene.names.customer),
            _ => Matcher::any().path("get_versions"),
        };
        let faults = scene.sandbox().faults();
        faults.interpose(before, Moment::Before, Sandbox::end_sessions);
        let report = scene.sync().run().await;
        assert_eq!(report.outcome, RunOutcome::Converged, "{nth}: {report:#?}");
        assert_eq!(report.summary.create, 2, "{nth}");
        assert_eq!(scene.asked("/api/method/login"), 2, "{nth}");
        assert_eq!(scene.sandbox().len_of(&scene.names.customer), 2, "{nth}");
    }
}

#[tokio::test]
async fn a_session_that_asks_for_its_csrf_token_gets_it() {
    let mut scene = Scene::new("Csrf").await;
    scene.by(scene.session(PASSWORD));
    scene.customer("C").await;
    let faults = scene.sandbox().faults();
    faults.interpose(Matcher::writes(), Moment::Before, Sandbox::open_desk);
    let report = scene.sync().run().await;
    assert_eq!(report.outcome, RunOutcome::Converged, "{report:#?}");
    assert!(scene.arrived("C").await);
    assert_eq!(scene.asked("/api/method/login"), 1);
    assert_eq!(scene.asked("/app"), 1);
}

#[tokio::test]
async fn a_wrong_password_is_tried_once_and_told() {
    let mut scene = Scene::new("Wrong").await;
    let client = scene.oauth_client();
    for auth in [scene.session("wrong"), scene.by_password(&client, "wrong")] {
        scene.by(auth);
        for _ in 0..3 {
            let error = scene.sync().try_run().await.expect_err("nobody is let in");
            let EngineError::Site { side, source } = error else {
                panic!("{error:?}");
            };
            assert_eq!(
                (side, &source.kind),
                (Side::B, &SiteErrorKind::NotAuthorised)
            );
            let shown = format!("{source} {source:?}");
            assert!(
                source.message.contains(USER) && !shown.contains("wrong"),
                "{shown}"
            );
        }
        let tries = scene.asked("/api/method/login") + scene.asked("get_token");
        assert_eq!(tries, 1);
    }
}

#[tokio::test]
async fn a_user_with_a_second_factor_is_told_to_use_a_key() {
    let scene = Scene::new("Factor").await;
    scene.sandbox().require_second_factor(USER);
    let error = scene.client(scene.session(PASSWORD)).logged_user().await;
    let error = error.expect_err("nobody is let in");
    assert_eq!(error.kind, SiteErrorKind::NotAuthorised);
    assert!(error.message.contains("second factor"), "{error}");
    assert!(error.message.contains("API key"), "{error}");
}

#[tokio::test]
async fn an_access_token_that_runs_out_in_the_middle_of_a_run_is_renewed_and_nothing_is_done_twice()
{
    for by_code in [true, false] {
        let mut scene = Scene::new("Runs out").await;
        let auth = match by_code {
            true => scene.logged_in_by_code().await,
            false => scene.by_password(&scene.oauth_client(), PASSWORD),
        };
        scene.by(auth);
        for name in ["C1", "C2"] {
            scene.customer(name).await;
        }
        let faults = scene.sandbox().faults();
        faults.interpose(Matcher::writes(), Moment::Before, Sandbox::expire_tokens);
        let report = scene.sync().run().await;
        assert_eq!(report.outcome, RunOutcome::Converged, "{report:#?}");
        assert_eq!(report.summary.create, 2);
        assert_eq!(scene.sandbox().len_of(&scene.names.customer), 2);
        assert_eq!(scene.asked("get_token"), if by_code { 1 } else { 2 });
    }
}

#[tokio::test]
async fn a_new_refresh_token_is_on_the_disk_before_the_access_token_is_used() {
    let scene = Scene::new("Kept").await;
    let auth = scene.logged_in_by_code().await;
    let old = scene.kept();
    scene.let_kept_run_out();
    let seen = Arc::new(Mutex::new(Value::Null));
    let (file, place) = (scene.token_file(), Arc::clone(&seen));
    let first_use = Matcher::any().path("get_logged_user");
    let faults = scene.sandbox().faults();
    faults.interpose(first_use, Moment::Before, move |_| {
        let text = fs::read_to_string(&file).unwrap_or_default();
        let kept = serde_json::from_str(&text).unwrap_or_default();
        *place.lock().unwrap_or_else(PoisonError::into_inner) = kept;
    });
    assert_eq!(
        scene.client(auth).logged_user().await.ok().as_deref(),
        Some(USER)
    );
    let seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
    for key in ["access_token", "refresh_token"] {
        assert!(seen[key].is_string(), "{key}");
        assert_ne!(seen[key], old[key], "{key}");
    }
}

#[tokio::test]
async fn of_two_processes_that_find_a_token_run_out_one_renews_it() {
    let scene = Scene::new("Two").await;
    let auth = scene.logged_in_by_code().await;
    for found_by_the_site in [false, true] {
        let (one, other) = (scene.client(auth.clone()), scene.client(auth.clone()));
        if found_by_the_site {
            for site in [&one, &other] {
                site.logged_user().await.expect("the token is good");
            }
            scene.sandbox().expire_tokens();
        } else {
            scene.let_kept_run_out();
        }
        scene.sandbox().reset_requests();
        let (one, other) = tokio::join!(one.logged_user(), other.logged_user());
        assert_eq!(one.ok().as_deref(), Some(USER));
        assert_eq!(other.ok().as_deref(), Some(USER));
        assert_eq!(scene.asked("get_token"), 1, "{found_by_the_site}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn what_keeps_the_tokens_can_be_read_by_nobody_else() {
    use std::os::unix::fs::PermissionsExt as _;

    let scene = Scene::new("Mode").await;
    let auth = scene.logged_in_by_code().await;
    let mode = |path: &Path| {
        let metadata = fs::metadata(path).expect("it is there");
        metadata.permissions().mode() & 0o777
    };
    let folder = scene.folder.path().join("tokens");
    assert_eq!(mode(&scene.token_file()), 0o600);
    assert_eq!(mode(&folder), 0o700);
    // After a renewal, too, and nothing is left beside it but the lock.
    scene.let_kept_run_out();
    let site = scene.client(auth);
    site.logged_user().await.expect("the token is renewed");
    assert_eq!(mode(&scene.token_file()), 0o600);
    let entries = fs::read_dir(&folder).expect("it can be listed");
    let mut names: Vec<_> = entries.flatten().map(|entry| entry.file_name()).collect();
    names.sort();
    assert_eq!(names, ["b.json", "b.json.lock"]);
    assert_eq!(mode(&folder.join("b.json.lock")), 0o600);
}

#[tokio::test]
async fn a_login_that_was_taken_back_is_told_and_not_asked_for_again() {
    let mut scene = Scene::new("Revoked").await;
    let auth = scene.logged_in_by_code().await;
    scene.sandbox().revoke_tokens();
    scene.by(auth);
    for _ in 0..2 {
        let error = scene.sync().try_run().await.expect_err("nobody is let in");
        let EngineError::Site { source, .. } = error else {
            panic!("{error:?}");
        };
        assert_eq!(source.kind, SiteErrorKind::NotAuthorised);
        assert!(source.message.contains("is over"), "{source}");
    }
    assert_eq!(scene.asked("get_token"), 1);
}

#[tokio::test]
async fn a_logout_makes_the_tokens_void_on_the_site_and_takes_them_away_here() {
    let scene = Scene::new("Logout").await;
    let auth = scene.logged_in_by_code().await;
    let site = scene.client(auth.clone());
    let kept = scene.kept();
    assert_eq!(site.end_login().await.ok(), Some(Some(true)));
    assert!(!scene.token_file().exists());
    assert_eq!(site.end_login().await.ok(), Some(None));
    let token = kept["access_token"].as_str().unwrap_or_default();
    let request = Request::new(Method::Get, "/api/method/frappe.auth.get_logged_user")
        .with_header("Authorization", &format!("Bearer {token}"));
    assert_eq!(scene.sandbox().handle(&request).status, 401);
    let error = site.logged_user().await.expect_err("nobody is logged in");
    assert!(error.message.contains("nobody has logged in"), "{error}");
}

#[tokio::test]
async fn client_credentials_are_refused_by_frappe_and_told_so() {
    let scene = Scene::new("Client").await;
    let auth = scene.oauth(&scene.oauth_client(), OAuthGrant::ClientCredentials);
    let error = scene.client(auth).logged_user().await;
    let error = error.expect_err("nobody is let in");
    assert_eq!(error.kind, SiteErrorKind::NotAuthorised);
    assert!(error.message.contains("unauthorized_client"), "{error}");
    assert!(
        error.message.contains("Frappe itself never does"),
        "{error}"
    );
}
