//! Opening a store: nothing is changed in a folder before it is known to be one, or to be empty.

use crate::error::StoreError;
use crate::files::{create_folders, entries, exists, parse_json, read_small, sync_folder, unreadable, write_new};
use crate::fs::{self, Refused};
use crate::gate::{Gate, Listener, StoreEvent};
use crate::layout::{FOLDERS, STORE};
use crate::problem::{Fault, Problem};
use crate::scratch::{Scratch, remove_dead};
use crate::store::{Store, TRIES};
use serde::Deserialize;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

/// The version of the folder's layout and of its files.
pub(crate) const FORMAT: u32 = 8;

/// All of `store.json`.
fn format_file() -> String {
    format!("{{\"format\": {FORMAT}}}\n")
}

/// What a folder is, by its `store.json`.
enum Place {
    /// A store of the known format.
    Store,
    /// Missing, or empty but for an empty `store.json`: who was making one ended before it was written.
    Free,
    /// A folder of somebody's, with an entry of this name.
    Other { entry: String },
}

impl Store {
    /// Opens the store at `root` to write, and removes what dead processes of this machine left unfinished. Where there is no
    /// folder, or an empty one, a store is made.
    ///
    /// # Errors
    /// If the folder holds anything but a store, cannot be made or written, is damaged, or has another format.
    pub fn open(root: &Path) -> Result<Self, StoreError> {
        Self::open_with(root, Listener::default())
    }

    /// The same, and `listener` hears of what takes time.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn open_and_listen(
        root: &Path,
        listener: impl Fn(&StoreEvent) + Send + Sync + 'static,
    ) -> Result<Self, StoreError> {
        Self::open_with(root, Listener::new(listener))
    }

    pub(crate) fn open_with(root: &Path, listener: Listener) -> Result<Self, StoreError> {
        match place(root)? {
            Place::Store => {}
            Place::Free => make(root)?,
            Place::Other { entry } => return Err(StoreError::NotAStore { root: root.to_owned(), entry }),
        }
        check_folders(root)?;
        check_entries(root, "trials")?;
        let mut store = Self { root: root.to_owned(), scratch: None, listener, cleared: Arc::default() };
        let tmp = store.tmp();
        let gate = Gate::pass(&tmp, &store.listener)?;
        store.cleared = remove_dead(&tmp, &gate)?.into();
        let scratch = Scratch::new(&tmp, &gate)?;
        // The probe: a full disk or a limit is an error now, not after an hour of training.
        let file = scratch.path();
        write_new(&file, format_file().as_bytes())?;
        std::fs::remove_file(&file).map_err(StoreError::io("remove", &file))?;
        store.scratch = Some(Arc::new(scratch));
        Ok(store)
    }

    /// Opens the store at `root` to read; `None` where there is none. Nothing is written, now or later.
    ///
    /// # Errors
    /// If the store is damaged or has another format.
    pub fn open_to_read(root: &Path) -> Result<Option<Self>, StoreError> {
        Self::open_to_read_with(root, Listener::default())
    }

    /// The same, and `listener` hears of what takes time.
    ///
    /// # Errors
    /// As [`Store::open_to_read`].
    pub fn open_to_read_and_listen(
        root: &Path,
        listener: impl Fn(&StoreEvent) + Send + Sync + 'static,
    ) -> Result<Option<Self>, StoreError> {
        Self::open_to_read_with(root, Listener::new(listener))
    }

    fn open_to_read_with(root: &Path, listener: Listener) -> Result<Option<Self>, StoreError> {
        match place(root)? {
            Place::Free | Place::Other { .. } => Ok(None),
            Place::Store => {
                check_folders(root)?;
                Ok(Some(Self { root: root.to_owned(), scratch: None, listener, cleared: Arc::default() }))
            }
        }
    }
}

/// What the folder `root` is.
fn place(root: &Path) -> Result<Place, StoreError> {
    let path = root.join(STORE);
    let mut place = Place::Free;
    // Another process may be making a store just now: what was not there at first is looked for again.
    for _ in 0..TRIES {
        match read_small(&path) {
            Ok(bytes) if !bytes.is_empty() => return check_format(&path, &bytes).map(|()| Place::Store),
            Ok(_) | Err(Problem { fault: Fault::Missing, .. }) => {}
            Err(problem) => return Err(StoreError::Damaged(problem)),
        }
        let listed = entries(root)?;
        let other = listed.iter().find(|entry| entry.name != STORE);
        match other {
            None => return Ok(Place::Free),
            Some(other) => place = Place::Other { entry: other.name.clone() },
        }
        if !listed.iter().any(|entry| entry.name == STORE) {
            break;
        }
    }
    let has_trials = exists(&root.join("trials")).map_err(StoreError::Damaged)?;
    let is_empty_file = exists(&path).map_err(StoreError::Damaged)?;
    match place {
        _ if is_empty_file => Err(StoreError::Damaged(Problem::content(&path, "it is empty"))),
        Place::Other { .. } if has_trials => Err(StoreError::Damaged(Problem::new(&path, Fault::NoFormat))),
        place => Ok(place),
    }
}

fn check_format(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    #[derive(Deserialize)]
    struct FormatFile {
        format: u32,
    }
    let FormatFile { format: found } = parse_json(path, bytes).map_err(StoreError::Damaged)?;
    if found > FORMAT {
        return Err(StoreError::Format { path: path.to_owned(), found, known: FORMAT });
    }
    if found < FORMAT {
        return Err(StoreError::OlderFormat { path: path.to_owned(), found, known: FORMAT });
    }
    if bytes != format_file().as_bytes() {
        let problem = Problem::content(path, format!("expected {} and a line end", format_file().trim_end()));
        return Err(StoreError::Damaged(problem));
    }
    Ok(())
}

/// Makes an empty folder a store. Two processes that do so write the same bytes.
fn make(root: &Path) -> Result<(), StoreError> {
    create_folders(root)?;
    let path = root.join(STORE);
    let wrong = || StoreError::io("write", &path);
    let (mut file, _) = fs::open(&path, File::options().create(true).truncate(false).write(true)).map_err(wrong())?;
    file.write_all(format_file().as_bytes()).and_then(|()| file.sync_all()).map_err(wrong())?;
    sync_folder(root)
}

/// The folders of a store are folders, not links to elsewhere, and can be entered.
fn check_folders(root: &Path) -> Result<(), StoreError> {
    FOLDERS.iter().try_for_each(|name| check_folder(&root.join(name)))
}

fn check_entries(root: &Path, folder: &str) -> Result<(), StoreError> {
    let folders = entries(&root.join(folder))?;
    folders.iter().filter(|entry| entry.name.len() == 2).try_for_each(|entry| check_folder(&entry.path))
}

fn check_folder(path: &Path) -> Result<(), StoreError> {
    let wrong = |error| StoreError::Damaged(unreadable(path, &error));
    let Some(found) = fs::look(path).map_err(wrong)? else { return Ok(()) };
    if found.is_symlink() {
        return Err(wrong(Refused::Link.into()));
    }
    if !found.is_dir() {
        return Err(wrong(Refused::NoFolder.into()));
    }
    // Without leave to enter, everything within would look missing.
    fs::look(&path.join(".")).map_err(wrong).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(file: &str, reported: &str) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(STORE), file).unwrap();
        for error in [Store::open(folder.path()).unwrap_err(), Store::open_to_read(folder.path()).unwrap_err()] {
            let text = error.to_string();
            assert!(text.contains("store.json") && text.contains(reported), "{text}");
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing was written");
    }

    #[test]
    fn a_store_of_another_format_or_with_a_damaged_one_is_refused() {
        check(r#"{"format": 99, "shape": "another"}"#, "has store format 99, and this version of recur reads up to 8");
        check(
            r#"{"format": 6}"#,
            "its trials were made by an earlier recur; `recur experiment SPEC --store DIR` trains them again in another folder",
        );
        check("{", "is damaged: EOF");
        check(r#"{"format": 8}"#, "is damaged: expected {\"format\": 8}");
    }

    #[test]
    fn trials_without_a_format_are_not_taken_for_a_new_store() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("trials")).unwrap();
        let error = Store::open(folder.path()).unwrap_err().to_string();
        assert!(error.contains("store.json is missing, and there are trials next to it"), "{error}");
        std::fs::write(folder.path().join(STORE), "").unwrap();
        assert!(Store::open(folder.path()).unwrap_err().to_string().contains("store.json is damaged: it is empty"));
    }

    /// Everything under `folder` with its bytes.
    fn all(folder: &Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
        let mut found = Vec::new();
        for entry in entries(folder).unwrap() {
            match entry.is_folder {
                true => found.extend([(entry.path.clone(), vec![])].into_iter().chain(all(&entry.path))),
                false => found.push((entry.path.clone(), std::fs::read(&entry.path).unwrap())),
            }
        }
        found
    }

    #[test]
    fn a_folder_of_somebody_is_refused_and_left_as_it_is() {
        for files in [&["tmp/thesis/chapter.tex"][..], &["tmp/lock"], &["notes.txt", "tmp/a/lock"], &[".hidden"]] {
            let folder = tempfile::tempdir().unwrap();
            for file in files {
                let path = folder.path().join(file);
                create_folders(path.parent().unwrap()).unwrap();
                std::fs::write(path, "mine").unwrap();
            }
            let before = all(folder.path());
            let error = Store::open(folder.path()).unwrap_err();
            assert!(matches!(&error, StoreError::NotAStore { root, .. } if root == folder.path()), "{error}");
            assert!(Store::open_to_read(folder.path()).unwrap().is_none());
            assert_eq!(all(folder.path()), before);
        }
    }

    #[test]
    fn an_empty_folder_becomes_a_store_and_so_does_one_whose_making_was_cut_off() {
        let folder = tempfile::tempdir().unwrap();
        Store::open(folder.path()).unwrap();
        let cut = tempfile::tempdir().unwrap();
        std::fs::write(cut.path().join(STORE), "").unwrap();
        assert!(Store::open_to_read(cut.path()).unwrap().is_none());
        Store::open(cut.path()).unwrap();
        for folder in [folder, cut] {
            assert_eq!(std::fs::read(folder.path().join(STORE)).unwrap(), format_file().as_bytes());
        }
    }

    #[test]
    fn processes_that_make_one_store_at_once_all_get_it() {
        for _ in 0..20 {
            let folder = tempfile::tempdir().unwrap();
            let root = folder.path().join("runs");
            let barrier = std::sync::Barrier::new(4);
            std::thread::scope(|scope| {
                let open = || {
                    barrier.wait();
                    Store::open(&root).map(drop)
                };
                let threads = [(); 4].map(|()| scope.spawn(open));
                threads.into_iter().for_each(|thread| thread.join().unwrap().unwrap());
            });
        }
    }

    #[test]
    fn links_in_the_place_of_the_folders_are_refused_by_path_but_the_root_may_be_one() {
        let folder = tempfile::tempdir().unwrap();
        let [root, elsewhere, link] = ["runs", "elsewhere", "link"].map(|name| folder.path().join(name));
        drop(Store::open(&root).unwrap());
        create_folders(&elsewhere).unwrap();
        std::os::unix::fs::symlink(&root, &link).unwrap();
        drop(Store::open(&link).unwrap());
        for name in FOLDERS {
            let place = root.join(name);
            let _ = std::fs::remove_dir_all(&place);
            std::os::unix::fs::symlink(&elsewhere, &place).unwrap();
            for error in [Store::open(&root).unwrap_err(), Store::open_to_read(&root).unwrap_err()] {
                let text = error.to_string();
                assert!(text.contains(place.to_str().unwrap()) && text.contains("is a link"), "{text}");
            }
            std::fs::remove_file(&place).unwrap();
        }
        let shard = root.join("trials/ab");
        create_folders(shard.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(&elsewhere, &shard).unwrap();
        assert!(Store::open(&root).unwrap_err().to_string().contains("trials/ab cannot be read: it is a link"));
        assert_eq!(std::fs::read_dir(&elsewhere).unwrap().count(), 0);
    }

    #[test]
    fn a_file_in_the_place_of_the_folder_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("runs");
        std::fs::write(&file, "").unwrap();
        assert!(Store::open(&file).unwrap_err().to_string().contains("runs"));
    }

    #[test]
    fn opening_to_read_writes_nothing_and_writing_then_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("runs");
        assert!(Store::open_to_read(&root).unwrap().is_none());
        assert!(!root.exists());
        assert!(Store::open(&root).unwrap().can_write());
        let store = Store::open_to_read(&root).unwrap().unwrap();
        assert!(!store.can_write());
        assert!(matches!(store.write_file(&root.join("a"), b""), Err(StoreError::ReadOnly { .. })));
    }

    #[test]
    fn the_last_clone_clears_its_scratch_away() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let clone = store.clone();
        drop(store);
        clone.write_file(&folder.path().join("a"), b"x").unwrap();
        drop(clone);
        let left: Vec<String> = entries(&folder.path().join("tmp")).unwrap().into_iter().map(|e| e.name).collect();
        assert_eq!(left, ["lock"]);
    }
}
