//! Logins and the clock: sessions that age, tokens that run out, users who are locked out.

use chrono::TimeDelta;
use serde_json::json;

use super::site_of;
use crate::{Method, Profile, Request, Response, Sandbox};

const USER: &str = "sync@example.com";
const WHO: &str = "/api/method/frappe.auth.get_logged_user";

fn with_password(profile: Profile) -> Sandbox {
    let sandbox = site_of(profile);
    sandbox.set_password(USER, "opensesame").unwrap();
    sandbox
}

fn log_in(sandbox: &Sandbox, password: &str) -> Response {
    let body = json!({"usr": USER, "pwd": password});
    sandbox.handle(&Request::new(Method::Post, "/api/method/login").json(&body))
}

fn form(sandbox: &Sandbox, method: &str, body: &str) -> Response {
    let path = format!("/api/method/frappe.integrations.oauth2.{method}");
    let mut request = Request::new(Method::Post, &path)
        .with_header("Content-Type", "application/x-www-form-urlencoded");
    request.body = body.as_bytes().to_vec();
    sandbox.handle(&request)
}

#[test]
fn a_session_lives_as_long_as_it_is_used() {
    for (profile, hours) in [(Profile::V14, 60), (Profile::V15, 170), (Profile::V16, 170)] {
        let sandbox = with_password(profile);
        let answer = log_in(&sandbox, "opensesame");
        let cookie = answer.header("set-cookie").unwrap();
        let sid = cookie.split(';').next().unwrap();
        let ask = || sandbox.handle(&Request::new(Method::Get, WHO).with_header("Cookie", sid));
        for _ in 0..3 {
            sandbox.clock().advance(TimeDelta::hours(hours));
            assert_eq!(ask().value()["message"], USER, "{profile:?}");
        }
        sandbox
            .clock()
            .advance(TimeDelta::hours(hours) + TimeDelta::seconds(1));
        let over = ask();
        assert_eq!(over.status, 403, "{profile:?}");
        assert_eq!(over.value()["session_expired"], 1, "{profile:?}");
        assert_eq!(sandbox.sessions(), 0, "{profile:?}");
    }
}

#[test]
fn wrong_passwords_lock_a_user_out_for_a_minute() {
    let sandbox = with_password(Profile::V15);
    for _ in 0..10 {
        assert_eq!(log_in(&sandbox, "wrong").status, 401);
    }
    let locked = log_in(&sandbox, "opensesame");
    assert_eq!(locked.status, 500);
    assert_eq!(locked.value()["exc_type"], "SecurityException");
    sandbox.clock().advance(TimeDelta::seconds(61));
    assert_eq!(log_in(&sandbox, "opensesame").status, 200);
}

#[test]
fn nobody_reads_a_password_and_who_is_disabled_does_not_log_in() {
    let sandbox = with_password(Profile::V15);
    let admin = sandbox.as_user("Administrator");
    let shown = admin.get("User", USER).unwrap();
    assert!(shown["new_password"].is_null(), "{shown}");
    admin.update("User", USER, json!({"enabled": 0})).unwrap();
    assert_eq!(log_in(&sandbox, "opensesame").status, 401);
}

#[test]
fn an_access_token_runs_out_by_the_clock_of_the_site() {
    let sandbox = with_password(Profile::V15);
    let redirect = "http://127.0.0.1:8765/callback";
    let client = json!({"app_name": "x", "default_redirect_uri": redirect});
    let client = sandbox
        .as_user("Administrator")
        .insert("OAuth Client", client)
        .unwrap();
    let id = client["client_id"].as_str().unwrap();
    assert_eq!(client["client_id"], client["name"]);
    let grant = format!("grant_type=password&client_id={id}&username={USER}&password=opensesame");
    let given = form(&sandbox, "get_token", &grant).value();
    assert_eq!(given["expires_in"], 3600);
    let token = given["access_token"].as_str().unwrap();
    let bearer = format!("Bearer {token}");
    let ask = || {
        let request = Request::new(Method::Get, WHO).with_header("Authorization", &bearer);
        sandbox.handle(&request).status
    };
    sandbox.clock().advance(TimeDelta::seconds(3590));
    assert_eq!(ask(), 200);
    sandbox.clock().advance(TimeDelta::seconds(20));
    assert_eq!(ask(), 401);
    let told = form(&sandbox, "introspect_token", &format!("token={token}"));
    assert_eq!(told.value(), json!({"active": false}));
}

#[test]
fn a_browser_that_is_not_logged_in_is_sent_to_do_so_and_one_that_is_asks_the_person() {
    let sandbox = with_password(Profile::V15);
    let redirect = "http://127.0.0.1:8765/callback";
    let client = json!({"app_name": "x", "default_redirect_uri": redirect});
    let client = sandbox
        .as_user("Administrator")
        .insert("OAuth Client", client)
        .unwrap();
    let id = client["client_id"].as_str().unwrap();
    let target = format!(
        "/api/method/frappe.integrations.oauth2.authorize?response_type=code&client_id={id}&redirect_uri={redirect}"
    );
    let guest = sandbox.handle(&Request::new(Method::Get, &target));
    assert_eq!(guest.status, 302);
    assert!(
        guest
            .header("location")
            .unwrap()
            .starts_with("/login?redirect-to=")
    );
    let known = Request::new(Method::Get, &target).token("key", "secret");
    assert_eq!(sandbox.handle(&known).status, 200);
    let elsewhere = target.replace("8765", "8766");
    let elsewhere = Request::new(Method::Get, &elsewhere).token("key", "secret");
    assert_eq!(sandbox.handle(&elsewhere).status, 400);
}
