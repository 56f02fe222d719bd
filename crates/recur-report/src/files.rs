//! The report on disk: whole, or as it was before.

use crate::page::Page;
use crate::{ReportError, Written};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A file written under another name, waiting to be renamed.
struct Pending {
    temporary: PathBuf,
    target: PathBuf,
}

/// Writes `page` to `dir/name.md` and `dir/name/*.svg`.
///
/// All files are first written beside their targets, so that a full disk is met before an older report is touched.
pub(crate) fn write(page: Page, name: &str, dir: &Path, answer: String) -> Result<Written, ReportError> {
    let folder = dir.join(name);
    fs::create_dir_all(&folder).map_err(at(&folder))?;
    let report = dir.join(format!("{name}.md"));
    let mut files: Vec<(PathBuf, String)> =
        page.figures.into_iter().map(|figure| (folder.join(figure.file), figure.svg)).collect();
    files.sort();
    let figures: Vec<PathBuf> = files.iter().map(|(path, _)| path.clone()).collect();
    // The text comes last, so that it never names a figure that is not there yet.
    files.push((report.clone(), page.markdown));
    for pending in write_beside(&files)? {
        fs::rename(&pending.temporary, &pending.target).map_err(at(&pending.target))?;
    }
    let removed = remove_others(&folder, &figures)?;
    Ok(Written { report, figures, removed, answer })
}

fn write_beside(files: &[(PathBuf, String)]) -> Result<Vec<Pending>, ReportError> {
    let mut pending: Vec<Pending> = Vec::new();
    for (target, content) in files {
        let temporary = target.with_added_extension("part");
        let result = fs::write(&temporary, content).map_err(at(&temporary));
        pending.push(Pending { temporary, target: target.clone() });
        if let Err(error) = result {
            for pending in &pending {
                // The first error is the one to tell of; what cannot be tidied up is harmless.
                let _ = fs::remove_file(&pending.temporary);
            }
            return Err(error);
        }
    }
    Ok(pending)
}

/// Deletes the figures in `folder` that are not among `kept`; other files stay.
fn remove_others(folder: &Path, kept: &[PathBuf]) -> Result<Vec<PathBuf>, ReportError> {
    let mut removed = Vec::new();
    for entry in fs::read_dir(folder).map_err(at(folder))? {
        let path = entry.map_err(at(folder))?.path();
        if path.extension().is_some_and(|extension| extension == "svg") && !kept.contains(&path) {
            fs::remove_file(&path).map_err(at(&path))?;
            removed.push(path);
        }
    }
    removed.sort();
    Ok(removed)
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> ReportError + '_ {
    move |source| ReportError::Write { path: path.to_owned(), source }
}
