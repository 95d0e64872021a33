//! A table for the screen, or in Markdown: names at the left, right-aligned numbers, at most 100 columns.

/// The widest line of anything told on a screen, in characters.
pub const WIDTH: usize = 100;

/// The narrowest a column of names is cut to.
const NAMES_MIN: usize = 8;

/// A table under way.
#[derive(Debug)]
pub struct Grid {
    /// Two lines above each column: what, and in which unit.
    head: Vec<[String; 2]>,
    rows: Vec<Row>,
}

#[derive(Debug)]
enum Row {
    /// A name over the rows that follow.
    Section(String),
    /// A cell for each column.
    Cells(Vec<String>),
}

impl Grid {
    /// A table with these columns; the first holds names.
    pub fn new(head: &[[&str; 2]]) -> Grid {
        let head = head.iter().map(|two| two.map(str::to_owned)).collect();
        Grid { head, rows: Vec::new() }
    }

    /// Add a name over the rows that follow.
    pub fn section(&mut self, name: &str) {
        self.rows.push(Row::Section(name.to_owned()));
    }

    /// Add a row.
    ///
    /// # Panics
    /// Unless it has a cell for each column.
    pub fn row(&mut self, cells: Vec<String>) {
        assert_eq!(cells.len(), self.head.len(), "a cell for each column");
        self.rows.push(Row::Cells(cells));
    }

    /// The table as lines of at most [`WIDTH`] characters; long names are cut.
    pub fn lines(&self) -> Vec<String> {
        let mut widths: Vec<usize> = (0..self.head.len()).map(|column| self.width(column)).collect();
        let numbers: usize = widths[1..].iter().sum();
        let gaps = self.head.len() - 1;
        let wide = widths[0] + numbers + 2 * gaps <= WIDTH;
        let gap = if wide { "  " } else { " " };
        if !wide {
            widths[0] = widths[0].min(WIDTH.saturating_sub(numbers + gaps).max(NAMES_MIN));
        }
        let line = |cells: &[String]| {
            let mut text = format!("{:<1$}", cut(&cells[0], widths[0]), widths[0]);
            for (cell, width) in cells.iter().zip(&widths).skip(1) {
                text.push_str(&format!("{gap}{cell:>width$}"));
            }
            text.trim_end().to_owned()
        };
        let head = [0, 1].map(|i| line(&self.head.iter().map(|two| two[i].clone()).collect::<Vec<_>>()));
        let rows = self.rows.iter().map(|row| match row {
            Row::Section(name) => cut(name, WIDTH),
            Row::Cells(cells) => line(cells),
        });
        head.into_iter().filter(|line| !line.is_empty()).chain(rows).collect()
    }

    /// The table in Markdown; a section is a row with a name only.
    pub fn markdown(&self) -> String {
        let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
        let head = self.head.iter().map(|[what, unit]| match unit.as_str() {
            "" => what.clone(),
            unit => format!("{what} ({unit})").trim_start().to_owned(),
        });
        let mut text = line(head.collect());
        text.push_str(&format!("|---|{}\n", "---:|".repeat(self.head.len() - 1)));
        for row in &self.rows {
            let cells = match row {
                Row::Cells(cells) => cells.iter().map(|cell| cell.trim().to_owned()).collect(),
                Row::Section(name) => {
                    let mut cells = vec![String::new(); self.head.len()];
                    cells[0] = format!("**{name}**");
                    cells
                }
            };
            text.push_str(&line(cells));
        }
        text
    }

    fn width(&self, column: usize) -> usize {
        let cells = self.rows.iter().filter_map(|row| match row {
            Row::Cells(cells) => Some(cells[column].chars().count()),
            Row::Section(_) => None,
        });
        let head = self.head[column].iter().map(|text| text.chars().count());
        cells.chain(head).max().unwrap_or(0)
    }
}

/// The text in at most `width` characters: `a-long-na…`.
pub fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    text.chars().take(width.saturating_sub(1)).chain(['…']).collect()
}

/// The text broken between words into lines of at most [`WIDTH`] characters, the first after `first`, the
/// others after as many spaces as `first` has characters. A longer word stands alone, and is cut.
pub fn wrap(first: &str, text: &str) -> Vec<String> {
    let indent = " ".repeat(first.chars().count());
    let mut lines: Vec<String> = Vec::new();
    let mut line = first.to_owned();
    let mut empty = true;
    for word in text.split_whitespace() {
        let gap = usize::from(!empty);
        if !empty && line.chars().count() + gap + word.chars().count() > WIDTH {
            lines.push(std::mem::replace(&mut line, indent.clone()));
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(word);
        empty = false;
    }
    lines.push(line);
    lines.into_iter().map(|line| cut(line.trim_end(), WIDTH)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(name: &str) -> Grid {
        let mut grid = Grid::new(&[["", ""], ["requests", ""], ["p99", "s"]]);
        grid.section("model");
        grid.row(vec![name.into(), "1,234".into(), "6.50".into()]);
        grid
    }

    #[test]
    fn numbers_stand_right_aligned_under_their_heads() {
        assert_eq!(
            grid("  a").lines(),
            ["     requests   p99", "                  s", "model", "  a     1,234  6.50"]
        );
    }

    #[test]
    fn the_widest_row_keeps_its_numbers_and_loses_its_name() {
        let lines = grid(&"n".repeat(200)).lines();
        assert!(lines.iter().all(|line| line.chars().count() <= WIDTH), "{lines:?}");
        assert!(
            lines.last().unwrap().ends_with("… 1,234 6.50")
                || lines.last().unwrap().ends_with("…    1,234 6.50")
        );
    }

    #[test]
    fn markdown_has_a_rule_below_its_head() {
        assert_eq!(
            grid("  a").markdown(),
            "|  | requests | p99 (s) |\n|---|---:|---:|\n| **model** |  |  |\n| a | 1,234 | 6.50 |\n"
        );
    }

    #[test]
    fn text_is_wrapped_between_words_with_a_hanging_indent() {
        let lines = wrap("  law  ", &"word ".repeat(30));
        assert_eq!(lines.len(), 2);
        assert!(lines[0].starts_with("  law  word") && lines[1].starts_with("       word"), "{lines:?}");
        assert!(lines.iter().all(|line| line.chars().count() <= WIDTH));
        assert_eq!(wrap("x ", ""), ["x"]);
        assert_eq!(wrap("", &"y".repeat(300))[0].chars().count(), WIDTH);
    }
}
