//! The demo, as the first command of everybody.

use crate::program::frappe_sync;

#[test]
fn the_demo_keeps_its_promises() {
    let folder = tempfile::tempdir().unwrap();
    let demo = frappe_sync(folder.path(), &["demo"]);
    assert_eq!(demo.code, 0, "{}{}", demo.stdout, demo.stderr);
    assert!(
        demo.stdout
            .contains("demo: everything was as promised, in "),
        "{}",
        demo.stdout
    );
    assert_eq!(demo.stderr, "");
}

#[test]
fn the_demo_is_told_to_programs_and_keeps_its_files() {
    let folder = tempfile::tempdir().unwrap();
    let demo = frappe_sync(folder.path(), &["demo", "--json", "--keep", "kept"]);
    assert_eq!(demo.code, 0, "{}{}", demo.stdout, demo.stderr);
    let report = demo.report();
    assert_eq!(report["format"], "frappe-sync/demo@1");
    assert_eq!(report["kept"], true);
    assert!(folder.path().join("kept/state/frappe-sync.db").is_file());
    let again = frappe_sync(folder.path(), &["demo", "--keep", "kept"]);
    assert_eq!(again.code, 64, "{}", again.stderr);
}
