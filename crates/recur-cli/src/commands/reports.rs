//! `recur reports`: the reports of a folder, with their questions and answers.

use crate::args::{Reports, Target};
use crate::error::{CliError, Exit};
use crate::generated::deliver;
use crate::output::print;
use recur_report::Opening;
use std::path::{Path, PathBuf};

/// The page that names the others.
const PAGE: &str = "README.md";

/// Lists the reports, writes the page of all, or compares it with the one that is there.
pub(crate) fn run(args: &Reports) -> Result<Exit, CliError> {
    let openings = files(&args.dir)?.iter().map(|path| opening(path)).collect::<Result<Vec<_>, _>>()?;
    if !args.write && !args.check {
        let listed = openings.iter().map(|o| format!("{}\n  asks     {}\n  answers  {}", o.name, o.question, o.answer));
        print(&listed.collect::<Vec<_>>().join("\n"))?;
        return Ok(Exit::Success);
    }
    let page = Some(args.dir.join(PAGE));
    let target = if args.write { Target { write: page, check: None } } else { Target { write: None, check: page } };
    deliver(&recur_report::index(&openings), &target, |_| format!("recur reports {} --write", args.dir.display()))
}

/// The reports in `dir`, sorted by name.
fn files(dir: &Path) -> Result<Vec<PathBuf>, CliError> {
    let unreadable = |source| CliError::ReadReport { path: dir.to_owned(), source };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.extension().is_some_and(|end| end == "md") && path.file_name().is_some_and(|name| name != PAGE) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn opening(path: &Path) -> Result<Opening, CliError> {
    let unreadable = |source| CliError::ReadReport { path: path.to_owned(), source };
    let text = std::fs::read_to_string(path).map_err(unreadable)?;
    Opening::read(&text).map_err(|source| CliError::NoOpening { path: path.to_owned(), source })
}
