//! `login`, `logout`, and what a run tells of a login that does not work.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Stdio};

use frappe_sync_sandbox::{Method, Request, Sandbox};
use serde_json::{Value, json};

use crate::program::{Ended, SECRET, command, ended};
use crate::rehearsal::{Rehearsal, person};
use crate::steady::assert_told;

const USER: &str = "sync@example.com";
const PASSWORD: &str = "opensesame-9";
const KEYS: &str = "{ api_key: key, api_secret_env: SECRET }";

/// Two sites, of which the branch is logged in to in another way.
struct Scene {
    rehearsal: Rehearsal,
    port: u16,
}

impl Scene {
    fn with(auth: &str) -> Self {
        let rehearsal = Rehearsal::new();
        rehearsal.branch.set_password(USER, PASSWORD).unwrap();
        let address = rehearsal.address_of_branch();
        let own = |auth: &str| format!("'{address}', auth: {auth}");
        rehearsal.configure(&own(KEYS), &own(auth));
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        Self { rehearsal, port }
    }

    /// With an OAuth Client on the site that the configuration names.
    fn with_oauth(more: &str) -> Self {
        let scene = Self::with("{ kind: oauth, client_id: CLIENT }");
        let redirect = format!("http://127.0.0.1:{}/callback", scene.port);
        let client = json!({
            "app_name": "frappe-sync", "redirect_uris": redirect, "default_redirect_uri": redirect,
            "skip_authorization": 1,
        });
        let client = person(&scene.rehearsal.branch).insert("OAuth Client", client);
        let id = client.unwrap()["client_id"].as_str().unwrap().to_owned();
        scene
            .rehearsal
            .configure("client_id: CLIENT", &format!("client_id: {id}{more}"));
        scene
    }

    fn command(&self, line: &str) -> std::process::Command {
        let words: Vec<&str> = line.split_whitespace().collect();
        let mut command = command(self.rehearsal.folder(), &words);
        command.env("SECRET", SECRET).env("PW", PASSWORD);
        command
    }

    fn line(&self, line: &str) -> Ended {
        ended(&mut self.command(line))
    }

    fn begin(&self, line: &str) -> (Child, String) {
        let mut child = self
            .command(line)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut told = BufReader::new(child.stderr.as_mut().unwrap()).lines();
        let address = told.find_map(|line| Some(line.unwrap().strip_prefix("  ")?.to_owned()));
        (child, address.unwrap())
    }

    /// Logs in as a person with a browser does; returns how the program ended.
    fn log_in(&self, more: &str) -> (Child, String) {
        let (child, address) = self.begin(&format!("login branch --port {}{more}", self.port));
        let target = browse(&self.rehearsal.branch, &address);
        assert!(target.starts_with(&format!("http://127.0.0.1:{}/callback?", self.port)));
        (child, target)
    }

    fn logged_in(&self) {
        let (child, target) = self.log_in("");
        assert!(visit(&target).starts_with("HTTP/1.1 200"));
        assert!(child.wait_with_output().unwrap().status.success());
    }

    fn token_file(&self) -> PathBuf {
        self.rehearsal.folder().join("state/tokens/branch.json")
    }

    fn kept(&self) -> Value {
        serde_json::from_str(&fs::read_to_string(self.token_file()).unwrap()).unwrap()
    }

    /// Makes what is kept look as if the access token ran out soon.
    fn let_kept_run_out(&self) {
        let mut kept = self.kept();
        kept["renew_at"] = json!("2020-01-01T00:00:00Z");
        fs::write(self.token_file(), kept.to_string()).unwrap();
    }

    fn asked(&self, part: &str) -> usize {
        let requests = self.rehearsal.branch.requests();
        let wanted = requests
            .iter()
            .filter(|request| request.path.contains(part));
        wanted.count()
    }
}

/// Opens an address of a site where our user is logged in, and returns where it ends outside of the site.
fn browse(site: &Sandbox, address: &str) -> String {
    let login = Request::new(Method::Post, "/api/method/login");
    let answer = site.handle(&login.json(&json!({"usr": USER, "pwd": PASSWORD})));
    let cookie = answer.header("set-cookie").unwrap();
    let sid = cookie.split(';').next().unwrap();
    let mut target = address[address.find("/api/").unwrap()..].to_owned();
    while !target.starts_with("http") {
        let request = Request::new(Method::Get, &target).with_header("Cookie", sid);
        let answer = site.handle(&request);
        target = answer.header("location").unwrap().to_owned();
    }
    target
}

/// Asks for an address of this machine, and returns the whole answer.
fn visit(address: &str) -> String {
    let rest = address.strip_prefix("http://").unwrap();
    let (host, path) = rest.split_at(rest.find('/').unwrap());
    let mut stream = TcpStream::connect(host).unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn a_person_logs_in_once_and_runs_go_on_by_themselves() {
    let scene = Scene::with_oauth("");
    let before = scene.line("run");
    assert_eq!(before.code, 12, "{}", before.told());
    assert!(
        before.stderr.contains("`frappe-sync login branch`"),
        "{}",
        before.stderr
    );

    let (child, target) = scene.log_in(" --json");
    // Any page may send a browser here: what does not know the state changes nothing.
    let forged = format!("http://127.0.0.1:{}/callback?code=x&state=y", scene.port);
    assert!(visit(&forged).starts_with("HTTP/1.1 400"));
    let page = visit(&target);
    assert!(page.starts_with("HTTP/1.1 200"), "{page}");
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["format"], "frappe-sync/login@1");
    assert_eq!(report["user"], USER);
    assert_eq!(report["outcome"], "logged_in");

    for _ in 0..2 {
        let run = scene.line("run");
        assert_eq!(run.code, 0, "{}", run.told());
        scene.let_kept_run_out();
    }
    let out = scene.line("logout branch --json").report();
    assert_eq!(out["outcome"], "revoked");
    assert!(!scene.token_file().exists());
    assert_eq!(scene.line("run").code, 12);
    assert_eq!(
        scene.line("logout branch --json").report()["outcome"],
        "nothing"
    );
}

#[test]
fn an_address_can_be_pasted_where_there_is_no_browser() {
    let scene = Scene::with_oauth("");
    let (mut child, target) = scene.log_in(" --paste");
    writeln!(child.stdin.take().unwrap(), "{target}").unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(told.contains("we are sync@example.com"), "{told}");
    assert_eq!(scene.line("run").code, 0);

    let (mut child, _) = scene.begin(&format!("login branch --paste --port {}", scene.port));
    // Of the login before.
    writeln!(child.stdin.take().unwrap(), "{target}").unwrap();
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(64));
}

#[test]
fn a_person_who_does_not_agree_is_told() {
    let scene = Scene::with_oauth("");
    let (child, _) = scene.begin(&format!("login branch --json --port {}", scene.port));
    let refused = format!(
        "http://127.0.0.1:{}/callback?error=access_denied",
        scene.port
    );
    assert!(visit(&refused).starts_with("HTTP/1.1 200"));
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(12));
    let error: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        error["message"],
        "site `branch` did not let us in: access_denied"
    );
}

#[test]
fn a_port_that_is_taken_is_told() {
    let scene = Scene::with_oauth("");
    let _taken = TcpListener::bind(("127.0.0.1", scene.port)).unwrap();
    let ended = scene.line(&format!("login branch --port {}", scene.port));
    assert_eq!(ended.code, 1);
    assert!(ended.stderr.contains("`--paste`"), "{}", ended.stderr);
}

#[test]
fn other_kinds_of_login_are_only_tested() {
    let session = format!("{{ kind: session, user: {USER}, password_env: PW }}");
    for (auth, kind) in [
        (KEYS, "token"),
        (
            "{ kind: basic, api_key: key, api_secret_env: SECRET }",
            "basic",
        ),
        (session.as_str(), "session"),
    ] {
        let scene = Scene::with(auth);
        let report = scene.line("login branch --json").report();
        assert_eq!(report["kind"], kind);
        assert_eq!(report["outcome"], "tested");
        assert_eq!(report["user"], USER);
        let out = scene.line("logout branch --json").report();
        assert_eq!(out["outcome"], "nothing");
    }
    let scene = Scene::with(KEYS);
    let unknown = scene.line("login brunch --json");
    assert_eq!(unknown.error()["remedy"], "did you mean `branch`?");
    assert_eq!(unknown.code, 64);
}

#[test]
fn a_wrong_password_ends_with_12_after_one_try() {
    let scene = Scene::with(&format!(
        "{{ kind: session, user: {USER}, password_env: SECRET }}"
    ));
    assert_told!(scene.line("run"), @r"
    error: site `branch`: `http://127.0.0.1:[port]` does not accept user `sync@example.com` with this password; it is not tried again, since ten failures lock a user out
      --> http://127.0.0.1:[port], ask who we are
      help: see whether user and password are those of this site, and the user is enabled; an API key in their place (`kind: token`) needs no session
    exit code 12
    ");
    assert_eq!(scene.asked("/api/method/login"), 1);
}

#[test]
fn a_login_that_was_taken_back_ends_with_12_and_says_how_to_log_in_again() {
    let scene = Scene::with_oauth("");
    scene.logged_in();
    scene.rehearsal.branch.revoke_tokens();
    assert_told!(scene.line("run"), @r"
    error: site `branch`: the login to `http://127.0.0.1:[port]` is over: it gives no new token (no such client or token)
      --> http://127.0.0.1:[port], ask who we are
      help: log in: `frappe-sync login branch`
      help: see whether `client_id` is the name of the OAuth Client on this site, and the user is enabled
    exit code 12
    ");
}

#[test]
fn client_credentials_end_with_12_and_the_remedy() {
    let scene = Scene::with_oauth(", grant: client_credentials");
    assert_told!(scene.line("login branch"), @r"
    error: site `branch`: `http://127.0.0.1:[port]` gives no token for `client_credentials` (unauthorized_client); Frappe itself never does
      --> http://127.0.0.1:[port], ask who we are
      help: Frappe itself knows no `client_credentials`: use `grant: authorization_code` and log in once, or an API key (`kind: token`); for a gateway that knows it, name its `token_url`
    exit code 12
    ");
}

#[test]
fn two_processes_at_once_renew_a_token_once() {
    let scene = Scene::with_oauth("");
    scene.logged_in();
    assert_eq!(scene.line("run").code, 0);
    scene.let_kept_run_out();
    scene.rehearsal.branch.reset_requests();
    let mut children: Vec<Child> = (0..3)
        .map(|_| {
            let mut command = scene.command("plan --quiet");
            command.stdout(Stdio::null()).spawn().unwrap()
        })
        .collect();
    for child in &mut children {
        assert_eq!(child.wait().unwrap().code(), Some(0));
    }
    assert_eq!(scene.asked("get_token"), 1);
}

#[test]
fn nothing_that_is_secret_is_logged_or_printed() {
    let trace = |scene: &Scene, line: &str| {
        let mut command = scene.command(line);
        let ended = ended(command.env("FRAPPE_SYNC_LOG", "trace"));
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        assert!(ended.stderr.contains("TRACE"), "{}", ended.stderr);
        ended.stdout + &ended.stderr
    };
    let assert_secret = |told: &str, secrets: &[&str]| {
        for secret in secrets {
            let line = told.lines().find(|line| line.contains(secret));
            assert!(line.is_none(), "`{secret}` stands in: {line:?}");
        }
    };
    let scene = Scene::with(&format!(
        "{{ kind: session, user: {USER}, password_env: PW }}"
    ));
    let told = trace(&scene, "run --json -vvv");
    assert_secret(&told, &[PASSWORD, "sid=", SECRET]);

    let scene = Scene::with_oauth(", client_secret_env: PW");
    scene.logged_in();
    let old = scene.kept();
    scene.let_kept_run_out();
    let told = trace(&scene, "run --json -vvv");
    let new = scene.kept();
    let token = |kept: &Value, key: &str| kept[key].as_str().unwrap().to_owned();
    assert_ne!(old["access_token"], new["access_token"]);
    for kept in [&old, &new] {
        for key in ["access_token", "refresh_token"] {
            assert_secret(&told, &[&token(kept, key), PASSWORD]);
        }
    }

    let grant = format!(", grant: password, user: {USER}, password_env: PW");
    let scene = Scene::with_oauth(&grant);
    let told = trace(&scene, "login branch --json -vvv");
    let kept = scene.kept();
    assert_secret(&told, &[&token(&kept, "access_token"), PASSWORD]);
}
