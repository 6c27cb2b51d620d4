//! Documents that are set up on a site: read whole, with the value of a Password field.

use frappe_sync_model::SiteErrorKind;
use secrecy::ExposeSecret as _;

use crate::sandbox_world::{PROFILES, World};

#[tokio::test]
async fn a_document_comes_whole_and_one_that_is_not_there_is_not_found() {
    for profile in PROFILES {
        let world = World::new(profile).await;
        let name = world.order("A/1 %", "a").await;
        let order = world.site.document(&"Order".into(), &name).await.unwrap();
        assert_eq!(order["name"], "A/1 %");
        assert_eq!(order["items"][1]["item"], "table");
        let missing = world.site.document(&"Order".into(), &"B".into()).await;
        assert_eq!(missing.unwrap_err().kind, SiteErrorKind::NotFound);
    }
}

#[tokio::test]
async fn a_password_is_told_to_those_who_may_know_it() {
    for profile in PROFILES {
        let world = World::new(profile).await;
        let (doctype, user) = ("User".into(), "person@example.com".into());
        let asked = world.site.password(&doctype, &user, "api_secret");
        let secret = asked.await.unwrap();
        assert_eq!(
            secret.as_ref().map(|secret| secret.expose_secret()),
            Some("hunter2")
        );
        let none = world.site.password(&doctype, &user, "new_password").await;
        assert!(none.unwrap().is_none(), "a field without a value");

        world
            .sandbox
            .take_role("sync@example.com", "System Manager")
            .unwrap();
        let denied = world.site.password(&doctype, &user, "api_secret").await;
        assert!(denied.unwrap().is_none(), "a user who may not know it");
    }
}
