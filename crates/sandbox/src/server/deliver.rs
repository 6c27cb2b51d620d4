//! Posts what webhooks are to send, as a site's workers do (protocol 11).
//!
//! A client of a few lines, for `http` alone: a sandbox sends to receivers under test, and has no certificates to check.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

use crate::sandbox::Sandbox;
use crate::webhook::WebhookDelivery;

/// How many jobs work at once; with more than one, nothing keeps the order.
const WORKERS: usize = 4;

/// How long after a failed try the next one comes. After the last of three it is forgotten.
const WAITS: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(4)];

/// The most that is read of an answer.
const MOST_ANSWER: u64 = 64 * 1024;

/// How one try ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tried {
    Taken,
    Failed,
    /// No answer in time: the only failure that is not waited after.
    NoAnswer,
}

/// Posts whatever comes into the site's outbox, until it is dropped.
pub(super) async fn deliver_all(sandbox: Sandbox) {
    let workers = Arc::new(Semaphore::new(WORKERS));
    loop {
        sandbox.outbox().arrived().await;
        for delivery in sandbox.outbox().take() {
            let Ok(worker) = Arc::clone(&workers).acquire_owned().await else {
                return;
            };
            tokio::spawn(async move {
                deliver(&delivery).await;
                drop(worker);
            });
        }
    }
}

async fn deliver(delivery: &WebhookDelivery) {
    for attempt in 0.. {
        let tried = post(delivery).await;
        match wait_after(attempt, tried) {
            Some(wait) => sleep(wait).await,
            None if tried == Tried::Taken => return,
            None => {
                tracing::warn!(webhook = %delivery.webhook, "nobody took what a webhook sent");
                return;
            }
        }
    }
}

/// How long to wait before the next try; `None` where there is none.
fn wait_after(attempt: usize, tried: Tried) -> Option<Duration> {
    let wait = WAITS.get(attempt).copied()?;
    match tried {
        Tried::Taken => None,
        Tried::Failed => Some(wait),
        Tried::NoAnswer => Some(Duration::ZERO),
    }
}

async fn post(delivery: &WebhookDelivery) -> Tried {
    let Some((address, host, path)) = target(&delivery.url) else {
        return Tried::Failed;
    };
    let Ok(Ok(stream)) = timeout(delivery.timeout, TcpStream::connect(&address)).await else {
        return Tried::Failed;
    };
    match timeout(delivery.timeout, exchange(stream, delivery, host, path)).await {
        Err(_) => Tried::NoAnswer,
        Ok(Ok(status)) if status < 400 => Tried::Taken,
        Ok(_) => Tried::Failed,
    }
}

async fn exchange(
    mut stream: TcpStream,
    delivery: &WebhookDelivery,
    host: &str,
    path: &str,
) -> io::Result<u16> {
    let mut head = format!(
        "{} {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: python-requests/2.32.3\r\nAccept: */*\r\n\
         Connection: close\r\nContent-Length: {}\r\n",
        delivery.method,
        delivery.body.len()
    );
    for (name, value) in &delivery.headers {
        // A line break would make two headers of one, and Python's client refuses it.
        if format!("{name}{value}").contains(['\r', '\n']) {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(&delivery.body).await?;
    let mut answer = Vec::new();
    stream.take(MOST_ANSWER).read_to_end(&mut answer).await?;
    status_of(&answer).ok_or_else(|| io::ErrorKind::InvalidData.into())
}

fn status_of(answer: &[u8]) -> Option<u16> {
    let line = answer.split(|byte| *byte == b'\r').next()?;
    let line = std::str::from_utf8(line).ok()?;
    line.strip_prefix("HTTP/1.")?
        .split(' ')
        .nth(1)?
        .parse()
        .ok()
}

/// Takes an address apart: what to connect to, the host as it is written, and the path with its query.
fn target(url: &str) -> Option<(String, &str, &str)> {
    let rest = url.strip_prefix("http://")?;
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (host, path) = rest.split_at(end);
    let has_port = host
        .rsplit_once(':')
        .is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    let address = if has_port {
        host.to_owned()
    } else {
        format!("{host}:80")
    };
    Some((address, host, if path.is_empty() { "/" } else { path }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_tries_are_made_and_one_without_an_answer_is_not_waited_after() {
        let second = Duration::from_secs(1);
        assert_eq!(wait_after(0, Tried::Failed), Some(second));
        assert_eq!(wait_after(1, Tried::Failed), Some(4 * second));
        assert_eq!(wait_after(2, Tried::Failed), None);
        assert_eq!(wait_after(0, Tried::NoAnswer), Some(Duration::ZERO));
        assert_eq!(wait_after(2, Tried::NoAnswer), None);
        assert_eq!(wait_after(0, Tried::Taken), None);
    }

    #[test]
    fn addresses_are_taken_apart() {
        assert_eq!(
            target("http://127.0.0.1:8790/hooks/a/b?x=1"),
            Some((
                "127.0.0.1:8790".to_owned(),
                "127.0.0.1:8790",
                "/hooks/a/b?x=1"
            ))
        );
        assert_eq!(
            target("http://sync.example.com"),
            Some(("sync.example.com:80".to_owned(), "sync.example.com", "/"))
        );
        assert_eq!(target("https://sync.example.com"), None);
    }

    #[test]
    fn the_status_is_read() {
        assert_eq!(status_of(b"HTTP/1.1 202 Accepted\r\n\r\n"), Some(202));
        assert_eq!(status_of(b""), None);
        assert_eq!(status_of(b"ERR"), None);
    }
}
