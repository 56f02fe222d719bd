//! An experiment's folder: its spec, the rows that were no use, its trials and its log. Results are looked up by trial.
//!
//! Unlike a trial's folder it is written again by each run of the experiment. `SHA256SUMS` is taken away first and comes
//! back last, so that a folder that was left half written is known. Two processes that run one experiment take turns. Both add
//! lines to one log: a process that does so has a file in its scratch (see [`Store::open_log`]), and the last one to end adds the
//! log's digest to `SHA256SUMS`.

use crate::error::StoreError;
use crate::files::{exists, sync_folder};
use crate::fs::{self, MAX_BYTES};
use crate::layout::{LOG, MODELS, REJECTS, RESOLVED, SUMS, TRIALS, trial_id};
use crate::lookup::is_there;
use crate::problem::{Fault, Problem};
use crate::store::Store;
use crate::sums::{Files, Sums};
use recur_core::declared::DeclaredModel;
use recur_core::digest::Digest;
use recur_core::spreadsheet;
use recur_core::trial::TrialId;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Component, Path};

/// Bytes that `models.json` may have to be read.
const MAX_MODELS: u64 = 16 << 20;

/// Bytes of a log that are read at once.
const PART: usize = 1 << 16;

/// What is kept of an experiment.
#[derive(Clone, Copy, Debug)]
pub struct ExperimentFiles<'a> {
    /// The spec with every default filled in, as YAML.
    pub resolved: &'a str,
    /// The rows that could not be used, as CSV.
    pub rejects: &'a [u8],
    /// Its trials, in the order of the plan.
    pub trials: &'a [ExperimentTrial],
    /// What its models declare.
    pub models: &'a [DeclaredModel],
}

/// A row of `trials.csv`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExperimentTrial {
    /// The configuration, in words.
    pub configuration: String,
    /// From 0.
    pub replicate: u32,
    /// After how many epochs halving stopped it.
    #[serde(default)]
    pub stop_after: Option<u32>,
    /// What it costs to train it from its start to its end, in about as many multiplications; only the ratio of two costs means
    /// something. `None` where that is unknown, and in lists of earlier versions.
    #[serde(default)]
    pub cost: Option<u64>,
    /// The name of the folder that the store keeps it in.
    pub id: TrialId,
}

/// What the store has of an experiment.
#[derive(Clone, Debug, PartialEq)]
pub enum FoundExperiment {
    /// Its spec and its trials; every file next to them was checked.
    Experiment(Box<StoredExperiment>),
    /// The store has none of its files.
    Missing,
    /// Something that cannot be used: the experiment has to be run again, which trains nothing that is there.
    Damaged(Problem),
}

/// An experiment, as it is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredExperiment {
    /// The spec with every default filled in, as YAML.
    pub resolved: String,
    /// Its trials, in the order of the plan of its last run.
    pub trials: Vec<ExperimentTrial>,
    /// What its models declared then: with it the results of a model can be read whose plugin is gone.
    pub models: Vec<DeclaredModel>,
}

impl Store {
    /// Opens the log of the experiment called `name` to append to it; a last line that was cut is taken off, unless another
    /// process is writing to it.
    ///
    /// # Errors
    /// If the file cannot be written, or `name` is no folder's name.
    pub fn open_log(&self, name: &str) -> Result<File, StoreError> {
        let folder = self.experiment_folder(name)?;
        let gate = self.gate()?;
        self.create_folder(&folder)?;
        self.expect_files(&folder)?;
        let path = folder.join(LOG);
        let wrong = || StoreError::io("write", &path);
        let (mut log, _) = fs::open(&path, File::options().create(true).read(true).append(true)).map_err(wrong())?;
        self.start_logging(name)?;
        self.list_log(&folder, None)?;
        if self.others_log(name, &gate)? {
            return Ok(log);
        }
        let (length, whole) = whole_lines(&mut log).map_err(StoreError::io("read", &path))?;
        if whole < length {
            log.set_len(whole).map_err(wrong())?;
        }
        log.seek(SeekFrom::End(0)).map_err(wrong())?;
        Ok(log)
    }

    /// Keeps the files of the experiment called `name` instead of those of an earlier run. Equal ones are left as they are.
    ///
    /// # Errors
    /// If they cannot be written, or `name` is no folder's name.
    pub fn keep_experiment(&self, name: &str, files: &ExperimentFiles<'_>) -> Result<(), StoreError> {
        let folder = self.experiment_folder(name)?;
        let _gate = self.gate()?;
        let files = Files::from([
            (RESOLVED.to_owned(), files.resolved.as_bytes().to_owned()),
            (REJECTS.to_owned(), files.rejects.to_owned()),
            (TRIALS.to_owned(), render_trials(files.trials)),
            (MODELS.to_owned(), render_models(files.models)),
        ]);
        if Sums::read_folder(&folder).is_ok_and(|(_, there)| there == files) {
            return Ok(());
        }
        self.create_folder(&folder)?;
        self.expect_files(&folder)?;
        let sums = folder.join(SUMS);
        if exists(&sums).map_err(StoreError::Damaged)? {
            std::fs::remove_file(&sums).map_err(StoreError::io("replace", &sums))?;
            sync_folder(&folder)?;
        }
        for (file, bytes) in &files {
            self.write_file(&folder.join(file), bytes)?;
        }
        self.write_file(&sums, Sums::of(&files).render().as_bytes())
    }

    /// Adds the log's digest to those of the folder: the run has ended, and its log is whole. While another process writes to the
    /// log, that is left to it.
    ///
    /// # Errors
    /// If the log cannot be read or the digest not be written, or `name` is no folder's name.
    pub fn seal_log(&self, name: &str) -> Result<(), StoreError> {
        let folder = self.experiment_folder(name)?;
        let gate = self.gate()?;
        let path = folder.join(LOG);
        self.no_link(&path).map_err(StoreError::Damaged)?;
        let (log, _) = fs::open(&path, File::options().read(true)).map_err(StoreError::io("read", &path))?;
        log.sync_all().map_err(StoreError::io("flush", &path))?;
        self.end_logging(name)?;
        if self.others_log(name, &gate)? {
            return Ok(());
        }
        // One that is larger than any file that is read stays unlisted, as that of a run that goes on.
        let digest = digest_of(log).map_err(StoreError::io("read", &path))?;
        self.list_log(&folder, digest)
    }

    /// Looks up the experiment called `name` and checks its folder.
    pub fn find_experiment(&self, name: &str) -> FoundExperiment {
        match self.steadily(|| self.look_up_experiment(name)) {
            Ok(Some(found)) => FoundExperiment::Experiment(Box::new(found)),
            Ok(None) => FoundExperiment::Missing,
            Err(problem) => FoundExperiment::Damaged(problem),
        }
    }

    /// The same without the rows that were no use and the log, which may be large: only what is given is read and checked.
    pub fn find_listing(&self, name: &str) -> FoundExperiment {
        let look = || {
            let folder = self.experiment(name);
            self.no_link(&folder)?;
            read_files(&folder, |sums, folder| {
                let listed = [RESOLVED, TRIALS, MODELS].into_iter().filter(|name| sums.0.contains_key(*name));
                listed.map(|name| Ok((name.to_owned(), sums.read_file(folder, name)?))).collect()
            })
        };
        match self.steadily(look) {
            Ok(Some(found)) => FoundExperiment::Experiment(Box::new(found)),
            Ok(None) => FoundExperiment::Missing,
            Err(problem) => FoundExperiment::Damaged(problem),
        }
    }

    /// Reads the folder of the experiment called `name`, now and as it is; nothing where there is none.
    pub(crate) fn look_up_experiment(&self, name: &str) -> Result<Option<StoredExperiment>, Problem> {
        let folder = self.experiment(name);
        self.no_link(&folder)?;
        read_experiment(&folder)
    }

    /// The names of all experiments, sorted.
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub fn experiments(&self) -> Result<Vec<String>, StoreError> {
        let listed = self.entries(&self.root().join("experiments"))?;
        Ok(listed.into_iter().filter(|entry| entry.is_folder).map(|entry| entry.name).collect())
    }

    /// What the models of all experiments declared at their last runs: enough to read results of a model whose plugin is gone.
    /// Those of the experiment called `first` come first, as other experiments may have had other versions. What is damaged or
    /// cannot be read is left out.
    ///
    /// # Errors
    /// If the folder of experiments cannot be read.
    pub fn declared_models(&self, first: Option<&str>) -> Result<Vec<DeclaredModel>, StoreError> {
        let mut names = self.experiments()?;
        names.sort_by_key(|name| Some(name.as_str()) != first);
        Ok(names.into_iter().filter_map(|name| declared_in(&self.experiment(&name))).flatten().collect())
    }

    /// Lists the log's digest, or no longer lists it.
    fn list_log(&self, folder: &Path, digest: Option<Digest>) -> Result<(), StoreError> {
        // What is missing or damaged stays so, for `check` to tell.
        let Ok(mut sums) = Sums::read(folder) else { return Ok(()) };
        let before = sums.clone();
        match digest {
            Some(digest) => sums.0.insert(LOG.to_owned(), digest),
            None => sums.0.remove(LOG),
        };
        if sums == before { Ok(()) } else { self.write_file(&folder.join(SUMS), sums.render().as_bytes()) }
    }

    /// Refuses whatever is not a regular file in the place of one.
    fn expect_files(&self, folder: &Path) -> Result<(), StoreError> {
        [SUMS, RESOLVED, REJECTS, TRIALS, MODELS, LOG].iter().try_for_each(|name| {
            let path = folder.join(name);
            fs::expect_file(&path).map_err(StoreError::io("write", &path))
        })
    }

    fn experiment_folder(&self, name: &str) -> Result<std::path::PathBuf, StoreError> {
        let mut parts = Path::new(name).components();
        match (parts.next(), parts.next()) {
            (Some(Component::Normal(part)), None) if part == name => Ok(self.experiment(name)),
            _ => Err(StoreError::ExperimentName { name: name.to_owned() }),
        }
    }
}

fn declared_in(folder: &Path) -> Option<Vec<DeclaredModel>> {
    let text = fs::read(&folder.join(MODELS), MAX_MODELS).ok()?;
    let is_whole = Sums::read(folder).is_ok_and(|sums| sums.0.get(MODELS) == Some(&Digest::of(&text)));
    is_whole.then(|| serde_json::from_slice(&text).ok())?
}

/// The length of a log, and that of its whole lines: its end is looked at first.
fn whole_lines(log: &mut File) -> std::io::Result<(u64, u64)> {
    let length = log.seek(SeekFrom::End(0))?;
    let (mut end, mut part) = (length, vec![0; PART]);
    while end > 0 {
        let start = end.saturating_sub(PART as u64);
        let part = &mut part[..(end - start) as usize];
        log.seek(SeekFrom::Start(start))?;
        log.read_exact(part)?;
        if let Some(at) = part.iter().rposition(|byte| *byte == b'\n') {
            return Ok((length, start + at as u64 + 1));
        }
        end = start;
    }
    Ok((length, 0))
}

/// The digest of a log, which is never in memory as a whole; none if it is too large to be read again.
fn digest_of(log: File) -> std::io::Result<Option<Digest>> {
    if log.metadata()?.len() > MAX_BYTES {
        return Ok(None);
    }
    Digest::of_reader(log).map(Some)
}

fn render_trials(trials: &[ExperimentTrial]) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
    let in_memory = "a row can be written to memory";
    writer.write_record(["configuration", "replicate", "stop_after", "cost", "id"]).expect(in_memory);
    for trial in trials {
        // A configuration begins with the id of its model, which no spreadsheet takes for a formula. Were it otherwise, the
        // title that is read back would differ by an apostrophe: it is for reading, and nothing is looked up by it.
        let title = spreadsheet::cell(&trial.configuration);
        let stop_after = trial.stop_after.map_or_else(String::new, |epochs| epochs.to_string());
        let cost = trial.cost.map_or_else(String::new, |cost| cost.to_string());
        let row = [&*title, &trial.replicate.to_string(), &stop_after, &cost, trial.id.as_str()];
        writer.write_record(row).expect(in_memory);
    }
    writer.into_inner().expect(in_memory)
}

fn render_models(models: &[DeclaredModel]) -> Vec<u8> {
    let mut text = serde_json::to_vec_pretty(models).expect("a declaration can be written to memory");
    text.push(b'\n');
    text
}

/// Reads an experiment's folder and checks it; nothing where there is none, or only the log of a run that kept nothing. The
/// log of a run that goes on, or was cut off, is not listed.
pub(crate) fn read_experiment(folder: &Path) -> Result<Option<StoredExperiment>, Problem> {
    read_files(folder, |sums, folder| sums.read_all(folder))
}

/// The experiment in `folder`, of which `read` gives the files that are needed, each compared with its digest.
fn read_files(
    folder: &Path,
    read: impl FnOnce(&Sums, &Path) -> Result<Files, Problem>,
) -> Result<Option<StoredExperiment>, Problem> {
    let found = [SUMS, RESOLVED, REJECTS, TRIALS].map(|name| is_there(&folder.join(name)));
    if !found.into_iter().collect::<Result<Vec<bool>, _>>()?.contains(&true) {
        return Ok(None);
    }
    let half_written = |problem: Problem| match problem.fault {
        Fault::Missing => Problem::new(&problem.path, Fault::HalfWritten),
        _ => problem,
    };
    let sums = Sums::read(folder).map_err(half_written)?;
    let files = read(&sums, folder).map_err(half_written)?;
    for name in [RESOLVED, REJECTS, TRIALS] {
        if !sums.0.contains_key(name) {
            return Err(Problem::content(&folder.join(SUMS), format!("it does not list {name}")));
        }
    }
    let path = folder.join(RESOLVED);
    let resolved = String::from_utf8(files[RESOLVED].clone()).map_err(|error| Problem::content(&path, error))?;
    let path = folder.join(TRIALS);
    let rows = csv::Reader::from_reader(&files[TRIALS][..]).into_deserialize();
    let trials: Vec<ExperimentTrial> =
        rows.collect::<Result<_, _>>().map_err(|error| Problem::content(&path, error))?;
    // Runs of earlier versions kept none, and later ones may keep others: no result needs them but those of a plugin that
    // is gone.
    let models = files.get(MODELS).and_then(|text| serde_json::from_slice(text).ok()).unwrap_or_default();
    match trials.iter().find(|trial| trial_id(trial.id.as_str()).is_none()) {
        Some(trial) => Err(Problem::content(&path, format!("`{}` is no trial's id", trial.id))),
        None => Ok(Some(StoredExperiment { resolved, trials, models })),
    }
}

/// Checks that a log is JSON lines.
pub(crate) fn check_log(path: &Path, text: &[u8]) -> Result<(), Problem> {
    for (index, line) in text.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let line_number = index + 1;
        if !line.ends_with(b"\n") {
            return Err(Problem::new(path, Fault::CutLog { line: line_number }));
        }
        if serde_json::from_slice::<serde::de::IgnoredAny>(line).is_err() {
            return Err(Problem::new(path, Fault::LogLine { line: line_number }));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;
    use std::io::Write as _;

    fn trials() -> Vec<ExperimentTrial> {
        let trial = |n: u32| ExperimentTrial {
            configuration: "m \"a\", b".into(),
            replicate: n,
            stop_after: (n > 0).then_some(n),
            cost: (n > 0).then_some(u64::MAX),
            id: samples::id(n.into()),
        };
        (0..2).map(trial).collect()
    }

    fn store() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let files = ExperimentFiles { resolved: "a: 1\n", rejects: b"file\n", trials: &trials(), models: &[] };
        store.keep_experiment("names", &files).unwrap();
        (folder, store)
    }

    fn found(store: &Store) -> StoredExperiment {
        match store.find_experiment("names") {
            FoundExperiment::Experiment(found) => *found,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_experiment_comes_back_as_it_was() {
        let (_folder, store) = store();
        assert_eq!(found(&store), StoredExperiment { resolved: "a: 1\n".into(), trials: trials(), models: vec![] });
        assert_eq!(store.experiments().unwrap(), ["names"]);
        assert_eq!(store.find_experiment("others"), FoundExperiment::Missing);
        store.open_log("others").unwrap();
        assert_eq!(store.find_experiment("others"), FoundExperiment::Missing);
        let none = ExperimentFiles { resolved: "b: 1\n", rejects: b"file\n", trials: &[], models: &[] };
        store.keep_experiment("names", &none).unwrap();
        assert_eq!(found(&store), StoredExperiment { resolved: "b: 1\n".into(), trials: vec![], models: vec![] });
    }

    #[test]
    fn a_log_is_listed_from_the_end_of_a_run_to_the_start_of_the_next() {
        let (_folder, store) = store();
        let listed = || Sums::read(&store.experiment("names")).unwrap().0.contains_key(LOG);
        store.open_log("names").unwrap().write_all(b"{}\n{\"cut").unwrap();
        assert!(!listed());
        let mut log = store.open_log("names").unwrap();
        log.write_all(b"[]\n").unwrap();
        store.seal_log("names").unwrap();
        assert!(listed());
        assert_eq!(std::fs::read(store.log_path("names")).unwrap(), b"{}\n[]\n");
        std::fs::write(store.log_path("names"), b"{}\n{}\n").unwrap();
        assert!(matches!(store.find_experiment("names"), FoundExperiment::Damaged(p) if p.path.ends_with(LOG)));
        store.open_log("names").unwrap();
        found(&store);
    }

    #[test]
    fn a_folder_that_was_left_half_written_is_reported_and_the_next_run_puts_it_right() {
        let (_folder, store) = store();
        let sums = store.experiment("names").join(SUMS);
        std::fs::remove_file(&sums).unwrap();
        let FoundExperiment::Damaged(problem) = store.find_experiment("names") else { panic!() };
        assert_eq!(problem, Problem::new(&sums, Fault::HalfWritten));
        let files = ExperimentFiles { resolved: "a: 1\n", rejects: b"file\n", trials: &trials(), models: &[] };
        store.keep_experiment("names", &files).unwrap();
        found(&store);
    }

    #[test]
    fn the_last_whole_line_of_a_log_is_found_from_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let check = |text: &[u8], whole: usize| {
            let path = folder.path().join("log");
            std::fs::write(&path, text).unwrap();
            let found = whole_lines(&mut File::open(&path).unwrap()).unwrap();
            assert_eq!(found, (text.len() as u64, whole as u64));
        };
        check(b"", 0);
        check(b"{}", 0);
        check(b"{}\n", 3);
        check(b"{}\n{", 3);
        for cut in [PART - 1, PART, PART + 1, 3 * PART] {
            check(&[b"{}\n".to_vec(), vec![b' '; cut]].concat(), 3);
            check(&vec![b' '; cut], 0);
        }
    }

    #[test]
    fn a_log_of_any_size_can_be_opened_and_sealed() {
        let (_folder, store) = store();
        let mut log = store.open_log("names").unwrap();
        log.set_len(MAX_BYTES + 1).unwrap();
        log.write_all(b"\n{").unwrap();
        drop(log);
        store.open_log("names").unwrap();
        assert_eq!(std::fs::metadata(store.log_path("names")).unwrap().len(), MAX_BYTES + 2);
        store.seal_log("names").unwrap();
        found(&store);
    }

    #[test]
    fn a_name_that_leads_elsewhere_is_refused() {
        let (_folder, store) = store();
        for name in ["", ".", "..", "a/b", "/a", "a/"] {
            assert!(matches!(store.open_log(name), Err(StoreError::ExperimentName { .. })), "{name}");
        }
    }

    #[test]
    fn logs_are_json_lines() {
        let check = |text: &str| check_log(Path::new("l"), text.as_bytes()).map_err(|problem| problem.fault);
        assert_eq!(check(""), Ok(()));
        assert_eq!(check("{}\n[1]\n"), Ok(()));
        assert_eq!(check("{}\n{}"), Err(Fault::CutLog { line: 2 }));
        assert_eq!(check("{}\n{\n{}\n"), Err(Fault::LogLine { line: 2 }));
    }
}
