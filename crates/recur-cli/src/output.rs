//! Where text reaches a terminal or a pipe: standard output and standard error.
//!
//! All text of the program passes one of these functions, `logging` or `progress`. They escape what a terminal obeys, so
//! text from outside (data, plugins, file names) never reaches one raw; and they never panic, whatever the stream is.

use anstyle::Style;
use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use recur_core::visible::{visible, visible_json, visible_screen};
use std::io::{ErrorKind, Write as _};

/// Prints `text` and a line end to standard output. A reader that has gone away (`recur models | head`) is no error.
pub(crate) fn print(text: &str) -> std::io::Result<()> {
    print_raw(&visible_screen(text))
}

/// Prints JSON and a line end to standard output: as [`print`], with escapes that keep its value.
pub(crate) fn print_json(json: &str) -> std::io::Result<()> {
    print_raw(&visible_json(json))
}

/// Writes data (which is safe to show: the caller has escaped it) to standard output, as it is. Says whether anyone still reads
/// it: a reader that has gone away is no error, and there is no use in going on.
pub(crate) fn write_data(bytes: &[u8]) -> std::io::Result<bool> {
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(error),
    }
}

fn print_raw(text: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// Prints `head` in `style` and `text` to standard error. If it is closed or full, there is nowhere left to report that: the
/// exit code still says how the process ended.
pub(crate) fn print_error(style: Style, head: &str, text: &str) {
    let mut out = anstream::stderr().lock();
    let _ = writeln!(out, "{style}{head}{style:#}{}", visible_screen(text)).and_then(|()| out.flush());
}

/// A table with a header; the columns from `numbers_from` on are aligned to the right.
pub(crate) fn table(header: &[&str], rows: &[Vec<String>], numbers_from: usize) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(header.iter().map(|title| visible(title)));
    for row in rows {
        table.add_row(row.iter().map(|cell| visible(cell)));
    }
    for column in table.column_iter_mut().skip(numbers_from) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

/// A metric with four decimals; with an exponent where it would have more than nine digits before them.
pub(crate) fn decimals(value: f64) -> String {
    if value.abs() < 1e9 || !value.is_finite() { format!("{value:.4}") } else { format!("{value:.4e}") }
}

/// A number of bytes, for people.
pub(crate) fn size(bytes: u64) -> String {
    const MIB: f64 = 1024.0 * 1024.0;
    let mib = bytes as f64 / MIB;
    if mib < 1024.0 { format!("{mib:.0} MiB") } else { format!("{:.1} GiB", mib / 1024.0) }
}

/// A time in seconds, for people.
pub(crate) fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 100.0 => format!("{s:.0} s"),
        s if s < 6000.0 => format!("{:.0} min", s / 60.0),
        s => format!("{:.1} h", s / 3600.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_metrics_have_an_exponent() {
        assert_eq!(
            [0.5, -2.0, 1e9, 7e37, -1e308].map(decimals),
            ["0.5000", "-2.0000", "1.0000e9", "7.0000e37", "-1.0000e308"]
        );
    }

    #[test]
    fn times_are_told_in_the_unit_that_fits() {
        assert_eq!([0.4, 99.0, 100.0, 6000.0].map(duration), ["0 s", "99 s", "2 min", "1.7 h"]);
    }

    #[test]
    fn sizes_are_told_in_binary_units() {
        assert_eq!(size(0), "0 MiB");
        assert_eq!(size(1 << 30), "1.0 GiB");
        assert_eq!(size(3 << 29), "1.5 GiB");
        assert_eq!(size((1 << 30) - (1 << 20)), "1023 MiB");
    }
}
