//! The report on disk: whole, or as it was before. Files that recur did not write stay as they are.

mod list;
mod place;
mod stale;
mod subject;

use crate::page::Page;
use crate::partial::PartialRecord;
use crate::provenance::Provenance;
use crate::record::ReportRecord;
use crate::{ReportError, Written, WrittenPartial, html};
use list::List;
use place::Place;
use recur_core::digest::Digest;
use recur_core::plan::Plan;
use recur_core::visible::visible_lines;
use recur_files::{Staged, remove_unfinished};
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};
pub(crate) use subject::Subject;
use subject::SubjectThere;

/// Where a report goes.
#[derive(Clone, Copy, Debug)]
pub struct Destination<'a> {
    /// The folder of all reports. It may be a link.
    pub dir: &'a Path,
    /// Whether a report of another experiment may be replaced, and files of a report that were changed since recur wrote
    /// them. Files that recur did not write are never replaced.
    pub replace: bool,
}

impl<'a> From<&'a Path> for Destination<'a> {
    fn from(dir: &'a Path) -> Self {
        Self { dir, replace: false }
    }
}

impl<'a> From<&'a PathBuf> for Destination<'a> {
    fn from(dir: &'a PathBuf) -> Self {
        dir.as_path().into()
    }
}

/// Finds out before training whether the report of `plan` can be written: whether the folders can, and whether anything
/// that is there would have to be kept. Nothing is changed.
///
/// # Errors
/// As [`crate::write()`], as far as that is known before there are results.
pub fn check_destination<'a>(
    plan: &Plan,
    provenance: &Provenance,
    destination: impl Into<Destination<'a>>,
) -> Result<(), ReportError> {
    check_name(&plan.name)?;
    let place = Place::new(destination.into(), &plan.name);
    place.try_writing()?;
    let subject = Subject { provenance, question: &plan.question };
    // Another process may be writing the first report here, in a folder that was not there to wait for.
    check_place(&place, &subject).or_else(|_| check_place(&place, &subject))
}

/// Whether `name` can name a report.
pub(crate) fn check_name(name: &str) -> Result<(), ReportError> {
    let mut components = Path::new(name).components();
    match (components.next(), components.next()) {
        (Some(Component::Normal(only)), None) if only.to_str() == Some(name) => Ok(()),
        _ => Err(ReportError::Name { name: name.to_owned() }),
    }
}

fn check_place(place: &Place<'_>, subject: &Subject<'_>) -> Result<(), ReportError> {
    let _turn = place.turn();
    let own = place.own_files()?;
    for file in place.expected_files() {
        place.is_to_be_written(&own, &file, None)?;
    }
    place.check_subject(&own, subject, report_there)
}

/// What the report at a path is about.
fn report_there(report: &Path) -> SubjectThere {
    Ok(ReportRecord::of_report(report)?.map(|record| (record.provenance, record.question)))
}

/// Writes `page` to `dir/name.md`, `dir/name/*.svg` and `dir/name.html`, `record` to `dir/name/report.json`, and the list of
/// these to `dir/name/SHA256SUMS`. The partial report of the experiment is then stale, and is removed unless somebody changed it.
pub(crate) fn write(
    page: Page,
    record: &ReportRecord,
    destination: Destination<'_>,
    answer: String,
) -> Result<Written, ReportError> {
    let subject = Subject { provenance: &record.provenance, question: &record.question };
    let content = Content {
        name: &record.name,
        title: &record.name,
        description: &answer,
        record: (ReportRecord::file(), record.json()),
        subject,
        subject_there: report_there,
    };
    let Put { report, html, figures, removed } = put(page, &content, destination)?;
    let stale_partial = stale::remove(&record.name, &subject, destination);
    Ok(Written { report, html, figures, removed, stale_partial, answer })
}

/// Writes `page` as [`write`] does, under the names of a partial report.
pub(crate) fn write_partial(
    page: Page,
    record: &PartialRecord,
    destination: Destination<'_>,
    description: &str,
) -> Result<WrittenPartial, ReportError> {
    let name = partial_name(&record.name);
    let content = Content {
        name: &name,
        title: &format!("{}, not finished", record.name),
        description,
        record: (PartialRecord::FILE, record.json()),
        subject: Subject { provenance: &record.provenance, question: &record.question },
        subject_there: |report| Ok(PartialRecord::of_report(report)?.map(|record| (record.provenance, record.question))),
    };
    let Put { report, html, figures, .. } = put(page, &content, destination)?;
    Ok(WrittenPartial { report, html, figures })
}

/// The name of the files of a partial report, without their endings.
pub(crate) fn partial_name(name: &str) -> String {
    format!("{name}.partial")
}

/// What is written of a report, besides its page.
struct Content<'a> {
    /// Of its files.
    name: &'a str,
    /// Of its HTML page.
    title: &'a str,
    /// Of its HTML page, as plain text.
    description: &'a str,
    /// The file for programs in its folder, with its content.
    record: (&'static str, String),
    subject: Subject<'a>,
    /// What a report that is there is about.
    subject_there: fn(&Path) -> SubjectThere,
}

/// What was written.
struct Put {
    report: PathBuf,
    html: PathBuf,
    figures: Vec<PathBuf>,
    removed: Vec<PathBuf>,
}

/// Writes a report. All files are first written under other names, so that a full disk is met before an older report is touched.
/// Processes that write the same report take turns.
fn put(page: Page, content: &Content<'_>, destination: Destination<'_>) -> Result<Put, ReportError> {
    let place = Place::new(destination, content.name);
    place.make_folder()?;
    let turn = place.turn();
    if turn.is_some() {
        // Nobody else is at work here.
        remove_unfinished(&place.folder);
    }
    let own = place.own_files()?;
    let html_page = html::render(&page, content.title, content.description);
    // Every text of the page is escaped where it enters it; this holds for what might be forgotten there.
    let bytes = |text: &str| visible_lines(text).into_owned().into_bytes();
    let mut files: Vec<(String, Vec<u8>)> =
        page.figures.iter().map(|figure| (figure.file.clone(), bytes(&figure.svg))).collect();
    files.sort();
    let figures = files.iter().map(|(name, _)| place.path(name)).collect();
    files.push((content.record.0.to_owned(), content.record.1.clone().into_bytes()));
    files.push((place.html(), bytes(&html_page)));
    // The text comes last, so that it never names a figure that is not there yet.
    files.push((place.text(), bytes(&page.markdown)));
    let is_stale = |name: &str| name.ends_with(".svg");
    let changes = Changes::of(&place, &own, files, is_stale)?;
    place.check_subject(&own, &content.subject, content.subject_there)?;
    let removed = changes.make(&place, &own)?;
    Ok(Put { report: place.path(&place.text()), html: place.path(&place.html()), figures, removed })
}

/// Writes more files into the report's folder: names and texts.
pub(crate) fn write_beside(
    files: Vec<(&str, String)>,
    name: &str,
    destination: Destination<'_>,
) -> Result<(), ReportError> {
    let place = Place::new(destination, name);
    place.make_folder()?;
    let _turn = place.turn();
    let own = place.own_files()?;
    let bytes = |text: &str| visible_lines(text).into_owned().into_bytes();
    let files = files.into_iter().map(|(file, text)| (file.to_owned(), bytes(&text))).collect();
    Changes::of(&place, &own, files, |_| false)?.make(&place, &own)?;
    Ok(())
}

/// What has to change for a report to be there. Nothing that is to be kept is in the way.
struct Changes {
    /// Names and contents, in the order of writing.
    written: Vec<(String, Vec<u8>)>,
    removed: Vec<String>,
    /// The list when all is done.
    list: List,
}

impl Changes {
    /// Such that `files` are there, and files of an earlier report that are stale are not.
    fn of(
        place: &Place<'_>,
        own: &List,
        files: Vec<(String, Vec<u8>)>,
        is_stale: impl Fn(&str) -> bool,
    ) -> Result<Self, ReportError> {
        let is_new = |name: &str| files.iter().any(|(new, _)| new == name);
        let mut list = own.only(|name| !is_new(name) && !is_stale(name));
        let mut removed = Vec::new();
        // Only a plain name: a list that somebody else wrote may name anything.
        let is_plain = |name: &str| Path::new(name).components().count() == 1 && !name.starts_with('.');
        for name in own.names().filter(|name| !is_new(name) && is_stale(name) && is_plain(name)) {
            // One that somebody changed stays, and is no longer recur's.
            if place.content(name).ok().flatten().is_some_and(|content| own.is_of(name, &content)) {
                removed.push(name.to_owned());
            }
        }
        let mut written = Vec::new();
        // The text comes first here: it is what an error should name.
        for (name, content) in files.into_iter().rev() {
            list.add(&name, Digest::of(&content));
            if place.is_to_be_written(own, &name, Some(&content))? {
                written.push((name, content));
            }
        }
        written.reverse();
        Ok(Self { written, removed, list })
    }

    /// Makes them; gives the paths that were removed.
    fn make(self, place: &Place<'_>, own: &List) -> Result<Vec<PathBuf>, ReportError> {
        let staged = |name: &str, content: &[u8]| staged(place, name, content);
        let list_there = place.content(list::FILE)?;
        let is_there = |list: &List| list_there.as_deref() == Some(list.text().as_bytes());
        let files: Vec<Waiting> =
            self.written.iter().map(|(name, content)| staged(name, content)).collect::<Result<_, _>>()?;
        let last = staged(list::FILE, self.list.text().as_bytes())?;
        // Until all is done, the list has the digests from before and after: a process that is killed leaves files of both.
        let meanwhile = own.clone().joined(&self.list);
        let has_changes = !files.is_empty() || !self.removed.is_empty();
        if has_changes && !is_there(&meanwhile) {
            staged(list::FILE, meanwhile.text().as_bytes())?.put()?;
        }
        files.into_iter().try_for_each(Waiting::put)?;
        let removed: Vec<PathBuf> = self.removed.iter().map(|name| place.path(name)).collect();
        for path in &removed {
            fs::remove_file(path).map_err(at(path))?;
        }
        if place.content(list::FILE)?.as_deref() != Some(self.list.text().as_bytes()) {
            last.put()?;
        }
        Ok(removed)
    }
}

/// A file on the disk, waiting to be put into its place. It waits in the folder of the figures, which no other program
/// writes into.
struct Waiting {
    staged: Staged,
    target: PathBuf,
}

impl Waiting {
    fn put(self) -> Result<(), ReportError> {
        self.staged.put().map_err(at(&self.target))
    }
}

fn staged(place: &Place<'_>, name: &str, content: &[u8]) -> Result<Waiting, ReportError> {
    let target = place.path(name);
    let staged = Staged::new_in(&place.folder, &target, content).map_err(at(&target))?;
    Ok(Waiting { staged, target })
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> ReportError + '_ {
    move |source| ReportError::Write { path: path.to_owned(), source }
}

#[cfg(test)]
mod tests;
