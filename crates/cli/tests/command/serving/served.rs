//! The binary while it serves, and how it is asked.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use frappe_sync_hooks::sign;
use serde_json::{Value, json};

use crate::program::{SECRET, command};
use crate::rehearsal::Rehearsal;

/// The longest that anything is waited for.
const PATIENCE: Duration = Duration::from_secs(90);

/// The token of the page.
pub(super) const TOKEN: &str = "t0ken";

/// What hooks are signed with.
const HOOKS: &str = "h00ks";

/// The binary while it serves. Dropped, it is killed.
pub(super) struct Served {
    child: Child,
    pub(super) address: String,
    told: Arc<Mutex<String>>,
}

/// An answer.
pub(super) struct Told {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: String,
}

impl Told {
    /// Returns the body, which is JSON.
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

/// Writes what `serve` needs into the configuration of a rehearsal.
pub(super) fn configure(rehearsal: &Rehearsal, sync: &str, serve: &str) {
    std::fs::write(rehearsal.folder().join("token"), TOKEN).unwrap();
    std::fs::write(rehearsal.folder().join("hooks"), HOOKS).unwrap();
    rehearsal.configure(
        "mappings: [customer.yaml] }",
        &format!("mappings: [customer.yaml]{sync} }}"),
    );
    let path = rehearsal.folder().join("frappe-sync.yaml");
    let mut text = std::fs::read_to_string(&path).unwrap();
    text.push_str(&format!(
        "serve:\n  token_file: token\n  webhook_secret_file: hooks\n{serve}"
    ));
    std::fs::write(path, text).unwrap();
}

/// Waits until something is so.
pub(super) fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < PATIENCE, "never: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

impl Served {
    /// Starts to serve on a free port.
    pub(super) fn start(rehearsal: &Rehearsal) -> Self {
        Self::start_with(rehearsal, &[])
    }

    /// The same, with more in its environment.
    pub(super) fn start_with(rehearsal: &Rehearsal, environment: &[(&str, &str)]) -> Self {
        let mut child = command(rehearsal.folder(), &["serve", "--listen", "127.0.0.1:0"])
            .env("SECRET", SECRET)
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .envs(environment.iter().copied())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let told = Arc::new(Mutex::new(String::new()));
        let mut lines = BufReader::new(child.stderr.take().unwrap());
        let heard = Arc::clone(&told);
        let (sender, address) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let mut line = String::new();
            while lines.read_line(&mut line).unwrap_or_default() > 0 {
                if let Some((_, rest)) = line.split_once(" at http://") {
                    // Who waits for it may have given up.
                    let _gone = sender.send(rest.trim().trim_end_matches('/').to_owned());
                }
                heard.lock().unwrap().push_str(&line);
                line.clear();
            }
        });
        let address = address.recv_timeout(PATIENCE);
        let address = address.unwrap_or_else(|_| panic!("{}", told.lock().unwrap()));
        Self {
            child,
            address,
            told,
        }
    }

    /// Returns what was printed so far.
    pub(super) fn told(&self) -> String {
        self.told.lock().unwrap().clone()
    }

    /// Sends a signal.
    pub(super) fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.child.id());
        assert!(
            Command::new("sh")
                .args(["-c", &kill])
                .status()
                .unwrap()
                .success()
        );
    }

    /// Asks it to end, and waits for that.
    pub(super) fn end(mut self) -> ExitStatus {
        self.signal("TERM");
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(began.elapsed() < PATIENCE, "it does not end");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Asks.
    pub(super) fn ask(&self, method: &str, path: &str, headers: &str, body: &str) -> Told {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        // Of the old protocol an answer ends with the connection.
        let request = format!(
            "{method} {path} HTTP/1.0\r\nHost: {}\r\nContent-Length: {}\r\n{headers}\r\n{body}",
            self.address,
            body.len()
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split_whitespace().nth(1).unwrap().parse().unwrap();
        Told {
            status,
            head: head.to_owned(),
            body: body.to_owned(),
        }
    }

    /// Reads.
    pub(super) fn get(&self, path: &str) -> Told {
        self.ask("GET", path, "", "")
    }

    /// Orders, with the token.
    pub(super) fn order(&self, path: &str, body: &Value) -> Told {
        let headers =
            format!("Authorization: Bearer {TOKEN}\r\nContent-Type: application/json\r\n");
        self.ask("POST", path, &headers, &body.to_string())
    }

    /// Sends what a site's webhook sends, signed with `secret`.
    pub(super) fn hook(&self, site: &str, doctype: &str, name: &str, secret: Option<&str>) -> u16 {
        let body = json!({ "doctype": doctype, "name": name, "event": "on_update" }).to_string();
        let signature = sign(secret.unwrap_or(HOOKS).as_bytes(), body.as_bytes());
        let headers = format!("X-Frappe-Webhook-Signature: {signature}\r\n");
        self.ask("POST", &format!("/hooks/hq-branch/{site}"), &headers, &body)
            .status
    }

    /// Returns what is to be seen of a sync.
    pub(super) fn sync(&self, name: &str) -> Value {
        let told = self.get("/api/syncs").json();
        let syncs = told["syncs"].as_array().unwrap();
        syncs
            .iter()
            .find(|sync| sync["sync"] == name)
            .cloned()
            .unwrap_or_default()
    }

    /// Returns how many runs of a sync are remembered.
    pub(super) fn runs(&self, sync: &str) -> usize {
        let told = self.get(&format!("/api/syncs/{sync}/history?limit=500"));
        match told.status {
            200 => told.json()["runs"].as_array().unwrap().len(),
            _ => 0,
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended.
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}
