//! The log of each trial, apart from the others': what is logged within its span. While a run shows what it trains, each line goes
//! to a file as well, as it comes.

use crate::clock::unix_time;
use recur_core::visible::visible_json;
use recur_store::layout::running_log;
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tracing::span::{Attributes, Id};
use tracing::{Event, Subscriber};
use tracing_serde::fields::AsMap as _;
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::LookupSpan;

/// JSON lines by trial, until they are taken.
#[derive(Clone, Debug, Default)]
pub struct TrialLogs(Arc<Mutex<Logs>>);

#[derive(Debug, Default)]
struct Logs {
    trials: BTreeMap<String, TrialLog>,
    /// Where files of the lines are written.
    folder: Option<PathBuf>,
    /// The files that there are, by trial.
    files: BTreeMap<String, Option<File>>,
    failure: Option<(PathBuf, io::Error)>,
}

/// The lines of a trial.
type TrialLog = Vec<u8>;

impl TrialLogs {
    /// The lines of a trial; they are then forgotten. A file of them stays until it is removed.
    pub fn take(&self, trial: &str) -> Vec<u8> {
        let mut logs = self.logs();
        if let Some(file) = logs.files.get_mut(trial) {
            *file = None;
        }
        logs.trials.remove(trial).unwrap_or_default()
    }

    /// Has each line written to a file in `folder` from now on, as it comes; or no longer: then the files are removed.
    pub(crate) fn write_into(&self, folder: Option<PathBuf>) {
        let mut logs = self.logs();
        for trial in std::mem::take(&mut logs.files).into_keys() {
            logs.remove_file(&trial);
        }
        logs.folder = folder;
    }

    /// Removes the file of a trial's lines, if there is one.
    pub(crate) fn remove_file(&self, trial: &str) {
        let mut logs = self.logs();
        if logs.files.remove(trial).is_some() {
            logs.remove_file(trial);
        }
    }

    /// The first file that could not be written since this was asked for.
    pub(crate) fn take_failure(&self) -> Option<(PathBuf, io::Error)> {
        self.logs().failure.take()
    }

    fn logs(&self) -> MutexGuard<'_, Logs> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Logs {
    fn push(&mut self, trial: &str, line: &[u8]) {
        // What comes after the log was taken has no place any more.
        let Some(log) = self.trials.get_mut(trial) else { return };
        log.extend_from_slice(line);
        let Some(folder) = &self.folder else { return };
        let path = folder.join(running_log(trial));
        let written = match self.files.get_mut(trial) {
            Some(Some(file)) => file.write_all(line),
            // It could not be written before.
            Some(None) => Ok(()),
            // Earlier lines are those of before a folder was named.
            None => File::create(&path).and_then(|mut file| {
                file.write_all(log)?;
                self.files.insert(trial.to_owned(), Some(file));
                Ok(())
            }),
        };
        if let Err(error) = written {
            self.files.insert(trial.to_owned(), None);
            self.failure.get_or_insert((path, error));
        }
    }

    fn remove_file(&self, trial: &str) {
        if let Some(folder) = &self.folder {
            // Should this fail, it goes with the scratch.
            let _ = std::fs::remove_file(folder.join(running_log(trial)));
        }
    }
}

/// The id of the trial that a span is about: an extension of the span, where the logs of trials are a layer of the subscriber.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfTrial(String);

impl OfTrial {
    /// The beginning of the id, as messages name it.
    pub fn short(&self) -> &str {
        self.0.get(..10).unwrap_or(&self.0)
    }
}

/// The fields of a span or an event.
fn fields(map: impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(map) {
        Ok(Value::Object(fields)) => fields,
        // Not reached: a map of fields is an object, whose values are numbers, truth values and texts.
        _ => Map::new(),
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for TrialLogs {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if attributes.metadata().name() != "trial" {
            return;
        }
        let is_id = |trial: &String| trial.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let trial = match fields(attributes.field_map()).remove("id") {
            // It names a file.
            Some(Value::String(trial)) if is_id(&trial) => trial,
            _ => return,
        };
        if let Some(span) = context.span(id) {
            let mut logs = self.logs();
            logs.trials.entry(trial.clone()).or_default();
            // A trial that was abandoned is trained again.
            if let Some(None) = logs.files.get(&trial) {
                logs.files.remove(&trial);
            }
            drop(logs);
            span.extensions_mut().insert(OfTrial(trial));
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let spans = context.event_scope(event).into_iter().flatten();
        let trial = spans.into_iter().find_map(|span| span.extensions().get::<OfTrial>().map(|of| of.0.clone()));
        let Some(trial) = trial else { return };
        let mut line = Map::from_iter([
            ("unix_time".to_owned(), Value::from(unix_time())),
            ("level".to_owned(), Value::from(event.metadata().level().as_str())),
        ]);
        line.extend(fields(event.field_map()));
        let line = format!("{}\n", visible_json(&Value::Object(line).to_string()));
        self.logs().push(&trial, line.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracing_subscriber::layer::SubscriberExt as _;

    #[test]
    fn an_event_within_a_trial_is_a_line_with_a_value_of_its_type_for_each_field() {
        let (logs, mut late) = (TrialLogs::default(), None);
        tracing::subscriber::with_default(tracing_subscriber::registry().with(logs.clone()), || {
            let trial = tracing::info_span!("trial", model = "m", id = "ab12");
            tracing::info!("outside");
            trial.in_scope(|| {
                let text = "a\u{1b}\u{202e}b";
                tracing::warn!(loss = 0.5, nan = f64::NAN, n = 3_u64, below = -1_i64, is = true, text, list = ?[1], "end {}", 1);
            });
            late = Some(trial);
        });
        let log = String::from_utf8(logs.take("ab12")).unwrap();
        let (begin, time) = log.trim_end_matches("}\n").rsplit_once(':').unwrap();
        assert!(time.parse::<f64>().is_ok(), "{log}");
        assert_eq!(
            begin,
            "{\"below\":-1,\"is\":true,\"level\":\"WARN\",\"list\":\"[1]\",\"loss\":0.5,\"message\":\"end 1\",\"n\":3,\"nan\":null,\
             \"text\":\"a\\u001b\\u202eb\",\"unix_time\""
        );
        tracing::subscriber::with_default(tracing_subscriber::registry().with(logs.clone()), || {
            late.unwrap().in_scope(|| tracing::info!("late"));
        });
        assert_eq!(logs.take("ab12"), b"", "a log that was taken is forgotten");
    }
    #[test]
    fn a_file_has_the_same_lines_as_they_come_until_the_trial_is_kept() {
        let (logs, folder) = (TrialLogs::default(), tempfile::tempdir().unwrap());
        let path = folder.path().join("ab12.log.jsonl");
        let read = || std::fs::read(&path).unwrap();
        tracing::subscriber::with_default(tracing_subscriber::registry().with(logs.clone()), || {
            let trial = tracing::info_span!("trial", id = "ab12").entered();
            tracing::info!("before a folder is named");
            logs.write_into(Some(folder.path().to_owned()));
            assert!(!path.exists());
            tracing::info!("first");
            assert_eq!(read().iter().filter(|byte| **byte == b'\n').count(), 2);
            tracing::info!("second");
            let (seen, taken) = (read(), logs.take("ab12"));
            assert_eq!(seen, taken);
            tracing::info!("late");
            assert_eq!(read(), taken, "the file stays as it is until it is removed");
            logs.remove_file("ab12");
            assert!(!path.exists());
            drop(trial);
            let again = tracing::info_span!("trial", id = "ab12").entered();
            tracing::info!("trained again");
            assert!(path.exists());
            logs.write_into(None);
            assert!(!path.exists(), "no file stays after the run");
            drop(again);
        });
        assert!(logs.take_failure().is_none());
    }

    #[test]
    fn a_file_that_cannot_be_written_is_reported_once_and_no_line_is_lost() {
        let (logs, folder) = (TrialLogs::default(), tempfile::tempdir().unwrap());
        std::fs::create_dir(folder.path().join("ab12.log.jsonl")).unwrap();
        logs.write_into(Some(folder.path().to_owned()));
        tracing::subscriber::with_default(tracing_subscriber::registry().with(logs.clone()), || {
            let _trial = tracing::info_span!("trial", id = "ab12").entered();
            (0..3).for_each(|_| tracing::info!("line"));
            let _elsewhere = tracing::info_span!("trial", id = "../ab").entered();
        });
        assert!(logs.take_failure().is_some_and(|(path, _)| path.ends_with("ab12.log.jsonl")));
        assert!(logs.take_failure().is_none());
        assert_eq!(logs.take("ab12").iter().filter(|byte| **byte == b'\n').count(), 3);
    }
}
