//! The report on disk: whole, or as it was before.

use crate::html;
use crate::page::Page;
use crate::{ReportError, Written};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// What the name of a file ends with until all are written.
const PART: &str = "part";

/// A file written under another name, waiting to be renamed.
struct Pending {
    temporary: PathBuf,
    target: PathBuf,
}

/// Writes `page` to `dir/name.md`, `dir/name/*.svg` and `dir/name.html`.
///
/// All files are first written beside their targets, so that a full disk is met before an older report is touched. Processes
/// that write the same report take turns.
pub(crate) fn write(page: Page, name: &str, dir: &Path, answer: String) -> Result<Written, ReportError> {
    let folder = dir.join(name);
    fs::create_dir_all(&folder).map_err(at(&folder))?;
    let _turn = turn(&folder);
    let (report, html) = (dir.join(format!("{name}.md")), dir.join(format!("{name}.html")));
    let html_page = html::render(&page, name, &answer);
    let mut files: Vec<(PathBuf, String)> =
        page.figures.into_iter().map(|figure| (folder.join(figure.file), figure.svg)).collect();
    files.sort();
    let figures: Vec<PathBuf> = files.iter().map(|(path, _)| path.clone()).collect();
    // The text comes last, so that it never names a figure that is not there yet.
    files.push((report.clone(), page.markdown));
    files.push((html.clone(), html_page));
    for pending in write_beside(&files)? {
        fs::rename(&pending.temporary, &pending.target).map_err(at(&pending.target))?;
    }
    let removed = remove_others(&folder, &figures)?;
    Ok(Written { report, html, figures, removed, answer })
}

/// Waits for other processes that write to `folder`, until this is dropped. Not every file system can lock a folder; where
/// none can, two that write one report at the same time may see each other's files vanish, and one of them says so.
fn turn(folder: &Path) -> Option<File> {
    let folder = File::open(folder).ok()?;
    folder.lock().ok().map(|()| folder)
}

fn write_beside(files: &[(PathBuf, String)]) -> Result<Vec<Pending>, ReportError> {
    let mut pending: Vec<Pending> = Vec::new();
    for (target, content) in files {
        let temporary = target.with_added_extension(PART);
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

/// Deletes the figures in `folder` that are not among `kept`, and those that a killed process left half done; other files
/// stay.
fn remove_others(folder: &Path, kept: &[PathBuf]) -> Result<Vec<PathBuf>, ReportError> {
    let mut removed = Vec::new();
    for entry in fs::read_dir(folder).map_err(at(folder))? {
        let path = entry.map_err(at(folder))?.path();
        let is_part = path.to_str().is_some_and(|path| path.ends_with(&format!(".svg.{PART}")));
        if is_part {
            fs::remove_file(&path).map_err(at(&path))?;
        } else if path.extension().is_some_and(|extension| extension == "svg") && !kept.contains(&path) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::Figure;

    fn page() -> Page {
        let mut page = Page::new("name");
        page.block("text");
        let figure = |n: u32| Figure { file: format!("{n}.svg"), svg: format!("<svg>{n}</svg>") };
        page.figures = (0..8).map(figure).collect();
        page
    }

    fn names(folder: &Path) -> Vec<String> {
        let name = |entry: io::Result<fs::DirEntry>| entry.unwrap().file_name().into_string().unwrap();
        let mut names: Vec<String> = fs::read_dir(folder).unwrap().map(name).collect();
        names.sort();
        names
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn several_that_write_one_report_take_turns() {
        let folder = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..50 {
                        write(page(), "name", folder.path(), String::new()).unwrap();
                    }
                });
            }
        });
        assert_eq!(names(folder.path()), ["name", "name.html", "name.md"]);
        assert_eq!(names(&folder.path().join("name")).len(), 8);
    }

    #[test]
    fn what_a_killed_process_left_half_done_goes_and_other_files_stay() {
        let folder = tempfile::tempdir().unwrap();
        let figures = folder.path().join("name");
        fs::create_dir(&figures).unwrap();
        for name in ["old.svg.part", "old.svg", "0.svg.part", "mine.png", "mine.part"] {
            fs::write(figures.join(name), "x").unwrap();
        }
        let written = write(page(), "name", folder.path(), String::new()).unwrap();
        assert_eq!(written.removed, [figures.join("old.svg")]);
        let ours = (0..8).map(|n| format!("{n}.svg"));
        assert_eq!(names(&figures), ours.chain(["mine.part".into(), "mine.png".into()]).collect::<Vec<_>>());
    }
}
