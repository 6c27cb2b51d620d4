//! A browser without a window, driven over its pipe.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::served::until;

/// Says that the tests fail where there is no browser.
const MUST: &str = "FRAPPE_SYNC_BROWSER_TESTS";

/// A tab of a browser. Dropped, it is gone.
pub(super) struct Tab {
    browser: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    session: Option<String>,
    asked: u64,
    _profile: TempDir,
}

impl Tab {
    /// Opens a page in a window of that width; `None` where there is no browser.
    pub(super) fn open(address: &str, width: u32) -> Option<Self> {
        let has_one = |name: &&str| {
            let look = format!("command -v {name}");
            Command::new("sh")
                .args(["-c", &look])
                .stdout(Stdio::null())
                .status()
                .is_ok_and(|status| status.success())
        };
        let Some(program) = ["chromium", "chromium-browser"].into_iter().find(has_one) else {
            assert!(
                std::env::var_os(MUST).is_none(),
                "`{MUST}` is set, and there is no `chromium`"
            );
            // A test that passes says nothing unless it is told not to be captured, but this must be seen.
            let _unseen = writeln!(
                std::io::stderr(),
                "no `chromium` is here: what a browser makes of the page is not tested"
            );
            return None;
        };
        let profile = tempfile::tempdir().unwrap();
        // It reads what it is told from the third file, and answers into the fourth.
        let start = format!(
            "exec {program} --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run \
             --disable-background-networking --disable-component-update --disable-sync --remote-debugging-pipe \
             --user-data-dir={} about:blank 3<&0 4>&1",
            profile.path().display()
        );
        let mut browser = Command::new("sh")
            .args(["-c", &start])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut tab = Self {
            to: browser.stdin.take().unwrap(),
            from: BufReader::new(browser.stdout.take().unwrap()),
            browser,
            session: None,
            asked: 0,
            _profile: profile,
        };
        let made = tab.call("Target.createTarget", json!({ "url": "about:blank" }));
        let target = json!({ "targetId": made["targetId"], "flatten": true });
        let attached = tab.call("Target.attachToTarget", target);
        tab.session = attached["sessionId"].as_str().map(str::to_owned);
        let window =
            json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600 });
        tab.call("Emulation.setDeviceMetricsOverride", window);
        tab.call("Page.enable", json!({}));
        tab.call("Page.navigate", json!({ "url": address }));
        Some(tab)
    }

    /// Returns what a script comes to on the page.
    pub(super) fn script(&mut self, script: &str) -> Value {
        let words = json!({ "expression": script, "awaitPromise": true, "returnByValue": true });
        let answer = self.call("Runtime.evaluate", words);
        assert!(answer["exceptionDetails"].is_null(), "{script}: {answer}");
        answer["result"]["value"].clone()
    }

    /// Waits until a script comes to something.
    pub(super) fn until(&mut self, script: &str) {
        until(script, || self.script(&format!("!!({script})")) == true);
    }

    /// Presses a key.
    pub(super) fn press(&mut self, key: &str, code: u32, text: &str) {
        for kind in ["keyDown", "keyUp"] {
            let mut words =
                json!({ "type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code });
            if kind == "keyDown" && !text.is_empty() {
                words["text"] = text.into();
            }
            self.call("Input.dispatchKeyEvent", words);
        }
    }

    fn call(&mut self, method: &str, words: Value) -> Value {
        self.asked += 1;
        let mut message = json!({ "id": self.asked, "method": method, "params": words });
        if let Some(session) = &self.session {
            message["sessionId"] = session.as_str().into();
        }
        let mut bytes = message.to_string().into_bytes();
        bytes.push(0);
        self.to.write_all(&bytes).unwrap();
        self.to.flush().unwrap();
        loop {
            let mut answer = Vec::new();
            assert!(
                self.from.read_until(0, &mut answer).unwrap() > 0,
                "the browser ended"
            );
            answer.pop();
            let answer: Value = serde_json::from_slice(&answer).unwrap();
            if answer["id"] == self.asked {
                assert!(answer["error"].is_null(), "{method}: {answer}");
                return answer["result"].clone();
            }
        }
    }
}

impl Drop for Tab {
    fn drop(&mut self) {
        // It may have ended.
        let _ended = self.browser.kill();
        let _reaped = self.browser.wait();
    }
}
