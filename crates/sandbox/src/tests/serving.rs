//! The server: what a client sees on the wire.

use std::net::{Ipv4Addr, SocketAddr};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{exists, site};
use crate::{Action, Fault, Matcher, Sandbox, Server};

const BODY: &str = r#"{"data": {"name": "a"}}"#;

async fn serve(sandbox: &Sandbox) -> Server {
    sandbox
        .serve(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
        .await
        .unwrap()
}

/// Everything that arrives until the connection ends, and whether it ended in order.
async fn post(server: &Server) -> (String, bool) {
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    let request = format!(
        "POST /api/resource/Thing HTTP/1.1\r\nHost: x\r\nAuthorization: token key:secret\r\nAccept: application/json\r\n\
         Content-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{BODY}",
        BODY.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    let ended = stream.read_to_end(&mut bytes).await.is_ok();
    (String::from_utf8_lossy(&bytes).into_owned(), ended)
}

#[tokio::test]
async fn a_request_is_answered() {
    let sandbox = site();
    let server = serve(&sandbox).await;
    let (answer, _) = post(&server).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    assert_eq!(answer.to_lowercase().matches("\r\ndate: ").count(), 1);
    assert!(answer.contains(r#"{"data":{"name":"a""#));
}

#[tokio::test]
async fn a_lost_answer_is_no_answer() {
    let sandbox = site();
    let server = serve(&sandbox).await;
    sandbox.faults().push(Fault {
        matcher: Matcher::any(),
        action: Action::FailAfterWrite,
    });
    let (answer, _) = post(&server).await;
    assert_eq!(answer, "");
    assert!(exists(&sandbox, "a"));
}

#[tokio::test]
async fn half_a_body_is_shorter_than_its_length_says() {
    let sandbox = site();
    let server = serve(&sandbox).await;
    sandbox.faults().push(Fault {
        matcher: Matcher::any(),
        action: Action::CutBody,
    });
    let (answer, _) = post(&server).await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let length: usize = head
        .to_lowercase()
        .lines()
        .find_map(|line| {
            line.strip_prefix("content-length: ")
                .and_then(|length| length.parse().ok())
        })
        .unwrap();
    assert_eq!(body.len(), length / 2);
}

#[tokio::test]
async fn a_dropped_server_listens_no_more() {
    let sandbox = site();
    let server = serve(&sandbox).await;
    let address = server.address();
    post(&server).await;
    drop(server);
    // The listener goes away as soon as its task has run.
    let mut refused = false;
    for _ in 0..1000 {
        tokio::task::yield_now().await;
        if TcpStream::connect(address).await.is_err() {
            refused = true;
            break;
        }
    }
    assert!(refused);
}
