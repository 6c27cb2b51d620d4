//! A request to somebody who is no Frappe site: news for people.

use std::time::Duration;

use reqwest::Client;
use reqwest::header::CONTENT_TYPE;
use reqwest::redirect::Policy;

/// Posts JSON to an address, once, within that time.
///
/// # Errors
///
/// What went wrong, without the address: it may hold a secret.
pub async fn post_json(url: &str, body: String, within: Duration) -> Result<(), String> {
    let told = |error: reqwest::Error| error.without_url().to_string();
    let client = Client::builder()
        .redirect(Policy::none())
        .timeout(within)
        .build()
        .map_err(told)?;
    let request = client
        .post(url)
        .header(CONTENT_TYPE, "application/json")
        .body(body);
    let status = request.send().await.map_err(told)?.status();
    if status.is_success() {
        Ok(())
    } else {
        Err(format!("the answer was {status}"))
    }
}
