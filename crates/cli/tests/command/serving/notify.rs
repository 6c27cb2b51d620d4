//! What a service manager is told.

use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use super::served::{Served, configure};
use crate::rehearsal::Rehearsal;

/// Reads what was told until it is `word`.
fn heard(socket: &UnixDatagram, word: &str) {
    let mut bytes = [0; 4096];
    loop {
        let length = socket
            .recv(&mut bytes)
            .unwrap_or_else(|error| panic!("never {word}: {error}"));
        let told = String::from_utf8_lossy(&bytes[..length]).into_owned();
        if told.lines().any(|line| line == word) {
            return;
        }
    }
}

#[test]
fn a_service_manager_hears_of_start_life_reload_and_end() {
    let rehearsal = Rehearsal::new();
    configure(&rehearsal, ", schedule: '@every 1s'", "");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket
        .set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    let served = Served::start_with(&rehearsal, &[("NOTIFY_SOCKET", path.to_str().unwrap())]);
    heard(&socket, "READY=1");
    heard(&socket, "WATCHDOG=1");
    served.signal("HUP");
    heard(&socket, "RELOADING=1");
    heard(&socket, "READY=1");
    assert!(served.end().success());
    heard(&socket, "STOPPING=1");
}

/// The unit of the package begins the program as it wants to be begun.
#[test]
fn the_unit_begins_what_there_is() {
    let unit = include_str!("../../../../../packaging/debian/frappe-sync.service");
    let start = unit
        .lines()
        .find_map(|line| line.strip_prefix("ExecStart="))
        .unwrap();
    let mut words = start.split_whitespace();
    assert_eq!(words.next(), Some("/usr/bin/frappe-sync"));
    let folder = tempfile::tempdir().unwrap();
    let words: Vec<&str> = words.collect();
    let ended = crate::program::frappe_sync(folder.path(), &words);
    // Its configuration is not here; every word of it is understood.
    assert_eq!(ended.code, 78, "{}", ended.told());
    for line in [
        "Type=notify",
        "RestartPreventExitStatus=64 78",
        "TimeoutStopSec=150",
    ] {
        assert!(unit.lines().any(|told| told == line), "{line}");
    }
}
