//! Small sweeps for tests.

use crate::sweep::Sweep;
use recur_core::digest::Digest;
use recur_core::event::Event;
use recur_core::metric::{Metric, Scores};
use recur_core::params::Params;
use recur_core::record::Outcome;
use recur_core::settings::{ClassWeights, Group, SplitSettings, TextSettings};
use recur_core::trial::{Identity, Trial};
use recur_experiment::Left;

/// A trial whose configuration is called `title`.
pub(crate) fn trial(title: &str, replicate: u32) -> Trial {
    let identity = Identity {
        numeric_contract: 1,
        procedure: Digest::of(b"procedure"),
        model: "m".into(),
        model_version: 1,
        model_code: Digest::of(title.as_bytes()),
        params: Params::default(),
        training: None,
        class_weights: ClassWeights::None,
        dataset: Digest::of(b"data"),
        text: TextSettings::default(),
        split: SplitSettings::shares(0.8, 0.1, 0.1, Group::Text, true),
        seed: 0,
        replicate,
        initial_weights: None,
        raw_texts: None,
        requested: None,
    };
    Trial::new(title.to_owned(), 0, identity)
}

pub(crate) fn started(trial: &Trial, epochs_done: u32, n_epochs: u32) -> Event<'_> {
    Event::TrialStarted { trial, n_epochs, epochs_done }
}

/// The end of an epoch with `value` in every metric.
pub(crate) fn epoch_finished(sweep: &mut Sweep, trial: &Trial, epoch: u32, value: f64) {
    let validation = Scores::from_fn(|_| value);
    sweep.take(&Event::EpochFinished { trial, epoch, train_loss: 1.0, validation: &validation });
}

pub(crate) fn ended(sweep: &mut Sweep, trial: &Trial, outcome: &Outcome) {
    sweep.take(&Event::TrialEnded { trial, outcome });
}

/// A sweep of twelve trials after 100 seconds: five have ended, and 8 minutes are left.
#[derive(Clone, Copy, Default)]
pub(crate) struct Run<'a> {
    /// The titles of those that run.
    pub(crate) running: &'a [&'a str],
    /// Those that run have finished one epoch of two, and a sixth one has finished with a result of 0.75.
    pub(crate) has_results: bool,
    pub(crate) stage: &'a str,
    /// Of the five that have ended.
    pub(crate) n_failed: usize,
    pub(crate) at_most: Option<f64>,
}

pub(crate) fn sweep(run: &Run<'_>) -> Sweep {
    let mut sweep = Sweep::new(Metric::DEFAULT, 12, run.stage);
    for n in 0..5 {
        let trial = trial("done", 100 + n);
        sweep.take(&started(&trial, 0, 2));
        let failed = Outcome::Failed { reason: "broken".into() };
        let finished = Outcome::Finished { kept_epoch: 0 };
        ended(&mut sweep, &trial, if (n as usize) < run.n_failed { &failed } else { &finished });
    }
    if run.has_results {
        let trial = trial("best", 2);
        sweep.take(&started(&trial, 0, 2));
        [0.75, 0.5].into_iter().enumerate().for_each(|(n, value)| epoch_finished(&mut sweep, &trial, n as u32, value));
        ended(&mut sweep, &trial, &Outcome::Finished { kept_epoch: 0 });
    }
    for (n, title) in run.running.iter().enumerate() {
        let trial = trial(title, n as u32);
        sweep.take(&started(&trial, 0, 2));
        if run.has_results {
            epoch_finished(&mut sweep, &trial, 0, 0.25);
        }
    }
    sweep.set_left(Left { seconds: 480.0, at_most: run.at_most, known: 480.0 }, 100.0);
    sweep
}
