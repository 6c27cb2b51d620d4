//! A sandbox site that the suite can run on.

use std::net::{Ipv4Addr, SocketAddr};

use chrono_tz::Tz;
use frappe_sync_sandbox::{Profile, Sandbox, Server, SiteOptions, UserOptions};

use super::failure::Failure;
use super::site::Access;

/// Serves a fresh site of this profile; it stops when the server is dropped.
pub(super) async fn serve(profile: Profile, time_zone: Tz) -> Result<(Server, Access), Failure> {
    let sandbox = Sandbox::new(SiteOptions {
        profile,
        time_zone,
        ..SiteOptions::default()
    });
    let (key, secret) = (
        "conformance-key".to_owned(),
        "conformance-secret".to_owned(),
    );
    sandbox
        .add_user(UserOptions {
            email: "conformance@example.com".to_owned(),
            roles: vec!["System Manager".to_owned()],
            api_key: key.clone(),
            api_secret: secret.clone(),
        })
        .map_err(|error| Failure::new(format!("the sandbox takes no user: {error}")))?;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let server = sandbox
        .serve(address)
        .await
        .map_err(|error| Failure::new(format!("the sandbox cannot listen: {error}")))?;
    let url = server.url();
    Ok((server, Access { url, key, secret }))
}
