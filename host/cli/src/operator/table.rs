//! Rows in aligned columns, for people.

use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, Table};
use patchbay_core::text::escaped;

/// Between two columns.
const GAP: u16 = 2;

/// A column's title, and on which side its cells are flush.
#[derive(Debug, Clone, Copy)]
pub(super) enum Column {
    Left(&'static str),
    /// For numbers.
    Right(&'static str),
}

/// Rows below their titles, a line each, and nothing in them that steers the terminal.
pub(super) fn table<const N: usize>(columns: [Column; N], rows: impl Iterator<Item = [String; N]>) -> String {
    let mut table = Table::new();
    table.load_preset(NOTHING).set_header(columns.map(Column::title));
    table.add_rows(rows.map(|row| row.map(|cell| escaped(&cell).into_owned())));
    for (shown, column) in table.column_iter_mut().zip(columns) {
        shown.set_padding((0, GAP)).set_cell_alignment(column.alignment());
    }
    table.trim_fmt() + "\n"
}

impl Column {
    fn title(self) -> &'static str {
        match self {
            Self::Left(title) | Self::Right(title) => title,
        }
    }

    fn alignment(self) -> CellAlignment {
        match self {
            Self::Left(_) => CellAlignment::Left,
            Self::Right(_) => CellAlignment::Right,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Column::{Left, Right};
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [["1", "é\u{1b}[31m", "x"], ["100", "", ""], ["20", "云平台", "y"]];
        let rows = rows.map(|row| row.map(str::to_owned));
        let table = table([Right("N"), Left("NAME"), Left("LAST")], rows.into_iter());
        assert_eq!(
            table, "  N  NAME         LAST\n  1  é\\u{1b}[31m  x\n100\n 20  云平台       y\n",
            "a Chinese character takes two places"
        );
    }
}
