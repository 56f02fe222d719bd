//! Where the files are that a spec names by relative paths.

use crate::error::ExperimentError;
use crate::lookup::LookupError;
use crate::project::Project;
use recur_core::visible::shown;
use recur_files::folder_of;
use recur_ingest::{IngestError, is_there};
use recur_spec::Spec;
use recur_store::StoreError;
use std::path::{Component, Path, PathBuf};

/// Where the relative paths in a spec begin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SpecPaths {
    /// In the working folder of the process, which is what a program that embeds recur decides on.
    #[default]
    WorkingFolder,
    /// As the command line has it. Of a spec in a [`Project`], a path is looked for in the project's folder and then in the spec's.
    /// Of any other spec, it is looked for in the spec's folder and then in the working folder.
    Project,
}

/// A folder in which files are looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    /// Relative to the working folder, or absolute; empty for the working folder.
    path: PathBuf,
    what: &'static str,
}

impl Place {
    /// `folder`, which is empty if it is the working folder.
    fn new(folder: &Path, what: &'static str) -> Self {
        let is_here = is_same(folder, Path::new("."));
        Self { path: if is_here { PathBuf::new() } else { folder.to_owned() }, what }
    }

    fn shown(&self) -> String {
        let here = self.path.as_os_str().is_empty();
        format!("{} ({})", self.what, if here { "the working folder".to_owned() } else { shown(&self.path) })
    }
}

/// The places in which the files of a spec are looked for, the first one first.
#[derive(Debug)]
pub(crate) struct Places {
    places: Vec<Place>,
    /// Whether they are those of a project.
    is_project: bool,
}

impl Places {
    /// Those of the spec in the file `spec`.
    pub(crate) fn of(spec: &Path, paths: SpecPaths) -> Result<Self, LookupError> {
        if paths == SpecPaths::WorkingFolder {
            return Ok(Self { places: Vec::new(), is_project: false });
        }
        let beside = Place::new(folder_of(spec), "the spec's folder");
        let project = Project::find(spec)?;
        let is_project = project.is_some();
        let mut places = match project {
            Some(project) => vec![Place::new(&project.root, "the project's folder"), beside],
            None => vec![beside, Place::new(Path::new("."), "the working folder")],
        };
        places.dedup_by(|second, first| is_same(&first.path, &second.path));
        Ok(Self { places, is_project })
    }

    /// Gives each relative path of `spec`, the spec in the file `file`, as the process finds it.
    pub(crate) fn put_into(&self, spec: &mut Spec, file: &Path) -> Result<(), LookupError> {
        let mut failed = None;
        spec.map_paths(&mut |path| match self.found(path, file) {
            Ok(found) => found,
            Err(error) => {
                failed.get_or_insert(error);
                path.to_owned()
            }
        });
        failed.map_or(Ok(()), Err)
    }

    fn found(&self, path: &str, spec: &Path) -> Result<String, LookupError> {
        if Path::new(path).is_absolute() || path.contains("://") {
            return Ok(path.to_owned());
        }
        let mut there = self.places.iter().filter(|place| is_there(path, &place.path));
        let Some(first) = there.next() else {
            // An error names it, and the places.
            return Ok(self.places.first().filter(|_| self.is_project).map_or(path.to_owned(), |at| within(at, path)));
        };
        let (first_path, second) = (within(first, path), there.next());
        match second.map(|second| within(second, path)).filter(|_| !self.is_project) {
            Some(second) if !is_same(Path::new(&first_path), Path::new(&second)) => {
                Err(LookupError::TwoFiles { spec: spec.to_owned(), path: path.to_owned(), found: [first_path, second] })
            }
            _ => Ok(first_path),
        }
    }

    /// `error`, with the places if it is that a file is in none of them.
    pub(crate) fn explained(&self, error: ExperimentError) -> ExperimentError {
        let is_missing = match &error {
            ExperimentError::Ingest(IngestError::Missing { .. } | IngestError::NoMatch { .. }) => true,
            ExperimentError::InitialWeights(StoreError::Io { source, .. }) => {
                source.kind() == std::io::ErrorKind::NotFound
            }
            _ => false,
        };
        match self.places.as_slice() {
            [first, second] if is_missing => {
                ExperimentError::InNoPlace { first: first.shown(), second: second.shown(), error: Box::new(error) }
            }
            _ => error,
        }
    }
}

/// `path`, which is relative, in a place: as short as it can be.
fn within(place: &Place, path: &str) -> String {
    let joined = place.path.join(path);
    // A path as a spec writes it is text; where the folder is not, the path is left as it is.
    let Some(text) = joined.to_str().filter(|_| !place.path.as_os_str().is_empty()) else { return path.to_owned() };
    let short = without_dots(&joined);
    match short.to_str() {
        Some(short) if is_same(folder_of(Path::new(short)), folder_of(&joined)) => short.to_owned(),
        _ => text.to_owned(),
    }
}

/// `path` without `.` and `NAME/..`, which is another place if `NAME` is a link.
fn without_dots(path: &Path) -> PathBuf {
    let mut short = PathBuf::new();
    for part in path.components() {
        match (part, short.components().next_back()) {
            (Component::CurDir, _) => {}
            (Component::ParentDir, Some(Component::Normal(_))) => {
                short.pop();
            }
            _ => short.push(part),
        }
    }
    short
}

/// Whether two paths lead to the same file or folder, which is there.
fn is_same(one: &Path, other: &Path) -> bool {
    let real = |path: &Path| if path.as_os_str().is_empty() { Path::new(".") } else { path }.canonicalize();
    matches!((real(one), real(other)), (Ok(one), Ok(other)) if one == other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_as_short_as_it_can_be_and_leads_to_the_same_file() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        std::fs::create_dir_all(root.join("a/b")).unwrap();
        let place = Place { path: root.join("a/b"), what: "" };
        let check =
            |path: &str, expected: &str| assert_eq!(within(&place, path), root.join(expected).to_str().unwrap());
        check("x.csv", "a/b/x.csv");
        check("./x.csv", "a/b/x.csv");
        check("../x.csv", "a/x.csv");
        check("../*.csv", "a/*.csv");
        check("gone/../x.csv", "a/b/gone/../x.csv");
        let here = Place { path: PathBuf::new(), what: "" };
        assert_eq!(within(&here, "./a/../x.csv"), "./a/../x.csv");
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_that_is_a_link_is_not_shortened_away() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        std::fs::create_dir_all(root.join("far/away")).unwrap();
        std::os::unix::fs::symlink("far/away", root.join("link")).unwrap();
        let place = Place { path: root.clone(), what: "" };
        assert_eq!(within(&place, "link/../x.csv"), root.join("link/../x.csv").to_str().unwrap());
    }
}
