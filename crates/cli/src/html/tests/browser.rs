//! A browser without a window, where there is one.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use frappe_sync_engine::PlanReport;
use tempfile::TempDir;

use crate::html::write_plan;

/// Says that the tests fail where there is no browser.
const MUST: &str = "FRAPPE_SYNC_BROWSER_TESTS";

/// A page in a file, and the browser to look at it with.
pub(super) struct Browser {
    program: PathBuf,
    folder: TempDir,
}

impl Browser {
    /// Writes the page of a plan; `None` where there is no browser to look at it with.
    pub(super) fn showing(report: &PlanReport) -> Option<Self> {
        let Some(program) = program() else {
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
        let folder = tempfile::tempdir().unwrap();
        let mut file = std::fs::File::create(folder.path().join("plan.html")).unwrap();
        write_plan(&report.clone().pack(), &mut file).unwrap();
        Some(Self { program, folder })
    }

    /// Returns the page as the browser has it once it is at rest, with `hash` behind its address.
    pub(super) fn page(&self, hash: &str) -> String {
        let output = self.look(hash, &["--dump-dom"]);
        String::from_utf8(output).unwrap()
    }

    /// Returns the page on paper.
    pub(super) fn paper(&self) -> Vec<u8> {
        let paper = self.folder.path().join("plan.pdf");
        let print = format!("--print-to-pdf={}", paper.display());
        self.look("", &[&print, "--no-pdf-header-footer"]);
        std::fs::read(paper).unwrap()
    }

    fn look(&self, hash: &str, words: &[&str]) -> Vec<u8> {
        let profile = tempfile::tempdir().unwrap();
        let page = self.folder.path().join("plan.html");
        let output = Command::new(&self.program)
            .args([
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--disable-dev-shm-usage",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--window-size=1280,900",
                "--virtual-time-budget=2000",
            ])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .args(words)
            .arg(format!("file://{}#{hash}", page.display()))
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "the browser ended with {}",
            output.status
        );
        output.stdout
    }
}

/// Finds the browser in the folders of `PATH`.
fn program() -> Option<PathBuf> {
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders)
        .flat_map(|folder| ["chromium", "chromium-browser"].map(|name| folder.join(name)))
        .find(|program| Path::is_file(program))
}
