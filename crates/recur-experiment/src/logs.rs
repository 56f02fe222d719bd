//! The log of one trial, as it is kept, or as it comes while the trial is being trained.

use crate::lookup::{LookupError, first_of};
use crate::status::is_alive;
use recur_core::trial::TrialId;
use recur_files::{Links, open_regular};
use recur_store::{Life, RunningProcess, Store, layout};
use std::fs::File;
use std::io::{ErrorKind, Read as _, Seek as _, SeekFrom};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// Bytes that are read at once.
const PART: usize = 1 << 16;

/// A line of more bytes is passed on in parts.
const MAX_LINE: usize = 1 << 20;

/// What comes after the lines of a log that were read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogEnd {
    /// The trial is being trained: there may be more lines later.
    Running,
    /// The store has the trial, and this is its whole log.
    Kept,
    /// The process that trained it ended or was stopped, and kept nothing of it.
    Stopped,
    /// Another process kept the trial meanwhile: the store has the log of that one.
    KeptByAnother,
}

/// The log of one trial: a reader that knows how far it is.
#[derive(Debug)]
pub struct LogOfTrial<'a> {
    store: &'a Store,
    trial: TrialId,
    /// Of the process that trains it.
    running: Option<(PathBuf, File)>,
    lines: LogLines,
}

impl<'a> LogOfTrial<'a> {
    /// That of the trial in `store`, or being trained into it, whose id begins with `prefix`.
    ///
    /// # Errors
    /// If there is none, or several, or the store cannot be read.
    pub fn find(prefix: &str, store: &'a Store) -> Result<Self, LookupError> {
        let mut ids = store.trials_of_prefix(prefix)?;
        // As long as an id has to be to name a stored one.
        if prefix.len() >= 2 {
            ids.extend(store.running_of_prefix(prefix)?);
        }
        ids.sort();
        ids.dedup();
        match &ids[..] {
            [id] => Ok(Self { store, trial: id.clone(), running: None, lines: LogLines::default() }),
            [] => Err(LookupError::NoSuchTrial { trial: prefix.to_owned(), store: store.root().to_owned() }),
            several => Err(LookupError::AmbiguousTrial { prefix: prefix.to_owned(), ids: first_of(several) }),
        }
    }

    /// The trial.
    pub fn trial(&self) -> &TrialId {
        &self.trial
    }

    /// Passes each line on to `visit`, without its end, that came since the last call, until it stops.
    ///
    /// # Errors
    /// If a file cannot be read.
    pub fn read(&mut self, visit: &mut dyn FnMut(&[u8]) -> ControlFlow<()>) -> Result<LogEnd, LookupError> {
        if self.running.is_none() && self.lines.n_bytes == 0 {
            self.running = self.find_running()?;
        }
        let Some((path, file)) = &mut self.running else { return self.read_kept(visit) };
        // It is removed after the trial is kept: what comes before that is read once more then.
        let is_there = path.exists();
        self.lines.read(file, visit).map_err(failed(path))?;
        // A process that was killed leaves its file.
        if is_there && self.store.running()?.iter().any(|it| it.log_path(&self.trial) == *path && is_alive(it)) {
            return Ok(LogEnd::Running);
        }
        self.lines.read(file, visit).map_err(failed(path))?;
        self.running = None;
        self.read_kept(visit)
    }

    /// The log of the first process that trains the trial; where none does and the store does not have the trial, of one that did.
    fn find_running(&self) -> Result<Option<(PathBuf, File)>, LookupError> {
        let (ended, living): (Vec<_>, Vec<_>) =
            self.store.running_logs(&self.trial)?.into_iter().partition(|(_, life)| *life == Life::Ended);
        let is_kept = self.store.trial(&self.trial).exists();
        let ended = ended.into_iter().filter(|_| !is_kept);
        for (path, _) in living.into_iter().chain(ended) {
            match open(&path) {
                Ok(file) => return Ok(Some((path, file))),
                // The trial was kept meanwhile.
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(source) => return Err(LookupError::Log { path, source }),
            }
        }
        Ok(None)
    }

    /// What the end is where no process and no trial of the store has a log.
    fn without_log(&self) -> Result<LogEnd, LookupError> {
        // One that has logged nothing so far has no file of it.
        let trains = |process: &RunningProcess| {
            let trials = process.running.iter().flat_map(|running| &running.trials);
            is_alive(process) && trials.into_iter().any(|trial| trial.id == self.trial)
        };
        let is_running = self.lines.n_bytes == 0 && self.store.running()?.iter().any(trains);
        Ok(if is_running { LogEnd::Running } else { LogEnd::Stopped })
    }

    /// Reads the kept log from where that of the process ended: it has the same lines.
    fn read_kept(&mut self, visit: &mut dyn FnMut(&[u8]) -> ControlFlow<()>) -> Result<LogEnd, LookupError> {
        let path = self.store.trial(&self.trial).join(layout::LOG);
        let mut file = match open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return self.without_log(),
            Err(source) => return Err(LookupError::Log { path, source }),
        };
        if !self.lines.goes_on_in(&mut file).map_err(failed(&path))? {
            return Ok(LogEnd::KeptByAnother);
        }
        self.lines.read(&mut file, visit).map_err(failed(&path))?;
        Ok(LogEnd::Kept)
    }
}

fn open(path: &Path) -> std::io::Result<File> {
    open_regular(path, File::options().read(true), Links::Refused).map(|(file, _)| file)
}

fn failed(path: &Path) -> impl FnOnce(std::io::Error) -> LookupError {
    let path = path.to_owned();
    move |source| LookupError::Log { path, source }
}

/// Whole lines of a file that grows.
#[derive(Debug, Default)]
struct LogLines {
    /// What was read of a line that has not ended.
    begun: Vec<u8>,
    /// Bytes that were read.
    n_bytes: u64,
    /// The end of them, to know the file again.
    last: Vec<u8>,
}

impl LogLines {
    /// Reads on to the end of `file`, and passes each line on to `visit` until it stops.
    fn read(&mut self, file: &mut File, visit: &mut dyn FnMut(&[u8]) -> ControlFlow<()>) -> std::io::Result<()> {
        let mut part = vec![0; PART];
        loop {
            let n_read = file.read(&mut part)?;
            if n_read == 0 {
                return Ok(());
            }
            self.n_bytes += n_read as u64;
            self.last.extend_from_slice(&part[..n_read]);
            self.last.drain(..self.last.len().saturating_sub(PART));
            self.begun.extend_from_slice(&part[..n_read]);
            let mut start = 0;
            while let Some(length) = self.begun[start..].iter().position(|byte| *byte == b'\n') {
                let line = start..start + length;
                start = line.end + 1;
                if visit(&self.begun[line]).is_break() {
                    return Ok(());
                }
            }
            self.begun.drain(..start);
            if self.begun.len() > MAX_LINE && visit(&std::mem::take(&mut self.begun)).is_break() {
                return Ok(());
            }
        }
    }

    /// Whether `file` begins with all that was read; it is then read on from there.
    fn goes_on_in(&self, file: &mut File) -> std::io::Result<bool> {
        let mut there = Vec::new();
        file.seek(SeekFrom::Start(self.n_bytes - self.last.len() as u64))?;
        file.by_ref().take(self.last.len() as u64).read_to_end(&mut there)?;
        Ok(there == self.last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    fn lines(reader: &mut LogLines, file: &mut File) -> Vec<String> {
        let mut lines = Vec::new();
        let visit = &mut |line: &[u8]| {
            lines.push(String::from_utf8(line.to_owned()).unwrap());
            ControlFlow::Continue(())
        };
        reader.read(file, visit).unwrap();
        lines
    }

    #[test]
    fn lines_come_when_they_are_whole_and_go_on_in_a_file_with_the_same_beginning() {
        let folder = tempfile::tempdir().unwrap();
        let [running, kept, other] = ["running", "kept", "other"].map(|name| folder.path().join(name));
        let mut log = File::create(&running).unwrap();
        let (mut reader, mut file) = (LogLines::default(), File::open(&running).unwrap());
        assert!(lines(&mut reader, &mut file).is_empty());
        log.write_all(b"one\ntw").unwrap();
        assert_eq!(lines(&mut reader, &mut file), ["one"]);
        log.write_all(b"o\n").unwrap();
        assert_eq!(lines(&mut reader, &mut file), ["two"]);
        std::fs::write(&kept, "one\ntwo\nthree\n").unwrap();
        std::fs::write(&other, "one\nTwo\nthree\n").unwrap();
        assert!(!reader.goes_on_in(&mut File::open(other).unwrap()).unwrap());
        let mut kept = File::open(kept).unwrap();
        assert!(reader.goes_on_in(&mut kept).unwrap());
        assert_eq!(lines(&mut reader, &mut kept), ["three"]);
    }

    #[test]
    fn a_line_without_an_end_takes_bounded_memory() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        std::fs::write(&path, "x".repeat(3 * MAX_LINE)).unwrap();
        let (mut reader, mut file) = (LogLines::default(), File::open(&path).unwrap());
        assert!(lines(&mut reader, &mut file).len() >= 2);
        assert!(reader.begun.len() <= MAX_LINE + PART && reader.last.len() <= PART);
    }
}
