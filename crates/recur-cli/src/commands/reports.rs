//! `recur reports`: the reports of a folder, with their questions and answers.

use crate::args::{Level, Reports, Target};
use crate::error::{CliError, Exit};
use crate::generated::deliver;
use crate::logging;
use crate::output::print;
use crate::owned;
use crate::progress::Screen;
use recur_files::read_regular;
use recur_report::{IndexState, Making, Opening};
use std::path::{Path, PathBuf};

/// The most bytes of a report.
const MOST: u64 = 64 << 20;

/// The page that names the others.
const PAGE: &str = "README.md";

/// Lists the reports, writes the page of all, or compares it with the one that is there.
pub(crate) fn run(args: &Reports, level: Level) -> Result<Exit, CliError> {
    logging::start(level, &Screen::new(), None);
    let mut openings = Vec::new();
    for path in files(&args.dir)? {
        openings.extend(opening(&path)?);
    }
    let path = args.dir.join(PAGE);
    if args.write {
        return write(&path, &recur_report::index(&openings), args.replace);
    }
    if args.check {
        let target = Target { write: None, check: Some(path), replace: false };
        return deliver(&recur_report::index(&openings), &target, |_| {
            format!("recur reports {} --write", args.dir.display())
        });
    }
    let listed = openings.iter().map(|o| format!("{}\n  asks     {}\n  answers  {}", o.name, o.question, o.answer));
    print(&listed.collect::<Vec<_>>().join("\n"))?;
    Ok(Exit::Success)
}

/// Writes the page, unless there is one of somebody else, or one that somebody changed.
fn write(path: &Path, page: &str, replace: bool) -> Result<Exit, CliError> {
    owned::write(path, page.as_bytes(), |there| match IndexState::of(there) {
        IndexState::Own => Ok(()),
        IndexState::Changed if replace => Ok(()),
        IndexState::Changed => Err(CliError::ChangedGenerated { path: path.to_owned() }),
        IndexState::Foreign => Err(CliError::NotGenerated { path: path.to_owned() }),
    })?;
    print(&path.display().to_string())?;
    Ok(Exit::Success)
}

/// The pages in `dir` that may be reports, sorted by name.
fn files(dir: &Path) -> Result<Vec<PathBuf>, CliError> {
    let unreadable = |source| CliError::ReadReport { path: dir.to_owned(), source };
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

/// The first lines of a report under the name of its file; nothing of a page that recur did not write.
fn opening(path: &Path) -> Result<Option<Opening>, CliError> {
    let unreadable = |source| CliError::ReadReport { path: path.to_owned(), source };
    let bytes = read_regular(path, MOST).map_err(unreadable)?;
    let text = std::str::from_utf8(&bytes).ok().filter(|text| Making::read(text).is_some());
    let (Some(text), Some(name)) = (text, path.file_stem().and_then(|stem| stem.to_str())) else {
        tracing::warn!("{} is no report of recur, and is left out", path.display());
        return Ok(None);
    };
    let opening = Opening::read(text).map_err(|source| CliError::NoOpening { path: path.to_owned(), source })?;
    Ok(Some(Opening { name: name.to_owned(), ..opening }))
}
