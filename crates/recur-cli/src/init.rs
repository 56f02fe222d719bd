//! A new project: its files, and a spec for data that was looked at.

mod place;
mod spec;

pub(crate) use place::DataPlace;
pub(crate) use spec::SpecOf;

use crate::error::CliError;
use recur_core::visible::shown;
use recur_files::{Staged, folder_of};
use std::io::ErrorKind;
use std::path::Path;

/// A file of a project: its path there, and its text.
pub(crate) type File = (String, String);

/// The name of the spec of the sample.
pub(crate) const FIRST: &str = "first";

/// The files of every project; `name` is that of its first spec.
pub(crate) fn basic_files(name: &str) -> Vec<File> {
    let justfile = include_str!("init/template/justfile").replace("NAME", name);
    vec![
        file("recur.toml", include_str!("init/template/recur.toml")),
        file(".gitignore", include_str!("init/template/gitignore")),
        ("justfile".to_owned(), justfile),
        file("plugins/README.md", include_str!("init/template/plugins-readme.md")),
    ]
}

/// The sample, with its spec.
pub(crate) fn sample_files() -> Vec<File> {
    vec![
        file("experiments/first.yaml", include_str!("init/template/first.yaml")),
        file("data/names.csv", include_str!("init/template/data/names.csv")),
        file("data/README.md", include_str!("init/template/data-readme.md")),
    ]
}

fn file(path: &str, text: &str) -> File {
    (path.to_owned(), text.to_owned())
}

/// Writes a file that is not there yet; whether it was written. What is there stays as it is, whatever it is.
pub(crate) fn write_new(folder: &Path, (path, text): &File) -> Result<bool, CliError> {
    let path = folder.join(path);
    let failed = |error| CliError::new(format!("cannot write {}", shown(&path))).because(&error);
    if path.symlink_metadata().is_ok() {
        return Ok(false);
    }
    std::fs::create_dir_all(folder_of(&path)).map_err(failed)?;
    match Staged::new(&path, text.as_bytes()).and_then(Staged::put_new) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(failed(error)),
    }
}

/// Refuses a folder of the project that is a link to somewhere else, if a file would be written there.
pub(crate) fn refuse_links_out(folder: &Path, files: &[File]) -> Result<(), CliError> {
    let Ok(root) = folder.canonicalize() else { return Ok(()) };
    let is_out = |folder: &Path| !folder.canonicalize().is_ok_and(|real| real.starts_with(&root));
    for (path, _) in files {
        let to_write = Some(folder.join(path)).filter(|path| path.symlink_metadata().is_err());
        let mut above = to_write.iter().flat_map(|path| path.ancestors().skip(1)).take_while(|above| *above != folder);
        if let Some(link) = above.find(|above| above.is_symlink() && is_out(above)) {
            let problem = format!("{} is a link that leads out of the project; nothing was written", shown(link));
            return Err(
                CliError::new(problem).hint("put a folder where the link is, or name another folder".to_owned())
            );
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn nothing_is_written_through_a_link_out_of_the_project() {
        let folder = tempfile::tempdir().unwrap();
        let (project, outside) = (folder.path().join("project"), folder.path().join("outside"));
        [&project, &project.join("real"), &outside].into_iter().for_each(|dir| std::fs::create_dir(dir).unwrap());
        for (to, link) in [(outside.as_path(), "out"), (Path::new("real"), "in"), (Path::new("gone"), "nowhere")] {
            std::os::unix::fs::symlink(to, project.join(link)).unwrap();
        }
        std::fs::write(outside.join("there"), "").unwrap();
        let check = |path: &str, is_refused: bool| {
            let refused =
                refuse_links_out(&project, &[file("a", ""), file(path, "")]).map_err(|error| format!("{error:?}"));
            assert_eq!(
                refused.clone().is_err_and(|error| error.contains("out of the project")),
                is_refused,
                "{refused:?}"
            );
        };
        check("out/x", true);
        check("out/deeper/x", true);
        check("nowhere/x", true);
        check("out/there", false);
        check("in/x", false);
        check("real/x", false);
    }

    #[test]
    fn the_sample_is_drawn_from_the_shipped_names() {
        let shipped = include_str!("../../../data/names.csv");
        let shipped: std::collections::BTreeSet<&str> =
            shipped.lines().filter_map(|line| line.rsplit_once(',')).map(|(row, _)| row).collect();
        let sample = include_str!("init/template/data/names.csv");
        assert_eq!(sample.lines().count(), 201);
        assert!(sample.lines().all(|row| shipped.contains(row)), "the header, too");
    }

    #[test]
    fn what_is_there_is_never_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| write_new(folder.path(), &file(path, text)).unwrap();
        assert!(write("a/b/c.txt", "one"));
        assert!(!write("a/b/c.txt", "two"));
        assert!(!write("a/b", "three"));
        assert_eq!(std::fs::read_to_string(folder.path().join("a/b/c.txt")).unwrap(), "one");
        assert!(write_new(folder.path(), &file("a/b/c.txt/d", "four")).is_err());
    }
}
