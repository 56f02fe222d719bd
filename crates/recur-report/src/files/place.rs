//! The place of a report, and what is there already: recur's own files, changed ones, and files of others.

use super::list::{self, List};
use super::subject::{Subject, SubjectThere};
use super::{Destination, at};
use crate::record::{ReportRecord, ReportRecordError};
use crate::{ReportError, costs};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// The place of the report `name`.
pub(crate) struct Place<'a> {
    dir: &'a Path,
    name: &'a str,
    replace: bool,
    /// `dir/name`, which holds the figures.
    pub(crate) folder: PathBuf,
}

impl<'a> Place<'a> {
    pub(crate) fn new(destination: Destination<'a>, name: &'a str) -> Self {
        let Destination { dir, replace } = destination;
        Self { dir, name, replace, folder: dir.join(name) }
    }

    /// The name of the text, relative to the folder as all names here.
    pub(crate) fn text(&self) -> String {
        format!("../{}.md", self.name)
    }

    /// The name of the HTML page.
    pub(crate) fn html(&self) -> String {
        format!("../{}.html", self.name)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        match name.strip_prefix("../") {
            Some(beside) => self.dir.join(beside),
            None => self.folder.join(name),
        }
    }

    /// Makes the folder of the figures, if it is missing. The folder of all reports may be a link, as the user named it;
    /// within it no link is followed.
    pub(crate) fn make_folder(&self) -> Result<(), ReportError> {
        fs::create_dir_all(self.dir).map_err(at(self.dir))?;
        if !self.has_folder()? {
            match fs::create_dir(&self.folder) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => _ = self.has_folder()?,
                made => made.map_err(at(&self.folder))?,
            }
        }
        Ok(())
    }

    /// Whether its folder is there.
    pub(crate) fn has_folder(&self) -> Result<bool, ReportError> {
        match fs::symlink_metadata(&self.folder) {
            Ok(found) if found.is_dir() => Ok(true),
            Ok(found) if found.is_symlink() => Err(ReportError::Link { path: self.folder.clone() }),
            Ok(_) => Err(ReportError::InTheWay { path: self.folder.clone(), expected: "a folder" }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(at(&self.folder)(error)),
        }
    }

    /// Whether files can be made in the folders of the report, or where these are to be made.
    pub(crate) fn try_writing(&self) -> Result<(), ReportError> {
        // Nothing is left behind: such a file has no name, or loses it at once.
        let made_in = |folder: &Path| tempfile::tempfile_in(folder).map(drop).map_err(at(folder));
        made_in(&nearest_folder(self.dir)?)?;
        if self.has_folder()? { made_in(&self.folder) } else { Ok(()) }
    }

    /// What is in the file; `None` where there is none.
    pub(crate) fn content(&self, name: &str) -> Result<Option<Vec<u8>>, ReportError> {
        let path = self.path(name);
        match fs::symlink_metadata(&path) {
            Ok(found) if found.is_file() => fs::read(&path).map(Some).map_err(at(&path)),
            Ok(found) if found.is_symlink() => Err(ReportError::Link { path }),
            Ok(_) => Err(ReportError::InTheWay { path, expected: "a file" }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(at(&path)(error)),
        }
    }

    /// The files here that recur wrote.
    pub(crate) fn own_files(&self) -> Result<List, ReportError> {
        match self.content(list::FILE)? {
            Some(bytes) => {
                let list = std::str::from_utf8(&bytes).ok().and_then(List::read);
                list.ok_or_else(|| ReportError::Foreign { path: self.path(list::FILE) })
            }
            None => Ok(List::default()),
        }
    }

    /// Whether recur may write its file `name`, and has to: `new` is what it is to hold, where that is known.
    pub(crate) fn is_to_be_written(&self, own: &List, name: &str, new: Option<&[u8]>) -> Result<bool, ReportError> {
        let Some(there) = self.content(name)? else { return Ok(true) };
        if new == Some(&there[..]) {
            return Ok(false);
        }
        // An empty file holds nothing of anybody's: a machine that lost power may leave one.
        let is_own = own.is_of(name, &there) || (there.is_empty() && own.has(name));
        match (is_own, own.has(name)) {
            (true, _) => Ok(true),
            (false, true) if self.replace => Ok(true),
            (false, true) => Err(ReportError::Changed { path: self.path(name) }),
            (false, false) => Err(ReportError::Foreign { path: self.path(name) }),
        }
    }

    /// Refuses to write over the report of another experiment, unless that is asked for. `read` finds what the report at a path is
    /// about.
    pub(crate) fn check_subject(
        &self,
        own: &List,
        new: &Subject<'_>,
        read: impl Fn(&Path) -> SubjectThere,
    ) -> Result<(), ReportError> {
        let path = self.path(&self.text());
        if self.replace || !own.has(&self.text()) || self.content(&self.text())?.is_none() {
            return Ok(());
        }
        let (provenance, question) = match read(&path) {
            Ok(Some(there)) => there,
            Err(ReportRecordError::Unreadable { path, source }) => return Err(at(&path)(source)),
            Ok(None) | Err(_) => return Err(ReportError::UnknownReport { path }),
        };
        match (Subject { provenance: &provenance, question: &question }).difference(new) {
            Some([there, new]) => Err(ReportError::OtherReport { path, there, new }),
            None => Ok(()),
        }
    }

    /// The files that every report has, and those of almost every one: a conflict with these is met before training.
    pub(crate) fn expected_files(&self) -> [String; 7] {
        let beside = [ReportRecord::file(), costs::FILE, costs::HTML_FILE, "labels.svg", "confusion.svg"];
        let [record, costs, costs_html, labels, confusion] = beside.map(str::to_owned);
        [self.text(), self.html(), record, costs, costs_html, labels, confusion]
    }

    /// Waits for other processes that write to the folder, until the result is dropped. Not every file system can lock a
    /// folder: where none can, two processes that write one report at the same time may each report an error.
    pub(crate) fn turn(&self) -> Option<File> {
        let folder = File::open(&self.folder).ok()?;
        folder.lock().ok().map(|()| folder)
    }
}

/// `dir`, or the nearest folder above it that exists: the one in which it would be made.
fn nearest_folder(dir: &Path) -> Result<PathBuf, ReportError> {
    let mut folder = dir;
    loop {
        let found = if folder == Path::new("") { Path::new(".") } else { folder };
        match fs::metadata(found) {
            Ok(metadata) if metadata.is_dir() => return Ok(found.to_owned()),
            Ok(_) => return Err(ReportError::InTheWay { path: found.to_owned(), expected: "a folder" }),
            Err(error) if error.kind() == io::ErrorKind::NotFound && fs::symlink_metadata(found).is_err() => {
                let Some(parent) = folder.parent() else { return Err(at(found)(error)) };
                folder = parent;
            }
            // A link that leads nowhere among them.
            Err(error) => return Err(at(found)(error)),
        }
    }
}
