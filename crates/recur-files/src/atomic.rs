//! Files that appear whole or not at all, and outlive a loss of power.
//!
//! A file is written next to its place under a name that nobody can foresee, flushed to the disk, and renamed into its
//! place; then the folder is flushed. Whoever reads the place sees what was there before or all of what is new. What was
//! there keeps its content until then, and a link there is replaced itself: nothing is written where it leads.
//!
//! Where writing fails, or the process panics, the unfinished file is removed. Where the process is killed, it stays. A
//! folder that only recur writes into can be cleaned of such files with [`remove_unfinished`].

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use tempfile::{NamedTempFile, TempPath};

/// What names of unfinished files begin and end with, with [`RANDOM`] characters between.
const UNFINISHED: [&str; 2] = [".recur-", ".part"];
const RANDOM: usize = 12;

/// A file that could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}", path.display())]
#[expect(missing_docs, reason = "the messages name the fields")]
pub struct WriteError {
    pub path: PathBuf,
    pub source: io::Error,
}

/// Gives the file at `path` the content `bytes`, whole or not at all. Missing folders above it are made.
///
/// # Errors
/// If it cannot be written. A file that was at `path` is still there then, as it was, unless it is the last flush of the
/// folder that failed.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
    let write = || {
        std::fs::create_dir_all(folder_of(path))?;
        Staged::new(path, bytes)?.put()
    };
    write().map_err(|source| WriteError { path: path.to_owned(), source })
}

/// A file that is being written and has no name yet that anybody looks for.
#[derive(Debug)]
pub struct Unfinished {
    file: NamedTempFile,
    target: PathBuf,
}

impl Unfinished {
    /// Begins the file `target`, in its folder, which must be there.
    ///
    /// # Errors
    /// If no file can be made in the folder.
    pub fn new(target: &Path) -> io::Result<Self> {
        Self::new_in(folder_of(target), target)
    }

    /// As [`Unfinished::new`], but unfinished in `folder`, which must be on the same file system.
    ///
    /// # Errors
    /// If no file can be made in the folder.
    pub fn new_in(folder: &Path, target: &Path) -> io::Result<Self> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(UNFINISHED[0]).suffix(UNFINISHED[1]).rand_bytes(RANDOM);
        // The umask takes its share, as from any file: a temporary file is private by default.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        Ok(Self { file: builder.tempfile_in(folder)?, target: target.to_owned() })
    }

    /// The open file.
    pub fn as_file(&self) -> &File {
        self.file.as_file()
    }

    /// Flushes it to the disk.
    ///
    /// # Errors
    /// If that fails; the file is removed then.
    pub fn finish(self) -> io::Result<Staged> {
        self.file.as_file().sync_all()?;
        Ok(Staged { temporary: self.file.into_temp_path(), target: self.target })
    }
}

impl Write for Unfinished {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.as_file_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.as_file_mut().flush()
    }
}

/// A file that is on the disk as a whole and waits to be renamed. It is removed where that does not happen.
#[derive(Debug)]
#[must_use = "it is removed unless it is put into its place"]
pub struct Staged {
    temporary: TempPath,
    target: PathBuf,
}

impl Staged {
    /// Writes `bytes` for the place `target`, whose folder must be there.
    ///
    /// # Errors
    /// If that fails; nothing is left then.
    pub fn new(target: &Path, bytes: &[u8]) -> io::Result<Self> {
        Self::new_in(folder_of(target), target, bytes)
    }

    /// As [`Staged::new`], but waiting in `folder`, which must be on the same file system.
    ///
    /// # Errors
    /// If that fails; nothing is left then.
    pub fn new_in(folder: &Path, target: &Path, bytes: &[u8]) -> io::Result<Self> {
        let mut file = Unfinished::new_in(folder, target)?;
        file.write_all(bytes)?;
        file.finish()
    }

    /// Puts it into its place, over what is there.
    ///
    /// # Errors
    /// If that fails.
    pub fn put(self) -> io::Result<()> {
        let target = self.target.clone();
        self.put_by(|from, to| std::fs::rename(from, to))?;
        sync_folder(folder_of(&target))
    }

    /// Renames it to its place by `rename`, which may know more of the file system. The folder is not flushed.
    ///
    /// # Errors
    /// If `rename` fails; the file is removed then.
    pub fn put_by(self, rename: impl FnOnce(&Path, &Path) -> io::Result<()>) -> io::Result<()> {
        rename(&self.temporary, &self.target)?;
        // It is no longer there to be removed.
        let _ = self.temporary.keep();
        Ok(())
    }

    /// Puts it into its place if nothing is there.
    ///
    /// # Errors
    /// [`io::ErrorKind::AlreadyExists`] if something is, or any other error if that fails.
    pub fn put_new(self) -> io::Result<()> {
        self.temporary.persist_noclobber(&self.target).map_err(|error| error.error)?;
        sync_folder(folder_of(&self.target))
    }
}

/// Flushes a folder's list of names to the disk.
///
/// # Errors
/// If that fails.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    Ok(())
}

/// The folder of a file, `.` for a bare name.
pub fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Removes what killed processes left unfinished in `folder`. No other process may be writing into it.
pub fn remove_unfinished(folder: &Path) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        if is_file && entry.file_name().to_str().is_some_and(is_unfinished) {
            // What cannot be removed is harmless.
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

fn is_unfinished(name: &str) -> bool {
    let random = name.strip_prefix(UNFINISHED[0]).and_then(|rest| rest.strip_suffix(UNFINISHED[1]));
    random.is_some_and(|random| random.len() == RANDOM && random.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_written_with_its_folders_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sub/a");
        for text in ["old", "new"] {
            write_atomically(&path, text.as_bytes()).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
        assert_eq!(names(&folder.path().join("sub")), ["a"]);
    }

    #[test]
    fn a_write_that_fails_leaves_the_old_file_and_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        write_atomically(&path, b"old").unwrap();
        assert!(write_atomically(&path.join("b"), b"new").is_err());
        let failed = Staged::new(&path, b"new").unwrap().put_by(|_, _| Err(io::Error::other("no")));
        assert!(failed.is_err());
        drop(Staged::new(&path, b"new").unwrap());
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(names(folder.path()), ["a"]);
    }

    #[test]
    fn a_new_file_is_never_put_over_another() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let staged = || Staged::new(&path, b"mine").unwrap();
        let (first, second) = (staged(), staged());
        first.put_new().unwrap();
        assert_eq!(second.put_new().unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(names(folder.path()), ["a"]);
    }

    #[test]
    fn a_file_is_written_piece_by_piece() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let mut file = Unfinished::new(&path).unwrap();
        file.write_all(b"one ").unwrap();
        file.as_file().try_clone().unwrap().write_all(b"two").unwrap();
        assert!(!path.exists());
        file.finish().unwrap().put().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"one two");
    }

    #[cfg(unix)]
    #[test]
    fn a_file_has_the_permissions_of_any_other() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let [mine, ordinary] = ["a", "b"].map(|name| folder.path().join(name));
        write_atomically(&mine, b"").unwrap();
        fs::write(&ordinary, "").unwrap();
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode();
        assert_eq!(mode(&mine), mode(&ordinary));
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_replaced_and_what_it_leads_to_stays() {
        let folder = tempfile::tempdir().unwrap();
        let [file, link] = ["file", "link"].map(|name| folder.path().join(name));
        fs::write(&file, "thesis").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        write_atomically(&link, b"new").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"thesis");
        assert!(link.symlink_metadata().unwrap().is_file());
    }

    #[test]
    fn only_unfinished_files_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let mine = ["old.part", ".recur-short.part", ".recur-abcDEF012345"];
        for name in mine.iter().chain(&[".recur-abcDEF012345.part"]) {
            fs::write(folder.path().join(name), "x").unwrap();
        }
        fs::create_dir(folder.path().join(".recur-abcDEF012346.part")).unwrap();
        remove_unfinished(folder.path());
        let mut left = [&mine[..], &[".recur-abcDEF012346.part"]].concat();
        left.sort_unstable();
        assert_eq!(names(folder.path()), left);
        remove_unfinished(&folder.path().join("none"));
    }
}
