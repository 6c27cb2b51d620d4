//! The books of two sites side by side.

use std::fmt::Write as _;

use comfy_table::{CellAlignment, Table, presets};
use frappe_sync_model::Side;

use super::style::{BAD, CAUTION, FAINT, GOOD, HEADING};
use super::text::{count, printable};
use crate::books::{BooksReport, Line, Part, PartReport};

/// Returns the lines that differ, or with `all` every line, under the sums of each part.
pub(crate) fn books(report: &BooksReport, all: bool) -> String {
    let until = match &report.date {
        Some(day) => format!(" {FAINT}until {day}{FAINT:#}"),
        None => String::new(),
    };
    let mut text = format!(
        "{HEADING}Sync {}{HEADING:#}{until}\n  a  {}\n  b  {}\n",
        report.sync, report.sites.a, report.sites.b
    );
    for company in &report.companies {
        let _infallible = writeln!(
            text,
            "\n{HEADING}{}{HEADING:#}",
            printable(&company.company)
        );
        for part in &company.parts {
            part_text(&mut text, part, all);
        }
    }
    for side in Side::BOTH {
        for company in &report.only[side] {
            let name = printable(company);
            let _infallible = writeln!(text, "\n{CAUTION}only on {side}{CAUTION:#}: {name}");
        }
    }
    let _infallible = match (report.equal, report.companies.len()) {
        (true, 0) => writeln!(text, "\nNeither site has a company."),
        (true, _) => writeln!(text, "\n{GOOD}The books are equal.{GOOD:#}"),
        (false, _) => writeln!(text, "\n{BAD}The books differ.{BAD:#}"),
    };
    text
}

fn part_text(text: &mut String, part: &PartReport, all: bool) {
    let what = match part.part {
        Part::TrialBalance => ("Trial balance", "account"),
        Part::Outstanding => ("Outstanding", "party"),
        Part::Stock => ("Stock", "item in a warehouse"),
    };
    let lines = part.lines.len() as u64;
    let different = part.lines.iter().filter(|line| !line.equal).count();
    let verdict = match different {
        0 => format!("{GOOD}equal{GOOD:#}"),
        number => format!("{BAD}{number} different{BAD:#}"),
    };
    let lines = match part.part {
        Part::Outstanding if lines != 1 => format!("{lines} parties"),
        Part::Stock if lines != 1 => format!("{lines} items in warehouses"),
        _ => count(lines, what.1),
    };
    let _infallible = writeln!(text, "  {}: {lines}, {verdict}", what.0);
    let shown: Vec<&Line> = part
        .lines
        .iter()
        .filter(|line| all || !line.equal)
        .collect();
    if !shown.is_empty() {
        text.push_str(&table(part, &shown));
    }
}

/// The lines, and all lines together last.
fn table(part: &PartReport, lines: &[&Line]) -> String {
    let keys = part.part.keys();
    let mut headings: Vec<String> = keys.iter().map(|key| key.replace('_', " ")).collect();
    for amount in part.part.amounts() {
        headings.extend(Side::BOTH.map(|side| format!("{amount} {side}")));
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(headings);
    for line in lines {
        let amounts = [&line.amounts.a, &line.amounts.b].map(|one| one.shown().collect());
        let of = line.of.iter().map(|key| printable(key));
        table.add_row(of.chain(by_column(&amounts)).collect::<Vec<String>>());
    }
    let totals = [&part.total.a, &part.total.b].map(|one| one.shown().collect());
    let label = (0..keys.len()).map(|place| match place {
        0 => "all lines".to_owned(),
        _ => String::new(),
    });
    table.add_row(label.chain(by_column(&totals)).collect::<Vec<String>>());
    for column in table.column_iter_mut() {
        column.set_padding((2, 0));
    }
    for column in table.column_iter_mut().skip(keys.len()) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
        .lines()
        .map(|line| format!("  {}\n", line.trim_end()))
        .collect()
}

/// Puts each amount of `a` beside that of `b`.
fn by_column(amounts: &[Vec<String>; 2]) -> impl Iterator<Item = String> {
    let [a, b] = amounts;
    a.iter().zip(b).flat_map(|(a, b)| [a.clone(), b.clone()])
}
