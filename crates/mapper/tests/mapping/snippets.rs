use frappe_sync_mapper::{Diagnostic, parse};

use crate::world::{company, resolve_texts, world};

#[test]
fn a_report_shows_the_line_and_what_to_do() {
    let mut reports = Vec::new();
    for text in [
        "version: 1\ndoctype: Customer\ndirecton: both\n",
        "# grüße\nversion: 1\ndoctype: Customer\nfilters: [[\"größe\", \"=\", 007]]\n",
        "version: 1\n\tdoctype: Customer\n",
        "version: 1\n",
    ] {
        let diagnostic = parse(text, "mappings/customer.yaml").expect_err("the text is wrong");
        reports.push(diagnostic.report());
    }
    let world = world(&company(), &company());
    let order =
        "version: 1\ndoctype: Sales Order\nfields:\n  except:\n    - custmer\n    - po_no\n";
    let diagnostics = resolve_texts(&[order], &world).expect_err("the mapping is wrong");
    reports.extend(diagnostics.iter().map(Diagnostic::report));
    insta::assert_snapshot!(reports.join("\n\n"));
}

#[test]
fn a_diagnostic_without_text_has_no_snippet() {
    let diagnostic = Diagnostic::new("x.yaml", 3, 1, "wrong").with_help("do it right");
    assert_eq!(diagnostic.snippet(), None);
    assert_eq!(diagnostic.report(), "x.yaml:3:1: wrong\nhelp: do it right");
    let past_the_end = diagnostic.with_excerpt("one line", 5);
    assert_eq!(past_the_end.snippet(), None);
}
