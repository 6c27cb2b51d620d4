//! A site that answers what a test tells it to, down to the bytes, and remembers what it was asked.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use frappe_sync_connector::{Auth, FrappeSite, Jitter, RetryPolicy, SiteConfig, SiteUrl};

/// One request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: String,
    /// Path and query, encoded.
    pub(crate) target: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    /// JSON, or null.
    pub(crate) body: Value,
    /// The body as it came.
    pub(crate) text: String,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(header, _)| header == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// What the site does with a request.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// Sends these bytes and closes the connection.
    Bytes(Vec<u8>),
    /// Never answers.
    Silence,
}

impl Reply {
    pub(crate) fn new(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Self {
        let length = body.len();
        Self::with_length(status, headers, body, length)
    }

    /// Claims a length that may differ from the body's.
    pub(crate) fn with_length(
        status: u16,
        headers: &[(&str, &str)],
        body: &[u8],
        length: usize,
    ) -> Self {
        let mut bytes = format!("HTTP/1.1 {status} Scripted\r\ncontent-length: {length}\r\n");
        for (name, value) in headers {
            bytes.push_str(&format!("{name}: {value}\r\n"));
        }
        bytes.push_str("connection: close\r\n\r\n");
        let mut bytes = bytes.into_bytes();
        bytes.extend_from_slice(body);
        Self::Bytes(bytes)
    }

    pub(crate) fn json(status: u16, body: Value) -> Self {
        Self::json_with(status, &[], body)
    }

    pub(crate) fn json_with(status: u16, headers: &[(&str, &str)], body: Value) -> Self {
        let mut all = vec![("content-type", "application/json")];
        all.extend_from_slice(headers);
        Self::new(status, &all, body.to_string().as_bytes())
    }

    pub(crate) fn html(status: u16) -> Self {
        let body = b"<html><body><h1>Something else</h1></body></html>";
        Self::new(status, &[("content-type", "text/html")], body)
    }

    /// Announces more than it sends.
    pub(crate) fn half_a_body() -> Self {
        let headers = [("content-type", "application/json")];
        Self::with_length(200, &headers, b"{\"message\": [{\"na", 1000)
    }
}

type Script = dyn Fn(&Asked) -> Reply + Send + Sync;

/// A site on a port of its own; it ends with this value.
pub(crate) struct ScriptedSite {
    url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    _server: JoinSet<()>,
}

impl ScriptedSite {
    /// Answers by a function of the request.
    pub(crate) async fn answering(
        script: impl Fn(&Asked) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let script: Arc<Script> = Arc::new(script);
        let mut server = JoinSet::new();
        server.spawn(serve(listener, script, Arc::clone(&asked)));
        Self {
            url,
            asked,
            _server: server,
        }
    }

    /// Answers in order; whoever asks more often gets a status that no test expects.
    pub(crate) async fn in_order(replies: impl IntoIterator<Item = Reply>) -> Self {
        let replies: Mutex<VecDeque<Reply>> = Mutex::new(replies.into_iter().collect());
        Self::answering(move |_| {
            let next = replies.lock().unwrap().pop_front();
            next.unwrap_or_else(|| Reply::json(410, serde_json::json!({"exc_type": "ScriptOver"})))
        })
        .await
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// A configuration that retries without waiting.
    pub(crate) fn config(&self) -> SiteConfig {
        quick_config(&self.url)
    }

    pub(crate) fn client(&self) -> FrappeSite {
        FrappeSite::new(self.config()).unwrap()
    }
}

/// A configuration with a known key and at most three tries, none of which waits.
pub(crate) fn quick_config(url: &str) -> SiteConfig {
    let auth = Auth::Token {
        key: "the-key".to_owned(),
        secret: "hunter2".into(),
    };
    SiteConfig {
        retry: RetryPolicy {
            max_tries: 3,
            budget: Duration::from_secs(30),
            base: Duration::from_millis(1),
            cap: Duration::from_millis(1),
        },
        jitter: Jitter::new(|| 0.0),
        ..SiteConfig::new(SiteUrl::new(url).unwrap(), auth)
    }
}

async fn serve(listener: TcpListener, script: Arc<Script>, asked: Arc<Mutex<Vec<Asked>>>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let script = Arc::clone(&script);
        let asked = Arc::clone(&asked);
        connections.spawn(async move {
            // A client that hangs up in the middle is its own business.
            let _hung_up = answer_one(stream, &script, &asked).await;
        });
    }
}

async fn answer_one(
    mut stream: TcpStream,
    script: &Arc<Script>,
    asked: &Mutex<Vec<Asked>>,
) -> std::io::Result<()> {
    let request = read_request(&mut stream).await?;
    asked.lock().unwrap().push(request.clone());
    match script(&request) {
        Reply::Bytes(bytes) => {
            stream.write_all(&bytes).await?;
            stream.shutdown().await
        }
        Reply::Silence => std::future::pending().await,
    }
}

async fn read_request(stream: &mut TcpStream) -> std::io::Result<Asked> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).await?;
    let mut words = line.split_whitespace().map(str::to_owned);
    let method = words.next().unwrap_or_default();
    let target = words.next().unwrap_or_default();
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).await?;
        let Some((name, value)) = line.split_once(':') else {
            break;
        };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = headers
        .iter()
        .find(|(name, _)| name == "content-length")
        .and_then(|(_, value)| value.parse().ok())
        .unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).await?;
    Ok(Asked {
        method,
        target,
        headers,
        body: serde_json::from_slice(&body).unwrap_or(Value::Null),
        text: String::from_utf8_lossy(&body).into_owned(),
    })
}
