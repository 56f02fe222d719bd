//! Texts that recur generates and a repository keeps: printed, written, or compared with what is there.

use crate::args::Target;
use crate::error::{CliError, Exit};
use recur_core::visible::shown;
use recur_experiment::shell::quoted;
use recur_files::{NotReplaced, read_regular, write_unless_other};
use recur_terminal::{print, print_json};
use std::path::Path;

/// Prints `text`, writes it, or compares it, as `target` says. `remedy` is what a user types to write the
/// file.
pub(crate) fn deliver(text: &str, target: &Target, remedy: impl Fn(&Path) -> String) -> Result<Exit, CliError> {
    match (&target.write, &target.check) {
        (Some(path), _) => write(path, text, target.replace)?,
        (None, Some(path)) => compare(path, text, remedy(path))?,
        (None, None) if text.starts_with('{') => print_json(text.trim_end())?,
        (None, None) => print(text.trim_end())?,
    }
    Ok(Exit::Success)
}

/// The command that writes the file at `path` anew: with the plugins that it was compared with, or it would be another text.
pub(crate) fn rewrite(command: &str, plugins: Option<&Path>, path: &Path) -> String {
    let plugins =
        plugins.map(|folder| format!(" --plugins {}", quoted(&folder.display().to_string()))).unwrap_or_default();
    let replace = if path.exists() { " --replace" } else { "" };
    format!("recur {command}{plugins} --write {}{replace}", quoted(&path.display().to_string()))
}

fn write(path: &Path, text: &str, replace: bool) -> Result<(), CliError> {
    // Only a folder that is there: a mistyped one is not made.
    let folder = path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
    std::fs::metadata(folder).map_err(|source| NotReplaced::Write { path: path.to_owned(), source })?;
    write_unless_other(path, text.as_bytes(), replace)?;
    Ok(print(&shown(path))?)
}

/// The most bytes of a generated text.
const MOST: u64 = 64 << 20;

fn compare(path: &Path, text: &str, remedy: String) -> Result<(), CliError> {
    let read = read_regular(path, MOST).and_then(|bytes| {
        String::from_utf8(bytes).map_err(|error| std::io::Error::new(std::io::ErrorKind::InvalidData, error))
    });
    let hint = format!("make it anew: {remedy}");
    let unreadable = |error| CliError::new(format!("cannot read {}", shown(path))).because(&error).hint(hint.clone());
    let there = read.map_err(unreadable)?;
    // A checkout may have other line ends.
    match difference(&there.replace("\r\n", "\n"), text) {
        None => Ok(()),
        Some((line, there, made)) => {
            let what = format!("{}:{line} is not what recur generates", shown(path));
            let error = CliError::new(format!("{what}\n  there:     {there}\n  generated: {made}"));
            Err(error.hint(hint).ends_with(Exit::Different))
        }
    }
}

/// The first line, counted from 1, at which two texts differ, with that line of each.
fn difference(a: &str, b: &str) -> Option<(usize, String, String)> {
    if a == b {
        return None;
    }
    const END: &str = "(the end)";
    let (mut a, mut b) = (a.split('\n'), b.split('\n'));
    (1..).find_map(|line| match (a.next(), b.next()) {
        (Some(a), Some(b)) if a == b => None,
        (a, b) => Some((line, a.unwrap_or(END).to_owned(), b.unwrap_or(END).to_owned())),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(a: &str, b: &str, expect: Option<(usize, &str, &str)>) {
        let expect = expect.map(|(line, a, b)| (line, a.to_owned(), b.to_owned()));
        assert_eq!(difference(a, b), expect, "{a:?} and {b:?}");
    }

    #[test]
    fn the_first_line_that_differs_is_reported() {
        check("a\nb\n", "a\nb\n", None);
        check("a\nb\n", "a\nc\n", Some((2, "b", "c")));
        check("a\n", "a\nb\n", Some((2, "", "b")));
        check("a\nb", "a", Some((2, "b", "(the end)")));
        check("", "a", Some((1, "", "a")));
    }
}
