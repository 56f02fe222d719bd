//! `recur reports`: the reports of a folder, with their questions and answers.

use crate::args::{Level, Reports, Target};
use crate::error::{CliError, Exit};
use crate::generated::deliver;
use recur_core::visible::shown;
use recur_experiment::Program;
use recur_experiment::shell::quoted;
use recur_files::write_checked;
use recur_report::{IndexState, Listed, ReportRecord, is_partial_report};
use recur_terminal::{Screen, print, start_logs};
use std::path::{Path, PathBuf};

/// The page that names the others.
const PAGE: &str = "README.md";

/// Lists the reports, writes the page of all, or compares it with the one that is there.
pub(crate) fn run(args: &Reports, level: Level, program: &Program<'_>) -> Result<Exit, CliError> {
    start_logs(level.into(), &Screen::new(), None);
    let (mut reports, mut exit) = (Vec::new(), Exit::Success);
    for path in files(args.dir())? {
        match listed(&path) {
            Ok(report) => reports.extend(report),
            // A page of all reports must not lack one; a list on the terminal goes on.
            Err(error) if args.write || args.check => return Err(error),
            Err(error) => {
                exit = Exit::Error;
                error.print(program.prefix);
            }
        }
    }
    let path = args.dir().join(PAGE);
    if args.write {
        return write(&path, &recur_report::index(&reports, program.prefix), args.replace);
    }
    if args.check {
        let page_is_there = path.exists();
        let target = Target { write: None, check: Some(path), replace: false };
        return deliver(&recur_report::index(&reports, program.prefix), &target, |_| {
            let replace = if page_is_there { " --replace" } else { "" };
            format!("recur reports {} --write{replace}", quoted(&shown(args.dir())))
        });
    }
    let listed = reports.iter().map(|report| {
        let [question, answer] = report.lines();
        format!("{}\n  asks     {question}\n  answers  {answer}", report.name)
    });
    let listed = listed.collect::<Vec<_>>().join("\n");
    if !listed.is_empty() {
        print(&listed)?;
    }
    Ok(exit)
}

/// Writes the page, unless there is one of somebody else, or one that somebody changed.
fn write(path: &Path, page: &str, replace: bool) -> Result<Exit, CliError> {
    let kept = |why: &str, hint: &str| {
        CliError::new(format!("{} {why}, and is not replaced", shown(path))).hint(hint.to_owned())
    };
    write_checked(path, page.as_bytes(), |there| match IndexState::of(there) {
        IndexState::Own => Ok(()),
        IndexState::Changed if replace => Ok(()),
        IndexState::Changed => Err(kept("was changed after recur wrote it", "--replace writes over it")),
        IndexState::Foreign => Err(kept("was not written by recur", "move it elsewhere first")),
    })?;
    print(&shown(path))?;
    Ok(Exit::Success)
}

/// The pages in `dir` that may be reports, sorted by name.
fn files(dir: &Path) -> Result<Vec<PathBuf>, CliError> {
    let unreadable = |error: std::io::Error| {
        CliError::new(format!("cannot read the folder of reports {}", shown(dir)))
            .because(&error)
            .hint("name a folder with reports: recur reports DIR".to_owned())
    };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let is_page = path.extension().is_some_and(|end| end == "md") && path.is_file();
        if is_page && path.file_name().is_some_and(|name| name != PAGE) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// The report under the name of its file; nothing of a page that recur did not write, and of a partial report.
fn listed(path: &Path) -> Result<Option<Listed>, CliError> {
    if is_partial_report(path) {
        tracing::info!("{} is left out: its experiment is not finished", shown(path));
        return Ok(None);
    }
    match (path.file_stem().and_then(|stem| stem.to_str()), ReportRecord::of_report(path)?) {
        (Some(name), Some(record)) => Ok(Some(Listed::new(name, &record))),
        _ => {
            let record = ReportRecord::path_of(path);
            tracing::warn!(
                "{} is left out: it is not a report of recur, as there is no {}",
                shown(path),
                shown(&record)
            );
            Ok(None)
        }
    }
}
