//! Where, when and with which code a trial ran: kept next to its result, never compared.

use crate::error::StoreError;
use crate::files::read;
use crate::problem::{Fault, Problem};
use crate::store::Store;
use recur_core::digest::Digest;
use serde::{Deserialize, Serialize};

/// Where and when a trial ran: all of `environment.json`. Fields of a later version are passed over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Environment {
    /// Version of recur.
    pub recur: String,
    /// The code that ran.
    pub code: CodeState,
    /// Operating system and CPU architecture.
    pub platform: String,
    /// The CPU's own name.
    pub cpu: String,
    /// What must be equal for models of grade `machine` to give equal bytes.
    pub machine_kind: String,
    /// Instruction set of the kernels.
    pub instruction_set: String,
    /// The machine's name.
    pub host: String,
    /// Trials that ran at once.
    pub jobs: usize,
    /// When the process that finished the trial began with it, in seconds since 1970.
    pub started_unix: u64,
    /// When the trial's record was written, in seconds since 1970.
    pub finished_unix: u64,
    /// Seconds that this process spent on it.
    pub seconds: f64,
    /// Whether it went on from a checkpoint.
    pub resumed: bool,
}

/// The code that ran.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeState {
    /// The commit it was built from, where that is known.
    pub commit: Option<String>,
    /// The digest of the changes on top of it, which are in `diffs/`; `None` if there were none or they are not known.
    pub uncommitted: Option<Digest>,
    /// The digest of `Cargo.lock`.
    pub cargo_lock: String,
    /// The compiler, as `rustc --version` prints it.
    pub rustc: String,
}

impl Store {
    /// Keeps a diff of uncommitted changes, once however often it is given, and returns its name.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn keep_diff(&self, diff: &str) -> Result<Digest, StoreError> {
        let digest = Digest::of(diff.as_bytes());
        let path = self.diff_path(&digest);
        self.no_link(&path).map_err(StoreError::Damaged)?;
        if read(&path).is_ok_and(|bytes| bytes == diff.as_bytes()) {
            return Ok(digest);
        }
        self.write_file(&path, diff.as_bytes()).map(|()| digest)
    }

    /// The diff that is called by `digest`, compared with it.
    pub(crate) fn diff(&self, digest: &Digest) -> Result<Vec<u8>, Problem> {
        let path = self.diff_path(digest);
        self.no_link(&path)?;
        let bytes = read(&path)?;
        if Digest::of(&bytes) == *digest {
            return Ok(bytes);
        }
        Err(Problem::new(&path, Fault::NotItsName { expected: digest.clone() }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diff_is_kept_once_and_put_right_if_damaged() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let digest = store.keep_diff("+ a\n").unwrap();
        let path = store.diff_path(&digest);
        std::fs::write(&path, "+ b\n").unwrap();
        assert_eq!(store.keep_diff("+ a\n").unwrap(), digest);
        assert_eq!(std::fs::read(&path).unwrap(), b"+ a\n");
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn fields_of_a_later_version_are_passed_over() {
        let code = r#"{"commit": null, "uncommitted": null, "cargo_lock": "", "rustc": "", "new": 1}"#;
        let json = format!(
            r#"{{"recur": "9", "code": {code}, "platform": "", "cpu": "", "machine_kind": "", "instruction_set": "",
                "host": "", "jobs": 1, "started_unix": 0, "finished_unix": 0, "seconds": 0.5, "resumed": true, "new": []}}"#
        );
        assert!(serde_json::from_str::<Environment>(&json).unwrap().resumed);
    }
}
