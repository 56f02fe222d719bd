//! What a store has for processes on other machines: data sets after they were read, and the tasks of batch systems. None of
//! it is a result, and all of it is made again when it is needed.

use crate::error::StoreError;
use crate::files::{entries, size};
use crate::gc::{Removed, of};
use crate::layout::{JOBS, PREPARED, is_hex};
use crate::store::Store;
use std::path::PathBuf;

impl Store {
    /// The folder of the prepared data set that is called `name`, which need not exist.
    pub fn prepared(&self, name: &str) -> PathBuf {
        self.root().join(PREPARED).join(name)
    }

    /// Keeps the files of a prepared data set; `name` is made of digests, so that files that are there are the same.
    ///
    /// # Errors
    /// If they cannot be written.
    pub fn keep_prepared(&self, name: &str, files: &[(&str, &[u8])]) -> Result<(), StoreError> {
        let folder = self.prepared(name);
        for (file, bytes) in files {
            let path = folder.join(file);
            // One that was cut off has another length.
            if size(&path) != bytes.len() as u64 {
                self.write_file(&path, bytes)?;
            }
        }
        Ok(())
    }

    /// The folder with what the experiment called `name` has in batch systems, which need not exist.
    pub fn jobs(&self, name: &str) -> PathBuf {
        self.root().join(JOBS).join(name)
    }

    /// The prepared data sets: whoever lacks one reads its source.
    pub(crate) fn unneeded_prepared(&self, removed: &mut Vec<Removed>) -> Result<(), StoreError> {
        let is_ours = |name: &str| name.split('-').all(|digest| !digest.is_empty() && is_hex(digest));
        let folders = entries(&self.root().join(PREPARED))?;
        let ours = folders.into_iter().filter(|entry| entry.is_folder && is_ours(&entry.name));
        removed.extend(ours.map(|entry| of(entry.path, "it is made again when it is needed")));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::GcOptions;

    #[test]
    fn a_prepared_data_set_is_written_once_put_right_if_cut_and_removed_by_gc() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let files: [(&str, &[u8]); 2] = [("rows.parquet", b"rows"), ("alphabet.json", b"{}")];
        let path = store.prepared("ab12-cd").join("rows.parquet");
        for damage in [None, Some(&b"ro"[..])] {
            if let Some(cut) = damage {
                std::fs::write(&path, cut).unwrap();
            }
            store.keep_prepared("ab12-cd", &files).unwrap();
            assert_eq!(std::fs::read(&path).unwrap(), b"rows");
        }
        std::fs::create_dir_all(store.prepared("mine")).unwrap();
        let removed = store.gc(GcOptions::default(), false).unwrap();
        assert_eq!(removed.iter().map(|removed| removed.path.clone()).collect::<Vec<_>>(), [store.prepared("ab12-cd")]);
        assert!(!path.exists() && store.prepared("mine").exists());
        assert_eq!(store.check(|problem| panic!("{problem}")).unwrap().problems, 0);
    }
}
