//! Tables without lines: columns of words to the left, columns of numbers to the right.

use comfy_table::{CellAlignment, Table, presets};

/// Returns the rows under their headings, each line indented. All columns but the first `words` hold
/// numbers.
pub(crate) fn table<const N: usize>(
    headings: [&str; N],
    words: usize,
    rows: impl IntoIterator<Item = [String; N]>,
) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(headings);
    for row in rows {
        table.add_row(row);
    }
    for column in table.column_iter_mut() {
        column.set_padding((2, 0));
    }
    for column in table.column_iter_mut().skip(words) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let mut text = String::new();
    for line in table.lines() {
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stand_left_and_numbers_right() {
        let rows = [
            ["Customer".to_owned(), "7".to_owned()],
            ["Item".to_owned(), "120".to_owned()],
        ];
        assert_eq!(
            table(["DocType", "pairs"], 1, rows),
            "  DocType   pairs\n  Customer      7\n  Item        120\n"
        );
    }
}
