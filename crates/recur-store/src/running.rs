//! What processes train into a store now: each has the file [`RUNNING`] in its scratch, and beside it the log of each trial that
//! it trains. Both go with the scratch. They are written without being flushed, and no result depends on them.

use crate::error::StoreError;
use crate::files::{entries, json};
use crate::fs::{self, MAX_SMALL};
use crate::layout::{RUNNING, running_log};
use crate::machine::Machine;
use crate::scratch::{Life, life};
use crate::store::Store;
use recur_core::trial::TrialId;
use serde::{Deserialize, Serialize};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The version of [`RUNNING`].
const FORMAT: u32 = 1;

/// What a process trains into a store now.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Running {
    /// The experiment's name, where it is known.
    pub experiment: Option<String>,
    /// Where the process runs, in words of who started it, such as a cluster's job.
    pub place: Option<String>,
    /// When the process began to train, in seconds since 1970 by the clock of its machine.
    pub started_unix: u64,
    /// When this was written, by the same clock.
    pub written_unix: u64,
    /// Trials that it has kept so far.
    pub n_kept: u64,
    /// The trials that it trains, in order of id.
    pub trials: Vec<RunningTrial>,
}

/// A trial that is being trained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunningTrial {
    /// The trial.
    pub id: TrialId,
    /// Its configuration, in words.
    pub title: String,
    /// Its model's id.
    pub model: String,
    /// From 0.
    pub replicate: u32,
    /// Epochs that are done.
    pub epochs_done: u32,
    /// Epochs that it trains at most.
    pub n_epochs: u32,
    /// The key of the metric that `validation` is of.
    pub metric: String,
    /// The metric on the validation rows after the last epoch, once there is one; none where it is NaN or infinite.
    pub validation: Option<f64>,
    /// When this process started it, in seconds since 1970.
    pub started_unix: u64,
    /// Whether it went on from a checkpoint.
    pub resumed: bool,
}

/// All of [`RUNNING`].
#[derive(Serialize, Deserialize)]
struct Written {
    recur_running: u32,
    host: String,
    pid: u32,
    experiment: Option<String>,
    place: Option<String>,
    started_unix: u64,
    written_unix: u64,
    n_kept: u64,
    trials: Vec<RunningTrial>,
}

/// A process that trains into a store, or did so when it ended.
#[derive(Clone, Debug, PartialEq)]
pub struct RunningProcess {
    /// Its machine.
    pub host: String,
    /// Its process id there.
    pub pid: u32,
    /// Whether it lives.
    pub life: Life,
    /// What it trains; none where its file is damaged or of another version of recur.
    pub running: Option<Running>,
    folder: PathBuf,
}

impl RunningProcess {
    /// Where the log of a trial is, a JSON object a line, as long as the process trains it.
    pub fn log_path(&self, trial: &TrialId) -> PathBuf {
        self.folder.join(running_log(trial.as_str()))
    }
}

impl Store {
    /// Shows other processes what this one trains, instead of what it showed before. They never see half of it.
    ///
    /// # Errors
    /// If the store was opened to read, or the file cannot be written.
    pub fn show_running(&self, running: &Running) -> Result<(), StoreError> {
        let scratch = self.scratch()?;
        let (new, path) = (scratch.path(), scratch.file(RUNNING));
        let Running { experiment, place, started_unix, written_unix, n_kept, trials } = running.clone();
        let (host, pid) = (Machine::here().host.clone(), std::process::id());
        let recur_running = FORMAT;
        let written =
            Written { recur_running, host, pid, experiment, place, started_unix, written_unix, n_kept, trials };
        let shown = std::fs::write(&new, json(&written)).and_then(|()| fs::rename(&new, &path, || false));
        if shown.is_err() {
            let _ = std::fs::remove_file(&new);
        }
        shown.map_err(StoreError::io("write", &path))
    }

    /// Shows other processes that this one trains nothing any more.
    ///
    /// # Errors
    /// If the store was opened to read, or the file cannot be removed.
    pub fn end_running(&self) -> Result<(), StoreError> {
        let path = self.scratch()?.file(RUNNING);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            removed => removed.map_err(StoreError::io("remove", &path)),
        }
    }

    /// The folder where this process writes the logs of the trials that it trains: [`running_log`] names the files.
    ///
    /// # Errors
    /// If the store was opened to read.
    pub fn running_folder(&self) -> Result<PathBuf, StoreError> {
        Ok(self.scratch()?.folder().to_owned())
    }

    /// The processes that train into the store, by machine; and those of this machine that ended without removing what they
    /// showed. A file that is damaged, or vanishes meanwhile, is no error. Nothing is written.
    ///
    /// # Errors
    /// If the folder of scratch cannot be read.
    pub fn running(&self) -> Result<Vec<RunningProcess>, StoreError> {
        let listed = self.entries(&self.tmp())?;
        Ok(listed.iter().filter(|entry| entry.is_folder).filter_map(|entry| read(&entry.path, &entry.name)).collect())
    }

    /// Where the logs are that processes write of `trial`, and whether each lives: what one that ended left may be there, too.
    ///
    /// # Errors
    /// If the folder of scratch cannot be read.
    pub fn running_logs(&self, trial: &TrialId) -> Result<Vec<(PathBuf, Life)>, StoreError> {
        let logs = self.running()?.into_iter().map(|process| (process.log_path(trial), process.life));
        Ok(logs.filter(|(path, _)| matches!(fs::look(path), Ok(Some(found)) if found.is_file())).collect())
    }

    /// The ids that begin with `prefix` of trials that processes train or log, or did so when they ended, sorted.
    ///
    /// # Errors
    /// If the folder of scratch cannot be read.
    pub fn running_of_prefix(&self, prefix: &str) -> Result<Vec<TrialId>, StoreError> {
        let mut ids: Vec<TrialId> = Vec::new();
        for process in &self.running()? {
            ids.extend(process.running.iter().flat_map(|running| &running.trials).map(|trial| trial.id.clone()));
            let logged = entries(&process.folder).unwrap_or_default();
            ids.extend(logged.iter().filter_map(|entry| crate::layout::trial_of_running_log(&entry.name)));
        }
        ids.retain(|id| id.as_str().starts_with(prefix));
        ids.sort();
        ids.dedup();
        Ok(ids)
    }
}

/// The process that the scratch `folder` is of, where it trains.
fn read(folder: &Path, name: &str) -> Option<RunningProcess> {
    let bytes = match fs::read(&folder.join(RUNNING), MAX_SMALL) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return None,
        // Another user's, or no file: that a process trains is known all the same.
        Err(_) => Vec::new(),
    };
    // A folder that is not recur's is nobody's process.
    let (host, pid, life) = life(folder, name)?;
    let written = serde_json::from_slice::<Written>(&bytes).ok().filter(|it| it.recur_running == FORMAT);
    let running = written.map(|Written { experiment, place, started_unix, written_unix, n_kept, trials, .. }| {
        let is_id = |trial: &RunningTrial| crate::layout::trial_id(trial.id.as_str()).is_some();
        let trials = trials.into_iter().filter(is_id).collect();
        Running { experiment, place, started_unix, written_unix, n_kept, trials }
    });
    Some(RunningProcess { host, pid, life, running, folder: folder.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::id;
    use std::os::unix::fs::symlink;

    fn trial(seed: u64) -> RunningTrial {
        RunningTrial {
            id: id(seed),
            title: "m(size=4)".into(),
            model: "m".into(),
            replicate: 1,
            epochs_done: 2,
            n_epochs: 5,
            metric: "macro_f1".into(),
            validation: Some(0.5),
            started_unix: 10,
            resumed: true,
        }
    }

    fn running() -> Running {
        let trials = vec![trial(0), RunningTrial { validation: None, ..trial(1) }];
        let (experiment, place) = (Some("names".into()), Some("job 7".into()));
        Running { experiment, place, started_unix: 9, written_unix: 12, n_kept: 3, trials }
    }

    /// A store with a process that shows what it trains, and the folder of that process.
    fn shown() -> (tempfile::TempDir, Store, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        store.show_running(&running()).unwrap();
        let scratch = store.running_folder().unwrap();
        (folder, store, scratch)
    }

    /// What a reader sees that opened the store to read.
    fn seen(folder: &tempfile::TempDir) -> Vec<RunningProcess> {
        Store::open_to_read(folder.path()).unwrap().unwrap().running().unwrap()
    }

    #[test]
    fn what_a_live_process_trains_comes_back_until_it_ends() {
        let (folder, store, _) = shown();
        let [process] = &seen(&folder)[..] else { panic!() };
        assert_eq!(process.running, Some(running()));
        assert_eq!((process.pid, process.life), (std::process::id(), Life::Alive));
        store.show_running(&Running::default()).unwrap();
        assert_eq!(seen(&folder)[0].running, Some(Running::default()));
        let left: Vec<_> = entries(&store.running_folder().unwrap()).unwrap().into_iter().map(|e| e.name).collect();
        assert_eq!(left, ["lock", "owner.json", "running.json"]);
        store.end_running().unwrap();
        store.end_running().unwrap();
        assert_eq!(seen(&folder), []);
    }

    /// The lock of a process that ended is free, and that of another machine is not asked.
    #[test]
    fn a_process_that_ended_is_distinguished_from_one_of_another_machine() {
        let (folder, store, scratch) = shown();
        let aside = folder.path().join("aside");
        std::fs::rename(&scratch, &aside).unwrap();
        drop(store);
        std::fs::rename(&aside, &scratch).unwrap();
        assert_eq!(seen(&folder).iter().map(|process| process.life).collect::<Vec<_>>(), [Life::Ended]);
        let name = scratch.file_name().unwrap().to_str().unwrap();
        let other = name.replacen(&Machine::here().host, "elsewhere", 1);
        std::fs::rename(&scratch, folder.path().join("tmp").join(&other)).unwrap();
        let path = folder.path().join("tmp").join(&other).join("owner.json");
        let owner = std::fs::read_to_string(&path).unwrap().replace(&Machine::here().host, "elsewhere");
        std::fs::write(&path, owner).unwrap();
        let [process] = &seen(&folder)[..] else { panic!() };
        assert_eq!((process.life, process.host.as_str()), (Life::Unknown, "elsewhere"));
        assert_eq!(process.running, Some(running()));
    }

    #[test]
    fn a_file_that_cannot_be_used_hides_no_process_and_no_stray_is_one() {
        let (folder, store, scratch) = shown();
        let path = scratch.join(RUNNING);
        let whole = std::fs::read_to_string(&path).unwrap();
        let other_format = whole.replace("\"recur_running\": 1", "\"recur_running\": 2");
        let other_id = whole.replace(id(0).as_str(), "../../../etc/passwd/and/some/more");
        let large = " ".repeat(MAX_SMALL as usize + 1);
        for bytes in ["", "{", "[]", &whole[..whole.len() / 2], &other_format, &other_id, &large] {
            std::fs::write(&path, bytes).unwrap();
            let [process] = &seen(&folder)[..] else { panic!("{bytes}") };
            assert_eq!(process.life, Life::Alive);
            assert!(process.running.as_ref().is_none_or(|it| it.trials == [running().trials[1].clone()]), "{bytes}");
        }
        std::fs::remove_file(&path).unwrap();
        symlink(folder.path().join("store.json"), &path).unwrap();
        assert_eq!(seen(&folder)[0].running, None);
        drop(store);
        let stray = folder.path().join("tmp/thesis");
        std::fs::create_dir(&stray).unwrap();
        std::fs::write(stray.join(RUNNING), &whole).unwrap();
        symlink(&stray, folder.path().join("tmp/link")).unwrap();
        assert_eq!(seen(&folder), []);
    }

    #[test]
    fn a_running_trial_is_found_by_the_beginning_of_its_id_and_so_is_its_log() {
        let (folder, store, scratch) = shown();
        let reader = Store::open_to_read(folder.path()).unwrap().unwrap();
        assert!(reader.running_logs(&id(0)).unwrap().is_empty());
        let log = scratch.join(running_log(id(2).as_str()));
        std::fs::write(&log, "").unwrap();
        assert_eq!(reader.running_logs(&id(2)).unwrap(), [(log, Life::Alive)]);
        assert_eq!(reader.running_of_prefix("").unwrap().len(), 3);
        for seed in [0, 2] {
            assert_eq!(reader.running_of_prefix(&id(seed).as_str()[..6]).unwrap(), [id(seed)]);
        }
        drop(store);
        assert_eq!(reader.running_of_prefix("").unwrap(), []);
    }
}
