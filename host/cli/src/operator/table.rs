//! Rows in aligned columns, for people.

use std::fmt::{self, Display, Formatter};

use patchbay_core::text::escaped;

/// Between two columns.
const GAP: &str = "  ";

/// A column's title, and on which side its cells are flush.
#[derive(Debug, Clone, Copy)]
pub(super) enum Column {
    Left(&'static str),
    /// For numbers.
    Right(&'static str),
}

/// Rows below their titles. The last column is not padded.
pub(super) struct Table<const N: usize> {
    columns: [Column; N],
    rows: Vec<[String; N]>,
}

impl<const N: usize> Table<N> {
    pub(super) fn new(columns: [Column; N], rows: impl Iterator<Item = [String; N]>) -> Self {
        Self { columns, rows: rows.map(|row| row.map(|cell| escaped(&cell).into_owned())).collect() }
    }

    fn width(&self, column: usize) -> usize {
        let cells = self.rows.iter().map(|row| row[column].chars().count());
        cells.chain([self.columns[column].title().len()]).max().unwrap_or(0)
    }

    fn write<'a>(&self, f: &mut Formatter<'_>, cells: impl Iterator<Item = &'a str>) -> fmt::Result {
        let mut line = String::new();
        for (at, (cell, column)) in cells.zip(&self.columns).enumerate() {
            let width = self.width(at);
            line += if at == 0 { "" } else { GAP };
            line += &match column {
                Column::Left(_) => format!("{cell:<width$}"),
                Column::Right(_) => format!("{cell:>width$}"),
            };
        }
        writeln!(f, "{}", line.trim_end())
    }
}

impl<const N: usize> Display for Table<N> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.write(f, self.columns.iter().map(|column| column.title()))?;
        self.rows.iter().try_for_each(|row| self.write(f, row.iter().map(String::as_str)))
    }
}

impl Column {
    fn title(self) -> &'static str {
        match self {
            Self::Left(title) | Self::Right(title) => title,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Column::{Left, Right};
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [["1", "é\u{1b}[31m", "x"], ["100", "", ""]].map(|row| row.map(str::to_owned));
        let table = Table::new([Right("N"), Left("NAME"), Left("LAST")], rows.into_iter());
        assert_eq!(table.to_string(), "  N  NAME         LAST\n  1  é\\u{1b}[31m  x\n100\n");
    }
}
