//! What the program holds of the sites while it compares them: a batch, whatever the number of documents.

#![cfg(target_os = "linux")]

use std::process::Stdio;
use std::time::Duration;

use crate::program::{SECRET, command};
use crate::rehearsal::Rehearsal;

/// Returns the most memory, in KiB, that the binary held.
fn peak_kib(rehearsal: &Rehearsal, words: &[&str]) -> u64 {
    let mut child = command(rehearsal.folder(), words)
        .env("SECRET", SECRET)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    // What it has held at most never falls, so the last look is the one that counts.
    while child.try_wait().unwrap().is_none() {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find(|line| line.starts_with("VmHWM"));
        let kib = line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok());
        peak = peak.max(kib.unwrap_or(0));
        std::thread::park_timeout(Duration::from_millis(2));
    }
    assert_eq!(child.wait().unwrap().code(), Some(0));
    peak
}

#[test]
fn verify_holds_no_more_of_many_documents_than_of_few() {
    let peaks = [500, 4000].map(|customers| {
        let rehearsal = Rehearsal::with_customers(customers);
        assert_eq!(rehearsal.line("run --quiet").code, 0);
        peak_kib(&rehearsal, &["verify"])
    });
    let [few, many] = peaks;
    assert!(few > 0, "the system tells what a process holds");
    // The bodies of the other 3,500 on each side would be more than 30 MB.
    assert!(many < few + 12 * 1024, "{few} KiB, then {many} KiB");
}
