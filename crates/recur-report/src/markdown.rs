//! Markdown as GitHub reads it: escaping, tables, code.

use recur_core::visible::{visible, visible_lines};

/// `text` so that it reads as itself wherever it is, in a table cell too. Characters that nobody would see, or that change how
/// the text next to them is read, are shown as escapes. No address in it becomes a link: GitHub makes links of `http://…`,
/// `www.…` and `a@b` by itself.
pub(crate) fn escape(text: &str) -> String {
    let text = visible(text);
    let mut escaped = String::with_capacity(text.len());
    for (index, (at, character)) in text.char_indices().enumerate() {
        match character {
            ':' if text[at..].starts_with("://") => escaped.push_str("&#58;"),
            '.' if is_www(&text[..at]) => escaped.push_str("&#46;"),
            '@' => escaped.push_str("&#64;"),
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '$' => escaped.extend(['\\', character]),
            // These open a heading or a list, and mean themselves elsewhere.
            '#' | '+' | '-' if index == 0 => escaped.extend(['\\', character]),
            character => escaped.push(character),
        }
    }
    escaped
}

/// Whether a dot after `before` would make the beginning of an address.
fn is_www(before: &str) -> bool {
    before.len() >= 3
        && before.is_char_boundary(before.len() - 3)
        && before[before.len() - 3..].eq_ignore_ascii_case("www")
}

/// `text` as inline code, in a table cell too.
pub(crate) fn code(text: &str) -> String {
    let fence = "`".repeat(longest_run_of_backticks(text) + 1);
    let padding = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{padding}{}{padding}{fence}", visible(text).replace('|', "\\|"))
}

/// `text` as a block of code in `language`.
pub(crate) fn code_block(language: &str, text: &str) -> String {
    let fence = "`".repeat((longest_run_of_backticks(text) + 1).max(3));
    format!("{fence}{language}\n{}\n{fence}\n", visible_lines(text).trim_end_matches('\n'))
}

fn longest_run_of_backticks(text: &str) -> usize {
    text.split(|character| character != '`').map(str::len).max().unwrap_or(0)
}

/// `body` behind a line that opens it.
pub(crate) fn details(summary: &str, body: &str) -> String {
    format!("<details>\n<summary>{summary}</summary>\n\n{body}\n</details>\n")
}

/// A list in running text: `a`, `a and b`, `a, b and c`.
pub(crate) fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// A table; cells are Markdown already.
pub(crate) struct Table {
    header: Vec<Column>,
    rows: Vec<Vec<String>>,
}

/// A column's title and side.
pub(crate) struct Column {
    title: String,
    align: &'static str,
}

/// A column of text.
pub(crate) fn left(title: impl Into<String>) -> Column {
    Column { title: title.into(), align: ":--" }
}

/// A column of numbers.
pub(crate) fn right(title: impl Into<String>) -> Column {
    Column { title: title.into(), align: "--:" }
}

impl Table {
    /// A table without rows.
    pub(crate) fn new(header: impl IntoIterator<Item = Column>) -> Self {
        Self { header: header.into_iter().collect(), rows: Vec::new() }
    }

    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        let cells: Vec<String> = cells.into_iter().collect();
        debug_assert_eq!(cells.len(), self.header.len(), "a cell for each column");
        self.rows.push(cells);
    }

    /// The table as text, a blank line not included.
    pub(crate) fn render(&self) -> String {
        let titles = self.header.iter().map(|column| column.title.as_str()).collect::<Vec<_>>().join(" | ");
        let sides = self.header.iter().map(|column| column.align).collect::<Vec<_>>().join(" | ");
        let mut text = format!("| {titles} |\n| {sides} |\n");
        for row in &self.rows {
            text.push_str(&format!("| {} |\n", row.join(" | ")));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_text_reads_as_itself() {
        let check = |text: &str, expect: &str| assert_eq!(escape(text), expect);
        check("a|b", "a\\|b");
        check("<x>", "&lt;x&gt;");
        check("*", "\\*");
        check("a\nb", "a\\\\nb");
        check("a\tb\u{1b}[1m", "a\\\\tb\\\\x1b\\[1m");
        check("x\u{202e}y\u{200b}", "x\\\\u{202e}y\\\\u{200b}");
        check("- a-b", "\\- a-b");
        check("naïve Łódź", "naïve Łódź");
    }

    #[test]
    fn code_holds_backticks_and_bars() {
        let check = |text: &str, expect: &str| assert_eq!(code(text), expect);
        check("a|b", "`a\\|b`");
        check("a`b", "``a`b``");
        check("`", "`` ` ``");
        check("a\u{202e}\n", "`a\\u{202e}\\n`");
    }

    #[test]
    fn a_block_is_not_closed_by_its_text() {
        assert_eq!(code_block("yaml", "a: '```'\n"), "````yaml\na: '```'\n````\n");
    }

    #[test]
    fn lists_end_with_and() {
        let list = |items: &[&str]| list(&items.iter().map(|item| (*item).to_owned()).collect::<Vec<_>>());
        assert_eq!((list(&["a"]), list(&["a", "b", "c"])), ("a".to_owned(), "a, b and c".to_owned()));
    }
}
