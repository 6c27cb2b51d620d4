//! What travels when we log in, and what does not.

use std::path::Path;

use serde_json::{Value, json};

use frappe_sync_connector::{
    Auth, Endpoint, FrappeSite, OAuth, OAuthClient, OAuthGrant, SiteConfig, TokenFile,
};
use frappe_sync_model::{NewDocument, Site, SiteErrorKind};

use crate::scripted_site::{Asked, Reply, ScriptedSite};

fn who(user: &str) -> Reply {
    Reply::json(200, json!({"message": user}))
}

fn logged_in(sid: &str) -> Reply {
    let cookie = format!("sid={sid}; HttpOnly; Path=/");
    let cookies = [
        ("set-cookie", "user_id=sync%40example.com; Path=/"),
        ("set-cookie", cookie.as_str()),
    ];
    Reply::json_with(200, &cookies, json!({"message": "Logged In"}))
}

fn by_session(script: &ScriptedSite) -> FrappeSite {
    let auth = Auth::Session {
        user: "sync@example.com".to_owned(),
        password: "hunter2".into(),
    };
    client(script, auth)
}

fn client(script: &ScriptedSite, auth: Auth) -> FrappeSite {
    FrappeSite::new(SiteConfig {
        auth,
        ..script.config()
    })
    .unwrap()
}

fn by_gateway(gateway: &ScriptedSite, folder: &Path, grant: OAuthGrant) -> Auth {
    Auth::OAuth(Box::new(OAuth {
        client: OAuthClient {
            id: "the-client".to_owned(),
            secret: Some("client-hunter".into()),
            scope: "all openid".to_owned(),
            authorize_url: None,
            token_url: Some(Endpoint::new(&format!("{}/token", gateway.url())).unwrap()),
        },
        grant,
        tokens: TokenFile::new(folder.join("tokens/site.json")),
    }))
}

fn tokens(access: &str, refresh: Option<&str>) -> Reply {
    let mut body = json!({"access_token": access, "token_type": "Bearer", "expires_in": 3600});
    if let Some(refresh) = refresh {
        body["refresh_token"] = json!(refresh);
    }
    Reply::json(200, body)
}

/// The fields of a form, in the order of their names.
fn fields(asked: &Asked) -> Vec<String> {
    let mut fields: Vec<String> = asked.text.split('&').map(str::to_owned).collect();
    fields.sort();
    fields
}

#[tokio::test]
async fn a_session_sends_its_own_cookie_and_no_other_and_no_key() {
    let script = ScriptedSite::in_order([logged_in("abc"), who("me"), who("me")]).await;
    let site = by_session(&script);
    for _ in 0..2 {
        assert_eq!(site.logged_user().await.unwrap(), "me");
    }
    let asked = script.asked();
    assert_eq!(asked[0].target, "/api/method/login");
    assert_eq!(
        asked[0].body,
        json!({"usr": "sync@example.com", "pwd": "hunter2"})
    );
    assert_eq!(asked[0].header("cookie"), None);
    for request in &asked[1..] {
        assert_eq!(request.header("cookie"), Some("sid=abc"));
        assert_eq!(request.header("authorization"), None);
        assert_eq!(request.body, Value::Null);
    }
}

#[tokio::test]
async fn a_write_that_was_turned_away_is_sent_once_more_and_one_whose_answer_is_lost_is_not() {
    let expired = || {
        Reply::json(
            403,
            json!({"exc_type": "PermissionError", "session_expired": 1}),
        )
    };
    let todo = NewDocument {
        doctype: "ToDo".into(),
        name: None,
        body: serde_json::Map::new(),
    };
    let script = ScriptedSite::in_order([
        logged_in("one"),
        expired(),
        logged_in("two"),
        Reply::html(502),
    ])
    .await;
    let error = by_session(&script).insert(&todo).await.unwrap_err();
    assert_eq!(error.kind, SiteErrorKind::OutcomeUnknown);
    let asked = script.asked();
    assert_eq!(asked.len(), 4);
    assert_eq!(asked[3].header("cookie"), Some("sid=two"));

    // A session that ends as soon as it begins is no reason to go on for ever.
    let script =
        ScriptedSite::in_order([logged_in("one"), expired(), logged_in("two"), expired()]).await;
    let error = by_session(&script).insert(&todo).await.unwrap_err();
    assert_eq!(error.kind, SiteErrorKind::NotAuthorised);
    assert_eq!(script.asked().len(), 4);
}

#[tokio::test]
async fn what_a_user_may_not_do_is_no_reason_to_log_in_again() {
    let refused = Reply::json(403, json!({"exc_type": "PermissionError"}));
    let script = ScriptedSite::in_order([logged_in("abc"), refused]).await;
    let error = by_session(&script).logged_user().await.unwrap_err();
    assert_eq!(error.kind, SiteErrorKind::NotPermitted);
    assert_eq!(script.asked().len(), 2);
}

#[tokio::test]
async fn an_answer_to_a_guest_is_not_taken_for_one_to_our_user() {
    let guest = Reply::json_with(
        200,
        &[("set-cookie", "sid=Guest; Path=/")],
        json!({"message": "Guest"}),
    );
    let script =
        ScriptedSite::in_order([logged_in("one"), guest, logged_in("two"), who("me")]).await;
    assert_eq!(by_session(&script).logged_user().await.unwrap(), "me");
}

#[tokio::test]
async fn a_site_that_is_busy_is_asked_to_log_in_again_and_one_that_refuses_is_not() {
    let busy = || Reply::json(503, json!({"exc_type": "SessionStopped"}));
    let script = ScriptedSite::in_order([busy(), busy(), logged_in("abc"), who("me")]).await;
    assert_eq!(by_session(&script).logged_user().await.unwrap(), "me");

    let wrong = Reply::json(401, json!({"message": "Invalid login credentials"}));
    let script = ScriptedSite::in_order([wrong]).await;
    let site = by_session(&script);
    for _ in 0..3 {
        let error = site.logged_user().await.unwrap_err();
        assert_eq!(error.kind, SiteErrorKind::NotAuthorised);
        assert!(!format!("{error:?}").contains("hunter2"));
    }
    assert_eq!(script.asked().len(), 1);
}

#[tokio::test]
async fn a_token_is_asked_for_by_a_form_without_cookies_and_shown_to_the_site_alone() {
    let folder = tempfile::tempdir().unwrap();
    let gateway = ScriptedSite::in_order([tokens("acc-1", None)]).await;
    let script = ScriptedSite::in_order([who("me"), who("me")]).await;
    let auth = by_gateway(&gateway, folder.path(), OAuthGrant::ClientCredentials);
    assert_eq!(format!("{auth:?}"), "OAuth(..)");
    let site = client(&script, auth);
    for _ in 0..2 {
        assert_eq!(site.logged_user().await.unwrap(), "me");
    }
    let asked = gateway.asked();
    assert_eq!(asked.len(), 1);
    assert_eq!(
        (asked[0].method.as_str(), asked[0].target.as_str()),
        ("POST", "/token")
    );
    let content_type = asked[0].header("content-type");
    assert_eq!(content_type, Some("application/x-www-form-urlencoded"));
    assert_eq!(asked[0].header("cookie"), None);
    assert_eq!(asked[0].header("authorization"), None);
    assert_eq!(
        fields(&asked[0]),
        [
            "client_id=the-client",
            "client_secret=client-hunter",
            "grant_type=client_credentials",
            "scope=all%20openid"
        ]
    );
    for request in script.asked() {
        assert_eq!(request.header("authorization"), Some("Bearer acc-1"));
        assert_eq!(request.header("cookie"), None);
    }
}

#[tokio::test]
async fn a_gateway_that_gives_a_new_refresh_token_each_time_is_followed() {
    let folder = tempfile::tempdir().unwrap();
    let grant = || OAuthGrant::Password {
        user: "sync@example.com".to_owned(),
        password: "hunter2".into(),
    };
    let gateway = ScriptedSite::in_order([
        tokens("acc-1", Some("ref-1")),
        tokens("acc-2", Some("ref-2")),
        Reply::json(503, json!({})),
        tokens("acc-3", Some("ref-3")),
    ])
    .await;
    let script = ScriptedSite::answering(|asked| match asked.header("authorization") {
        Some("Bearer acc-3") => who("me"),
        _ => Reply::json(401, json!({"exc_type": "AuthenticationError"})),
    })
    .await;
    // The first two tokens are turned away; each turn is a new process, and the last is told to come back.
    let site = client(&script, by_gateway(&gateway, folder.path(), grant()));
    let error = site.logged_user().await.unwrap_err();
    assert_eq!(error.kind, SiteErrorKind::NotAuthorised);
    let site = client(&script, by_gateway(&gateway, folder.path(), grant()));
    assert_eq!(site.logged_user().await.unwrap(), "me");
    let used: Vec<String> = gateway
        .asked()
        .iter()
        .filter_map(|asked| {
            fields(asked)
                .into_iter()
                .find(|field| field.starts_with("refresh"))
        })
        .collect();
    assert_eq!(
        used,
        [
            "refresh_token=ref-1",
            "refresh_token=ref-2",
            "refresh_token=ref-2"
        ]
    );
}

#[tokio::test]
async fn a_gateway_that_cannot_be_reached_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let script = ScriptedSite::in_order([]).await;
    let auth = Auth::OAuth(Box::new(OAuth {
        client: OAuthClient {
            id: "the-client".to_owned(),
            secret: None,
            scope: "all".to_owned(),
            authorize_url: None,
            token_url: Some(Endpoint::new("http://127.0.0.1:1/token").unwrap()),
        },
        grant: OAuthGrant::ClientCredentials,
        tokens: TokenFile::new(folder.path().join("site.json")),
    }));
    let error = client(&script, auth).logged_user().await.unwrap_err();
    assert_eq!(error.kind, SiteErrorKind::Unreachable);
    assert!(error.message.contains("127.0.0.1:1/token"), "{error}");
}
