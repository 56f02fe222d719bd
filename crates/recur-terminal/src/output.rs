//! Where text reaches a terminal or a pipe: standard output and standard error.
//!
//! All text of a program passes one of these functions, [`start_logs`](crate::start_logs) or a progress bar. They escape what a terminal obeys, so
//! text from outside (data, plugins, file names) never reaches one raw; and they never panic, whatever the stream is.

use anstyle::Style;
use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use indicatif::HumanDuration;
use recur_core::visible::{visible, visible_json, visible_screen};
use std::io::{ErrorKind, Write as _};
use std::time::Duration;

/// Prints `text` and a line end to standard output. A reader that has gone away (`recur models | head`) is no error.
///
/// # Errors
/// If standard output cannot be written to.
pub fn print(text: &str) -> std::io::Result<()> {
    print_raw(&visible_screen(text))
}

/// Prints JSON and a line end to standard output: as [`print`], with escapes that keep its value.
///
/// # Errors
/// As [`print`].
pub fn print_json(json: &str) -> std::io::Result<()> {
    print_raw(&visible_json(json))
}

/// Writes data (which is safe to show: the caller has escaped it) to standard output, as it is. Says whether anyone still reads
/// it: a reader that has gone away is no error, and there is no use in going on.
///
/// # Errors
/// As [`print`].
pub fn write_data(bytes: &[u8]) -> std::io::Result<bool> {
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
pub fn print_error(style: Style, head: &str, text: &str) {
    let mut out = anstream::stderr().lock();
    let _ = writeln!(out, "{style}{head}{style:#}{}", visible_screen(text)).and_then(|()| out.flush());
}

/// A table with a header; the columns from `numbers_from` on are aligned to the right.
pub fn table(header: &[impl AsRef<str>], rows: &[Vec<String>], numbers_from: usize) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(header.iter().map(|title| visible(title.as_ref())));
    for row in rows {
        table.add_row(row.iter().map(|cell| visible(cell)));
    }
    for column in table.column_iter_mut().skip(numbers_from) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

/// A time in seconds, for people, in the unit that fits.
pub fn duration(seconds: f64) -> String {
    let known = Duration::try_from_secs_f64(seconds).map(|time| HumanDuration(time).to_string());
    known.unwrap_or_else(|_| format!("{seconds:.0} seconds"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_in_the_unit_that_fits() {
        let times = [0.4, 1.0, 89.0, 100.0, 6000.0, 1e30].map(duration);
        assert_eq!(times[..5], ["0 seconds", "1 second", "89 seconds", "2 minutes", "2 hours"]);
        assert!(times[5].ends_with(" seconds"), "{}", times[5]);
    }
}
