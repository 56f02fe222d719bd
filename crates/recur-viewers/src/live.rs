//! Event files of TensorBoard while trials are trained. A trial's file has the bytes of an export up to the epoch that it has come
//! to, so a TensorBoard that reads it stays right when a run is resumed.

use crate::experiment::TrialTime;
use crate::folder::Files;
use crate::tensorboard::{EVENT_FILE, Session, end_event, epoch_event, is_of_session, records, step_of, trial_folder};
use recur_core::event::Event;
use recur_core::plan::Configuration;
use recur_core::trial::{Trial, TrialId};
use recur_core::visible::shown;
use recur_files::{Links, open_regular, read_regular};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// The most bytes of an event file that is continued.
const MOST: u64 = 1 << 30;

/// Why a trial's events are not written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the messages name the fields")]
pub enum LiveError {
    /// The file is of another trial, such as one of an earlier spec of the same name.
    #[error("{} is of another trial, and is not replaced", shown(path))]
    OtherTrial { path: PathBuf },
    #[error("cannot write {}", shown(path))]
    Write { path: PathBuf, source: io::Error },
}

/// Writes the events of an experiment's trials as they are trained.
#[derive(Debug)]
pub struct LiveTensorBoard {
    folder: PathBuf,
    experiment: String,
    /// The files of the trials that are being trained.
    open: Mutex<BTreeMap<TrialId, (PathBuf, File)>>,
}

impl LiveTensorBoard {
    /// Into the folder `folder`, which may be there and hold the files of an earlier run.
    pub fn new(folder: &Path, experiment: &str) -> Self {
        Self { folder: folder.to_owned(), experiment: experiment.to_owned(), open: Mutex::default() }
    }

    /// Writes what happened to a trial of `configuration`. A trial that starts again has only the epochs in its file that it does not
    /// train again.
    ///
    /// # Errors
    /// If a file cannot be written, or is of another trial. Nothing more is written of this trial then.
    pub fn event(&self, configuration: &Configuration, event: &Event<'_>) -> Result<(), LiveError> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::TrialStarted { trial, epochs_done, .. } => {
                let started = self.start(configuration, trial, *epochs_done as usize)?;
                open.insert(trial.id.clone(), started);
                Ok(())
            }
            Event::EpochFinished { trial, epoch, train_loss, validation } => {
                let bytes = epoch_event(*epoch as usize + 1, *train_loss, validation, TrialTime::FIXED);
                append(&mut open, &trial.id, &bytes)
            }
            Event::TrialEnded { trial, outcome } => {
                let written = append(&mut open, &trial.id, &end_event(outcome, TrialTime::FIXED));
                open.remove(&trial.id);
                written
            }
        }
    }

    /// The file of a trial, with its first `epochs_done` epochs.
    fn start(
        &self,
        configuration: &Configuration,
        trial: &Trial,
        epochs_done: usize,
    ) -> Result<(PathBuf, File), LiveError> {
        let title = configuration.title();
        let session = Session {
            experiment: &self.experiment,
            model: &configuration.model,
            title: &title,
            params: &configuration.params,
            settings: &configuration.settings,
            identity: &trial.identity,
        };
        let start = session.start(TrialTime::FIXED);
        let path = self.folder.join(trial_folder(&self.experiment, &title, trial.replicate)).join(EVENT_FILE);
        match open_at(&path, &start, epochs_done) {
            Ok(Some(file)) => Ok((path, file)),
            Ok(None) => Err(LiveError::OtherTrial { path }),
            Err(source) => Err(LiveError::Write { path, source }),
        }
    }
}

fn append(open: &mut BTreeMap<TrialId, (PathBuf, File)>, trial: &TrialId, bytes: &[u8]) -> Result<(), LiveError> {
    let Some((path, file)) = open.get_mut(trial) else { return Ok(()) };
    let Err(source) = file.write_all(bytes) else { return Ok(()) };
    let path = path.clone();
    open.remove(trial);
    Err(LiveError::Write { path, source })
}

/// The file at `path`, which begins with `start`, cut after `epochs_done` epochs; made if it is not there. `None` if it begins with
/// anything else.
fn open_at(path: &Path, start: &[u8], epochs_done: usize) -> io::Result<Option<File>> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let there = match read_regular(path, MOST) {
        Ok(there) => there,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(error),
    };
    // A run that was killed may have written less than the start.
    if !there.starts_with(start) && !start.starts_with(&there) {
        return Ok(None);
    }
    let (mut file, _) = open_regular(path, File::options().write(true).create(true).truncate(false), Links::Refused)?;
    if there.len() < start.len() {
        file.write_all(start)?;
    }
    let kept = start.len() + length_of_epochs(there.get(start.len()..).unwrap_or_default(), epochs_done);
    file.set_len(kept as u64)?;
    file.seek(SeekFrom::End(0))?;
    Ok(Some(file))
}

/// Whether `files`, by their paths in the folder of an experiment, are event files as a run writes them, and nothing else. The last event
/// of a run that was killed may not be whole.
pub(crate) fn wrote(files: &Files) -> bool {
    let is_of_trial = |path: &str| {
        let parts: Vec<&str> = path.split('/').collect();
        matches!(parts.as_slice(), [_, replicate, EVENT_FILE] if replicate.starts_with("replicate-"))
    };
    !files.is_empty() && files.iter().all(|(path, bytes)| is_of_trial(path) && is_of_session(bytes))
}

/// The bytes of the first epochs among `events`.
fn length_of_epochs(events: &[u8], epochs: usize) -> usize {
    let first = records(events).enumerate().take(epochs);
    first.take_while(|(index, (event, _))| step_of(event) == Some(index + 1)).map(|(_, (_, length))| length).sum()
}
