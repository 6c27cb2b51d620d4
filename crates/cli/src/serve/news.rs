//! Tells whoever is to be told: by a command, and by a request.

use std::process::Stdio;
use std::time::Duration;

use frappe_sync_connector::post_json;
use frappe_sync_serve::Tale;
use tokio::io::AsyncWriteExt as _;

use crate::config::TellConfig;

/// The longest that a command or a request may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Tells it. What cannot be told is in the log.
pub(super) async fn tell(tale: Tale, how: TellConfig) {
    let text = serde_json::to_string(&tale).unwrap_or_default();
    tracing::warn!(sync = tale.sync, topic = ?tale.topic, "{}", tale.message);
    if let Some(command) = &how.command {
        match tokio::time::timeout(PATIENCE, run(command, &tale, &text)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(command, error, "nobody was told by the command"),
            Err(_) => tracing::error!(command, "the command that tells took too long"),
        }
    }
    if let Some(url) = &how.url
        && let Err(error) = post_json(url, text, PATIENCE).await
    {
        tracing::error!(error, "nobody was told by the request");
    }
}

/// Runs a command with the news on its standard input, and their topic in its environment.
async fn run(command: &str, tale: &Tale, text: &str) -> Result<(), String> {
    let topic = serde_json::to_value(tale.topic).unwrap_or_default();
    let mut child = tokio::process::Command::new(if cfg!(windows) { "cmd" } else { "sh" })
        .arg(if cfg!(windows) { "/C" } else { "-c" })
        .arg(command)
        .env("FRAPPE_SYNC_SYNC", &tale.sync)
        .env("FRAPPE_SYNC_TOPIC", topic.as_str().unwrap_or_default())
        .env("FRAPPE_SYNC_MESSAGE", &tale.message)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| error.to_string())?;
    if let Some(mut input) = child.stdin.take() {
        // A command that does not read has its environment.
        let _unread = input.write_all(text.as_bytes()).await;
    }
    let status = child.wait().await.map_err(|error| error.to_string())?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("it ended with {status}"))
    }
}
