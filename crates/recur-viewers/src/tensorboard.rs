//! Event files of TensorBoard: scalars by epoch, and the trials as sessions of the HParams plugin, those of a configuration in one
//! group, over which TensorBoard takes the mean.

use crate::experiment::{TrialTime, ViewedExperiment, ViewedTrial, folder_name, metrics, settings_of};
use crate::folder::Files;
use crate::protobuf::Message;
use recur_core::metric::{Metric, Scores};
use recur_core::params::{ParamValue, Params};
use recur_core::record::Outcome;
use recur_core::trial::{Identity, TrialId};

/// The name of each trial's file. TensorBoard reads what has `tfevents` in its name.
pub(crate) const EVENT_FILE: &str = "events.out.tfevents.0.recur";

/// The folders of an experiment for TensorBoard: `EXPERIMENT/CONFIGURATION/replicate-R/`, each with a file of events.
///
/// Step `n` of a scalar is the `n`th epoch, or interval of steps. `train/loss` and `validation/METRIC` have every epoch, `kept/…` only
/// the one whose weights were kept, and `test/METRIC` is there for trials that were scored on test.
pub fn tensorboard(viewed: &ViewedExperiment<'_>) -> Files {
    let experiment = &viewed.analysis().experiment;
    let file = |trial: ViewedTrial<'_>| {
        let folder = trial_folder(experiment, &trial.configuration.title, trial.result.replicate);
        (format!("{folder}/{EVENT_FILE}"), events(experiment, &trial))
    };
    viewed.trials().map(file).collect()
}

/// The folder of a trial, with `/` between its parts.
pub(crate) fn trial_folder(experiment: &str, title: &str, replicate: u32) -> String {
    format!("{}/{}/replicate-{replicate}", folder_name(experiment), folder_name(title))
}

/// All events of a trial.
fn events(experiment: &str, trial: &ViewedTrial<'_>) -> Vec<u8> {
    let (configuration, record, time) = (trial.configuration, trial.record, trial.time);
    let session = Session {
        experiment,
        model: &configuration.model,
        title: &configuration.title,
        params: &configuration.params,
        settings: &configuration.settings,
        identity: &record.identity,
    };
    let mut bytes = session.start(time);
    for (epoch, result) in record.epochs.iter().enumerate() {
        bytes.extend(epoch_event(epoch + 1, result.train_loss, &result.validation, time));
    }
    if let Some((epoch, result)) = trial.kept() {
        let train = scalar(&format!("kept/train_{}", Metric::TRAINED.name()), result.train_loss);
        let validation = metrics(&result.validation);
        let validation = validation.map(|(metric, value)| scalar(&format!("kept/validation_{}", metric.name()), value));
        let test = trial.result.test.iter().flat_map(metrics);
        let test = test.map(|(metric, value)| scalar(&format!("test/{}", metric.name()), value));
        bytes.extend(event(epoch, std::iter::once(train).chain(validation).chain(test), time));
    }
    bytes.extend(end_event(&record.outcome, time));
    bytes
}

/// What a file begins with: the configuration and the trial that it is of.
pub(crate) struct Session<'a> {
    pub(crate) experiment: &'a str,
    pub(crate) model: &'a str,
    pub(crate) title: &'a str,
    pub(crate) params: &'a Params,
    pub(crate) settings: &'a Params,
    pub(crate) identity: &'a Identity,
}

impl Session<'_> {
    /// The version of the file, then the session's parameters.
    pub(crate) fn start(&self, time: TrialTime) -> Vec<u8> {
        let version = Message::new().double(1, time.started as f64).text(3, "brain.Event:2");
        let values = settings_of(self.model, self.params, self.settings);
        let entries = values.iter().map(|(name, value)| Message::new().text(1, name).message(2, hyperparameter(value)));
        let info = Message::new()
            .messages(1, entries)
            .text(2, &format!("recur:{}", whole_trial(self.identity)))
            .text(4, &format!("{}/{}", self.experiment, self.title))
            .double(5, time.started as f64);
        let start = plugin_data("_hparams_/session_start_info", Message::new().integer(1, 0).message(3, info));
        let mut bytes = framed(&version.into_bytes());
        bytes.extend(event(0, [start], TrialTime { ended: time.started, ..time }));
        bytes
    }
}

/// The id of the trial with `identity` that is trained to its end. Those that halving stops on the way are its beginnings.
fn whole_trial(identity: &Identity) -> TrialId {
    let mut identity = identity.clone();
    if let Some(training) = &mut identity.training {
        training.stop_after = None;
    }
    identity.id()
}

/// The results of the epoch `step`, which is counted from 1.
pub(crate) fn epoch_event(step: usize, train_loss: f64, validation: &Scores, time: TrialTime) -> Vec<u8> {
    let train = scalar(&format!("train/{}", Metric::TRAINED.name()), train_loss);
    let validation = metrics(validation).map(|(metric, value)| scalar(&format!("validation/{}", metric.name()), value));
    event(step, std::iter::once(train).chain(validation), time)
}

/// How a trial ended.
pub(crate) fn end_event(outcome: &Outcome, time: TrialTime) -> Vec<u8> {
    let status = match outcome {
        Outcome::Finished { .. } => 1,
        Outcome::Diverged { .. } | Outcome::Failed { .. } => 2,
    };
    let info = Message::new().integer(1, status).double(2, time.ended as f64);
    let end = plugin_data("_hparams_/session_end_info", Message::new().integer(1, 0).message(4, info));
    event(0, [end], time)
}

/// A value as `google.protobuf.Value`.
fn hyperparameter(value: &ParamValue) -> Message {
    match (value.number(), value) {
        (Some(number), _) => Message::new().double(2, number),
        (None, ParamValue::Boolean(yes)) => Message::new().integer(4, i64::from(*yes)),
        (None, other) => Message::new().text(3, &other.to_string()),
    }
}

fn scalar(tag: &str, value: f64) -> Message {
    Message::new().text(1, tag).float(2, value as f32)
}

fn plugin_data(tag: &str, content: Message) -> Message {
    let data = Message::new().text(1, "hparams").message(2, content);
    Message::new().text(1, tag).message(9, Message::new().message(1, data))
}

/// An event of `values` at `step`, framed.
fn event(step: usize, values: impl IntoIterator<Item = Message>, time: TrialTime) -> Vec<u8> {
    let summary = Message::new().messages(1, values);
    let event = Message::new().double(1, time.ended as f64).integer(2, step as i64).message(5, summary);
    framed(&event.into_bytes())
}

/// `data` as a TFRecord: its length and its bytes, each with a checksum.
fn framed(data: &[u8]) -> Vec<u8> {
    let length = (data.len() as u64).to_le_bytes();
    [&length[..], &checksum(&length), data, &checksum(data)].concat()
}

/// The masked CRC-32C of `data`.
fn checksum(data: &[u8]) -> [u8; 4] {
    crc32c::crc32c(data).rotate_right(15).wrapping_add(0xa282_ead8).to_le_bytes()
}

/// The bytes of the whole and undamaged records at the beginning of `file`: each with its length in the file.
pub(crate) fn records(file: &[u8]) -> impl Iterator<Item = (&[u8], usize)> {
    let mut rest = file;
    std::iter::from_fn(move || {
        let (length, after) = rest.split_at_checked(8)?;
        let n = usize::try_from(u64::from_le_bytes(length.try_into().ok()?)).ok()?;
        let (length_sum, after) = after.split_at_checked(4)?;
        let (data, after) = after.split_at_checked(n)?;
        let (data_sum, after) = after.split_at_checked(4)?;
        let is_whole = length_sum == checksum(length) && data_sum == checksum(data);
        rest = after;
        is_whole.then_some((data, n + 16))
    })
}

/// Whether `file` begins as a trial's file of this module does, and has nothing but whole events, of which the last may be cut.
pub(crate) fn is_of_session(file: &[u8]) -> bool {
    let has = |event: &[u8], text: &str| event.windows(text.len()).any(|part| part == text.as_bytes());
    let begins = |index: usize, event: &[u8]| match index {
        0 => event.ends_with(b"brain.Event:2"),
        1 => has(event, "_hparams_/session_start_info") && has(event, "recur:"),
        _ => true,
    };
    let found: Vec<(&[u8], usize)> = records(file).collect();
    let rest = &file[found.iter().map(|(_, length)| length).sum::<usize>()..];
    let whole = rest.first_chunk().map_or(0, |length| u64::from_le_bytes(*length).saturating_add(16));
    let is_cut = rest.len() < 8 || (rest.len() as u64) < whole;
    found.len() > 1 && is_cut && found.iter().enumerate().all(|(index, (event, _))| begins(index, event))
}

/// The step of an event of this module. `None` for the first event of a file, which has none.
pub(crate) fn step_of(event: &[u8]) -> Option<usize> {
    // The time has 9 bytes. The step follows.
    let step = event.get(9..).filter(|rest| rest.first() == Some(&0x10))?;
    let mut value = 0_usize;
    for (index, byte) in step[1..].iter().take(9).enumerate() {
        value |= usize::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_read_up_to_the_first_that_is_damaged() {
        let file = [framed(b"one"), framed(b""), framed(b"three")].concat();
        let found = |file: &[u8]| records(file).map(|(data, _)| data.to_vec()).collect::<Vec<_>>();
        assert_eq!(found(&file), [&b"one"[..], b"", b"three"]);
        assert_eq!(records(&file).map(|(_, length)| length).sum::<usize>(), file.len());
        assert_eq!(found(&file[..file.len() - 1]).len(), 2);
        let mut damaged = file.clone();
        damaged[13] ^= 1;
        assert!(found(&damaged).is_empty());
        // A length that no memory has.
        assert!(found(&[0xff; 64]).is_empty());
    }

    #[test]
    fn the_checksum_is_the_one_of_the_format() {
        // As TensorFlow's own test has it: the CRC-32C of 32 zeros is 0x8a9136aa.
        assert_eq!(crc32c::crc32c(&[0; 32]), 0x8a91_36aa);
        assert_eq!(checksum(&[0; 32]), 0x0fd7_fffa_u32.to_le_bytes());
    }

    #[test]
    fn a_step_is_found_again() {
        for step in [0, 1, 127, 128, 70_000] {
            let bytes = event(step, [scalar("a", 1.0)], TrialTime::FIXED);
            let steps: Vec<_> = records(&bytes).map(|(data, _)| step_of(data)).collect();
            assert_eq!(steps, [Some(step)]);
        }
        assert_eq!(step_of(&Message::new().double(1, 0.0).text(3, "brain.Event:2").into_bytes()), None);
        assert_eq!(step_of(b""), None);
    }
}
