//! Folders for other tools: written whole or not at all, and never over what somebody else wrote.

use crate::live;
use recur_core::digest::Digest;
use recur_core::visible::shown;
use recur_files::read_regular;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

/// The bytes of files by their paths, which have `/` between their parts.
pub type Files = BTreeMap<String, Vec<u8>>;

/// The file in a written folder that has the digest of all others: a folder that was changed since is not replaced.
const MARK: &str = "recur-export.sha256";

/// The most bytes of a file that is compared.
const MOST: u64 = 1 << 30;

/// Why a folder was not written. [`FolderError::hint`] is the next thing to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the messages name the fields")]
pub enum FolderError {
    /// Another export is there, as recur wrote it.
    #[error("the folder {} has another export, and is not replaced", shown(path))]
    OtherExport { path: PathBuf },
    /// What a run wrote while it went on is there.
    #[error("the folder {} has the event files of a run, and is not replaced", shown(path))]
    OfRun { path: PathBuf },
    /// Something is there that recur did not write, or that was changed since.
    #[error("{} is there, and not as recur wrote it; it is not replaced", shown(path))]
    NotAsWritten { path: PathBuf },
    #[error("cannot write {}", shown(path))]
    Write { path: PathBuf, source: io::Error },
}

impl FolderError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::OtherExport { .. } | Self::OfRun { .. } => "--replace writes over it; or name another folder",
            Self::NotAsWritten { .. } => "name another folder, or remove it yourself",
            Self::Write { .. } => "name a folder that can be written",
        }
    }
}

/// Writes `files` into `folder`, which may have other files. Each folder at the top of `files` appears whole or not at all. One that is there
/// already stays if it has the same files. It is replaced only if `replace` asks for it and nothing was changed in it since recur wrote it.
///
/// # Errors
/// If something is there that is not to be replaced, or a file cannot be written.
pub fn write_folder(folder: &Path, files: &Files, replace: bool) -> Result<(), FolderError> {
    let mut by_top: BTreeMap<&str, BTreeMap<&str, &[u8]>> = BTreeMap::new();
    for (path, bytes) in files {
        let (top, rest) = path.split_once('/').expect("files are in folders");
        by_top.entry(top).or_default().insert(rest, bytes);
    }
    let mut replaced = Vec::new();
    for (top, files) in &by_top {
        let place = folder.join(top);
        let there = found(&place)?;
        match there {
            There::Nothing => replaced.push((*top, false)),
            There::Export(digest) if digest == digest_of(files.iter().map(|(path, bytes)| (*path, *bytes))) => {}
            There::Export(_) if replace => replaced.push((*top, true)),
            There::Export(_) => return Err(FolderError::OtherExport { path: place }),
            There::OfRun if replace => replaced.push((*top, true)),
            There::OfRun => return Err(FolderError::OfRun { path: place }),
            There::Other => return Err(FolderError::NotAsWritten { path: place }),
        }
    }
    for (top, is_there) in replaced {
        let place = folder.join(top);
        put(folder, &place, &by_top[top], is_there).map_err(|source| FolderError::Write { path: place, source })?;
    }
    Ok(())
}

/// Writes the files elsewhere in `folder`, and renames them to `place`.
fn put(folder: &Path, place: &Path, files: &BTreeMap<&str, &[u8]>, is_there: bool) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let staging = tempfile::Builder::new().prefix(".recur-").suffix(".part").tempdir_in(folder)?;
    let staged = staging.path().join("new");
    let mut made: Option<&str> = None;
    for (path, bytes) in files {
        // Files are in order: most have the folder of the one before.
        let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
        if made != Some(parent) {
            std::fs::create_dir_all(staged.join(parent))?;
            made = Some(parent);
        }
        std::fs::write(staged.join(path), bytes)?;
    }
    let digest = digest_of(files.iter().map(|(path, bytes)| (*path, *bytes)));
    std::fs::write(staged.join(MARK), format!("{digest}\n"))?;
    // Nothing waits for the disk: that takes a minute for 20,000 files. What a loss of power leaves is not as its mark says.
    if is_there {
        let old = staging.path().join("old");
        let swapped = swap(&staged, place, &old);
        if swapped.is_err() && old.symlink_metadata().is_ok() {
            let kept = staging.keep().join("old");
            return swapped
                .map_err(|error| io::Error::other(format!("{error}; the export before it is in {}", shown(&kept))));
        }
        return swapped;
    }
    if place.symlink_metadata().is_ok() {
        // A folder without files would be replaced by a rename.
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    std::fs::rename(&staged, place)
}

/// Renames `place` to `old`, and `new` to `place`. Where the latter fails, what was at `place` is there again if that is possible.
fn swap(new: &Path, place: &Path, old: &Path) -> io::Result<()> {
    std::fs::rename(place, old)?;
    std::fs::rename(new, place).inspect_err(|_| {
        // The first error is the one that counts: whoever called sees what is left at `old`.
        let _ = std::fs::rename(old, place);
    })
}

/// What is at the place of a folder.
enum There {
    Nothing,
    /// What recur wrote, unchanged, with its digest.
    Export(Digest),
    /// Event files that recur wrote while trials were trained.
    OfRun,
    Other,
}

fn found(place: &Path) -> Result<There, FolderError> {
    match place.symlink_metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(There::Nothing),
        Ok(metadata) if metadata.is_dir() => {}
        _ => return Ok(There::Other),
    }
    let mark = read_regular(&place.join(MARK), 1024).unwrap_or_default();
    let named = str::from_utf8(&mark).ok().and_then(|text| Digest::parse(text.trim_end()));
    let mut files = Files::new();
    if read_all(place, "", &mut files).is_err() {
        return Ok(There::Other);
    }
    let found = digest_of(files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice())));
    Ok(match named {
        Some(named) if named == found => There::Export(found),
        _ if live::wrote(&files) => There::OfRun,
        _ => There::Other,
    })
}

/// All files below `folder` but the mark; an error if something is no file, or a folder without anything in it: recur writes none.
fn read_all(folder: &Path, prefix: &str, files: &mut Files) -> io::Result<()> {
    let mut entries = std::fs::read_dir(folder)?.peekable();
    if entries.peek().is_none() {
        return Err(io::ErrorKind::InvalidData.into());
    }
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().into_string().map_err(|_| io::ErrorKind::InvalidData)?;
        let (kind, path) = (entry.file_type()?, format!("{prefix}{name}"));
        if kind.is_dir() {
            read_all(&entry.path(), &format!("{path}/"), files)?;
        } else if !kind.is_file() {
            return Err(io::ErrorKind::InvalidData.into());
        } else if path != MARK {
            files.insert(path, read_regular(&entry.path(), MOST)?);
        }
    }
    Ok(())
}

/// The digest of files in the order of their paths.
fn digest_of<'a>(files: impl Iterator<Item = (&'a str, &'a [u8])>) -> Digest {
    let lines: String = files.map(|(path, bytes)| format!("{} {path}\n", Digest::of(bytes))).collect();
    Digest::of(lines.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(of_a: &str) -> Files {
        let file = |path: &str, text: &str| (path.to_owned(), text.as_bytes().to_vec());
        [file("one/a", of_a), file("one/sub/b", "b"), file("two/c", "c")].into()
    }

    #[test]
    fn an_export_is_replaced_only_where_that_is_asked_for_and_nobody_changed_it() {
        let folder = tempfile::tempdir().unwrap();
        let (folder, read) = (&folder.path().join("new"), |path: &Path| std::fs::read_to_string(path).unwrap());
        write_folder(folder, &files("1"), false).unwrap();
        std::fs::write(folder.join("other"), "kept").unwrap();
        write_folder(folder, &files("1"), false).unwrap();
        let error = write_folder(folder, &files("2"), false).unwrap_err();
        assert!(matches!(&error, FolderError::OtherExport { path } if path.ends_with("one")), "{error}");
        assert_eq!(read(&folder.join("one/a")), "1");
        write_folder(folder, &files("2"), true).unwrap();
        assert_eq!((read(&folder.join("one/a")), read(&folder.join("one/sub/b"))), ("2".into(), "b".into()));
        let names = |folder: &Path| std::fs::read_dir(folder).unwrap().count();
        assert_eq!((names(folder), names(&folder.join("one"))), (3, 3));
        // A file more, a file changed.
        for (path, text) in [("one/thesis", "mine"), ("one/sub/b", "mine")] {
            std::fs::write(folder.join(path), text).unwrap();
            let error = write_folder(folder, &files("3"), true).unwrap_err();
            assert!(matches!(&error, FolderError::NotAsWritten { path } if path.ends_with("one")), "{error}");
            assert_eq!(read(&folder.join(path)), text);
        }
    }

    #[test]
    fn a_folder_that_a_user_made_in_an_export_is_not_lost() {
        let folder = tempfile::tempdir().unwrap();
        write_folder(folder.path(), &files("1"), false).unwrap();
        let mine = folder.path().join("one/sub/notes");
        std::fs::create_dir(&mine).unwrap();
        let error = write_folder(folder.path(), &files("2"), true).unwrap_err();
        assert!(matches!(&error, FolderError::NotAsWritten { path } if path.ends_with("one")), "{error}");
        assert!(mine.exists());
    }

    #[test]
    fn the_export_is_put_back_where_the_new_one_cannot_be_put_in_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let [new, place, old] = ["new", "place", "old"].map(|name| folder.path().join(name));
        std::fs::create_dir(&place).unwrap();
        std::fs::write(place.join("a"), "1").unwrap();
        // There is nothing at `new`.
        assert!(swap(&new, &place, &old).is_err());
        assert_eq!(std::fs::read_to_string(place.join("a")).unwrap(), "1");
        assert!(!old.exists());
        std::fs::create_dir(&new).unwrap();
        swap(&new, &place, &old).unwrap();
        assert!(old.join("a").exists() && !place.join("a").exists());
    }

    #[test]
    fn what_recur_did_not_write_is_never_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        std::fs::create_dir(folder.join("two")).unwrap();
        let refused = |folder: &Path| write_folder(folder, &files("1"), true).unwrap_err().to_string();
        assert!(refused(folder).contains("two is there, and not as recur wrote it"));
        assert!(!folder.join("one").exists(), "all is looked at before anything is written");
        std::fs::write(folder.join("file"), "kept").unwrap();
        assert!(refused(&folder.join("file")).contains("file"));
    }
}
