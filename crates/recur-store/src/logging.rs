//! Who writes to the log of an experiment: each process that does has an empty file in its scratch, called by the experiment.
//! It is there as long as the process lives, or may live, and goes with its scratch however it ends.

use crate::error::StoreError;
use crate::fs;
use crate::gate::Gate;
use crate::scratch::{Scratched, all};
use crate::store::Store;
use recur_core::digest::Digest;
use std::fs::File;
use std::io::ErrorKind;

/// The file's name. An experiment's name may be as long as a file's name can be.
fn marker(name: &str) -> String {
    format!("logs-{}", Digest::of(name.as_bytes()))
}

impl Store {
    /// Shows others that this process writes to the log of the experiment called `name`.
    pub(crate) fn start_logging(&self, name: &str) -> Result<(), StoreError> {
        let path = self.scratch()?.file(&marker(name));
        match File::create_new(&path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
            made => made.map(drop).map_err(StoreError::io("write", &path)),
        }
    }

    /// Shows others that this process no longer does.
    pub(crate) fn end_logging(&self, name: &str) -> Result<(), StoreError> {
        let path = self.scratch()?.file(&marker(name));
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            removed => removed.map_err(StoreError::io("remove", &path)),
        }
    }

    /// Whether another process writes, or may write, to the log of the experiment called `name`.
    pub(crate) fn others_log(&self, name: &str, gate: &Gate) -> Result<bool, StoreError> {
        let (marker, mine) = (marker(name), self.scratch().ok());
        // Scratch that may not be looked into, another user's, counts.
        let logs = |folder: &std::path::Path| !matches!(fs::look_again(&folder.join(&marker)), Ok(None));
        let may_live = |seen: &Scratched| matches!(seen, Scratched::Live | Scratched::Elsewhere { .. });
        let others = all(&self.tmp(), gate)?;
        Ok(others.iter().any(|(path, seen)| may_live(seen) && !mine.is_some_and(|m| m.is(path)) && logs(path)))
    }

    /// Whether any process writes to it.
    pub(crate) fn is_logging(&self, name: &str) -> Result<bool, StoreError> {
        let marker = marker(name);
        let mine = self.scratch().is_ok_and(|scratch| scratch.file(&marker).exists());
        match self.gate_to_read() {
            Some(gate) => Ok(mine || self.others_log(name, &gate)?),
            None => Ok(mine),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::{ExperimentFiles, FoundExperiment};
    use crate::layout::{LOG, SUMS};
    use crate::sums::Sums;
    use std::io::Write as _;

    fn run(store: &Store) -> File {
        let log = store.open_log("names").unwrap();
        store
            .keep_experiment("names", &ExperimentFiles { resolved: "a: 1\n", rejects: b"", trials: &[], models: &[] })
            .unwrap();
        log
    }

    fn is_sealed(store: &Store) -> bool {
        Sums::read(&store.experiment("names")).unwrap().0.contains_key(LOG)
    }

    #[track_caller]
    fn assert_sound(store: &Store) {
        let mut problems = Vec::new();
        store.check(|problem| problems.push(problem.clone())).unwrap();
        assert_eq!(problems, []);
        assert!(matches!(store.find_experiment("names"), FoundExperiment::Experiment(_)));
    }

    #[test]
    fn of_two_runs_the_last_to_end_seals_the_log_and_it_is_sound_all_along() {
        let folder = tempfile::tempdir().unwrap();
        let [first, second] = [(); 2].map(|()| Store::open(folder.path()).unwrap());
        let (mut one, mut two) = (run(&first), run(&second));
        one.write_all(b"1\n").unwrap();
        first.seal_log("names").unwrap();
        two.write_all(b"2\n").unwrap();
        assert!(!is_sealed(&first));
        assert_sound(&first);
        // Within a line.
        two.write_all(b"{\"a\":").unwrap();
        let reader = Store::open_to_read(folder.path()).unwrap().unwrap();
        assert_sound(&reader);
        // A third run leaves that line as it is.
        let third = Store::open(folder.path()).unwrap();
        run(&third);
        two.write_all(b"3}\n").unwrap();
        third.seal_log("names").unwrap();
        assert_sound(&reader);
        second.seal_log("names").unwrap();
        assert!(is_sealed(&first));
        assert_sound(&reader);
        assert_eq!(std::fs::read(first.log_path("names")).unwrap(), b"1\n2\n{\"a\":3}\n");
    }

    #[test]
    fn a_run_that_was_killed_keeps_nobody_from_sealing() {
        let folder = tempfile::tempdir().unwrap();
        let [first, second] = [(); 2].map(|()| Store::open(folder.path()).unwrap());
        let (_one, _two) = (run(&first), run(&second));
        drop(second);
        first.seal_log("names").unwrap();
        assert!(is_sealed(&first));
        assert_sound(&first);
        assert!(folder.path().join("experiments/names").join(SUMS).is_file());
    }
}
