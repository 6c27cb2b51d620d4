//! The real program while it serves.

use std::io::{self, BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// The longest that its start and its end may take.
const PATIENCE: Duration = Duration::from_secs(130);

/// The program while it serves. Dropped, it is killed.
#[derive(Debug)]
pub struct Serving {
    child: Child,
    address: String,
}

impl Serving {
    /// Starts to serve what the configuration in `folder` says.
    ///
    /// # Errors
    ///
    /// Where it does not start, with what it said.
    pub fn start(program: &Path, folder: &Path) -> io::Result<Self> {
        let mut child = Command::new(program)
            .arg("serve")
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        let stderr = child
            .stderr
            .take()
            .ok_or_else(|| io::Error::other("no stderr"))?;
        let (sender, heard) = mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                // Who waits for the first ones does not wait for all.
                let _gone = sender.send(line);
            }
        });
        let began = Instant::now();
        let mut said = String::new();
        loop {
            let line = heard.recv_timeout(PATIENCE.saturating_sub(began.elapsed()));
            let Ok(line) = line else {
                return Err(io::Error::other(format!("it does not serve: {said}")));
            };
            if let Some((_, address)) = line.split_once(" at http://") {
                let address = format!("http://{}", address.trim_end_matches('/'));
                return Ok(Self { child, address });
            }
            said.push_str(&line);
            said.push('\n');
        }
    }

    /// Returns where it serves.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Returns the most memory that it ever held, in MB; none where the system does not tell.
    pub fn most_memory(&self) -> Option<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
        let kilobytes: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
        Some(kilobytes / 1024.0)
    }

    /// Asks it to end, and waits for that.
    ///
    /// # Errors
    ///
    /// Where it does not end.
    pub fn end(mut self) -> io::Result<ExitStatus> {
        Command::new("kill")
            .arg(self.child.id().to_string())
            .status()?;
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            if began.elapsed() > PATIENCE {
                return Err(io::Error::other("it does not end"));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It may have ended.
        let _killed = self.child.kill();
        let _reaped = self.child.wait();
    }
}
