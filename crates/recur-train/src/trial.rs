//! One trial, from its identity to its record.

use crate::build::{Machine, build, class_weights};
use crate::checked::with_text;
use crate::examples::Examples;
use crate::observer::Observer;
use crate::order::{Schedule, order_of_epoch};
use crate::result::TrialResult;
use crate::scores::{Request, score};
use recur_core::checkpoint::{BestEpoch, Checkpoint, Progress};
use recur_core::dataset::Dataset;
use recur_core::event::Event;
use recur_core::metric::Metric;
use recur_core::model::{Cancel, Chunk, Kernels, Model, ModelError, ModelPlugin};
use recur_core::record::{EpochRecord, Outcome, TrialRecord};
use recur_core::replicate::Replicate;
use recur_core::settings::TrainingSettings;
use recur_core::tensor::Tensor;
use recur_core::trial::Trial;
use recur_core::workers::Workers;
use std::sync::Arc;

/// How a trial is run: nothing of it changes a result.
#[derive(Clone, Copy)]
pub(crate) struct Execution<'a> {
    /// The vector operations that models use.
    pub(crate) kernels: Kernels,
    /// The threads that models may ask for help.
    pub(crate) workers: &'a Arc<dyn Workers>,
    /// Raised to stop.
    pub(crate) cancel: &'a Cancel,
    /// Who watches, and keeps checkpoints.
    pub(crate) observer: &'a dyn Observer,
}

/// Trains one trial; `None` if it was asked to stop. A loss that stops being a number, or an error of the model, is a
/// record with its cause.
pub(crate) fn train_trial(
    trial: &Trial,
    replicate: &Replicate,
    dataset: &Dataset,
    plugin: &dyn ModelPlugin,
    execution: Execution<'_>,
) -> Option<TrialResult> {
    let needs = plugin.needs();
    let [train, validation] =
        [&replicate.split.train, &replicate.split.validation].map(|rows| Examples::of(dataset, rows, needs));
    let mut run = Run {
        trial,
        replicate,
        dataset,
        plugin,
        execution,
        train: &train,
        validation: &validation,
        request: None,
        epochs: Vec::new(),
        n_parameters: 0,
    };
    let (outcome, weights) = match run.train() {
        Ok(trained) => (Outcome::Finished { kept_epoch: trained.kept_epoch }, trained.weights),
        Err(ModelError::Cancelled) => return None,
        Err(error @ ModelError::Diverged { .. }) => (Outcome::Diverged { reason: error.to_string() }, vec![]),
        Err(error) => (Outcome::Failed { reason: with_causes(&with_text(error, dataset.texts())) }, vec![]),
    };
    let record =
        TrialRecord { epochs: run.epochs, n_parameters: run.n_parameters, ..record(trial, replicate, outcome) };
    Some(TrialResult { record, weights })
}

/// The record of a trial that ended as `outcome` before anything was learned.
pub(crate) fn record(trial: &Trial, replicate: &Replicate, outcome: Outcome) -> TrialRecord {
    TrialRecord {
        id: trial.id.clone(),
        identity: trial.identity.clone(),
        split: replicate.split_digest.clone(),
        outcome,
        epochs: Vec::new(),
        n_parameters: 0,
    }
}

/// An error with all that caused it.
fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |error| error.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

struct Run<'a> {
    trial: &'a Trial,
    replicate: &'a Replicate,
    dataset: &'a Dataset,
    plugin: &'a dyn ModelPlugin,
    execution: Execution<'a>,
    train: &'a Examples,
    validation: &'a Examples,
    /// What validation rows are scored by besides the metrics of every trial.
    request: Option<Request>,
    epochs: Vec<EpochRecord>,
    /// 0 until the model is built.
    n_parameters: u64,
}

struct Trained {
    kept_epoch: u32,
    weights: Vec<Tensor>,
}

/// A trial between two steps, as a [`Checkpoint`] keeps it. Epochs that are done are in [`Run::epochs`].
#[derive(Default)]
struct Position {
    /// Examples of the epoch at hand that are done, and the sum of their losses.
    examples: usize,
    loss: f64,
    /// The best epoch so far by the metric that early stopping watches, and its weights.
    best: Option<(BestEpoch, Vec<Tensor>)>,
}

/// An epoch of training.
#[derive(Clone, Copy)]
struct Epoch {
    index: u32,
    /// Steps of all epochs before it.
    steps_before: u64,
    total_steps: u64,
}

/// Steps between two looks at whether a checkpoint is due.
const CHUNK_STEPS: usize = 64;

impl Run<'_> {
    fn train(&mut self) -> Result<Trained, ModelError> {
        self.request = Request::of(&self.trial.identity, self.dataset.label_names())?;
        match &self.trial.identity.training {
            None => self.train_in_one_go(),
            Some(training) => self.train_in_steps(training),
        }
    }

    /// Trains a model that learns from all training examples at once.
    fn train_in_one_go(&mut self) -> Result<Trained, ModelError> {
        let mut model = self.fresh(&class_weights(self.trial.identity.class_weights, self.train))?;
        self.start_from_weights(&mut *model)?;
        self.started(&*model, 1);
        let order = self.train.all();
        let _span = tracing::info_span!("epoch", epoch = 0).entered();
        let epoch = Epoch { index: 0, steps_before: 0, total_steps: 1 };
        let (sum, n) = (self.chunk(&mut *model, epoch, &order, 0, 0.0)?, order.len().max(1) as f64);
        // Rounded as when models reported n times their mean: records of before keep their bytes.
        let loss = sum / n * n / n;
        self.finish_epoch(&mut *model, 0, loss, 1)?;
        // It grows with what it sees.
        self.n_parameters = model.n_parameters() as u64;
        Ok(Trained { kept_epoch: 0, weights: model.weights() })
    }

    /// Trains a model step by step.
    fn train_in_steps(&mut self, training: &TrainingSettings) -> Result<Trained, ModelError> {
        let schedule = Schedule::new(training, self.train.len());
        let n_epochs = training.stop_after.unwrap_or(schedule.n_epochs).min(schedule.n_epochs);
        let (mut model, mut position) = self.start(training, n_epochs)?;
        self.started(&*model, n_epochs);
        if n_epochs == 0 {
            return self.only_score(&mut *model);
        }
        let patience = training.early_stopping.map(|settings| settings.patience);
        for index in self.epochs.len() as u32..n_epochs {
            if self.is_out_of_patience(patience, &position) {
                break;
            }
            let _span = tracing::info_span!("epoch", epoch = index).entered();
            let train_loss = self.epoch(&mut *model, training, &schedule, index, &mut position)?;
            self.finish_epoch(&mut *model, index, train_loss, schedule.steps_before(index + 1))?;
            if let Some(settings) = training.early_stopping {
                self.note_best(settings.metric, index, &mut position.best, &*model);
            }
            if index + 1 < n_epochs && !self.is_out_of_patience(patience, &position) {
                self.offer_checkpoint(&*model, &position);
            }
        }
        if n_epochs < schedule.n_epochs {
            // Another trial goes on from here.
            self.checkpoint(&*model, &position);
        }
        self.n_parameters = model.n_parameters() as u64;
        let (kept_epoch, weights) = match position.best {
            Some((best, weights)) => (best.epoch, weights),
            None => (n_epochs - 1, model.weights()),
        };
        Ok(Trained { kept_epoch, weights })
    }

    fn fresh(&self, class_weights: &[f32]) -> Result<Box<dyn Model>, ModelError> {
        let machine = Machine { kernels: self.execution.kernels, workers: self.execution.workers };
        let validation = self.plugin.needs().validation.then(|| self.validation.labelled());
        build(self.trial, self.dataset, self.plugin, &self.replicate.streams, class_weights, machine, validation)
    }

    /// Gives `model` the initial weights that the trial's identity names.
    fn start_from_weights(&self, model: &mut dyn Model) -> Result<(), ModelError> {
        match (&self.trial.identity.initial_weights, &self.trial.initial_weights) {
            (None, _) => Ok(()),
            (Some(_), Some(file)) => model.set_weights(&file.tensors),
            (Some(digest), None) => {
                Err(ModelError::Other(format!("the initial weights with the digest {digest} were not read").into()))
            }
        }
    }

    /// Reports that training begins.
    fn started(&mut self, model: &dyn Model, n_epochs: u32) {
        self.n_parameters = model.n_parameters() as u64;
        let epochs_done = self.epochs.len() as u32;
        self.execution.observer.event(Event::TrialStarted { trial: self.trial, n_epochs, epochs_done });
    }

    /// The model and where it is: at its start, or where an earlier run left it before the end of `n_epochs` epochs.
    fn start(&mut self, training: &TrainingSettings, n_epochs: u32) -> Result<(Box<dyn Model>, Position), ModelError> {
        let class_weights = class_weights(training.class_weights, self.train);
        let mut model = self.fresh(&class_weights)?;
        let is_before_the_end =
            |Progress { epochs, examples, .. }: &Progress| (epochs.len() as u64, *examples) <= (n_epochs.into(), 0);
        let checkpoint = self.execution.observer.resume(self.trial);
        if let Some(checkpoint) = checkpoint.filter(|checkpoint| is_before_the_end(&checkpoint.progress)) {
            match restore(&mut *model, &checkpoint) {
                Ok(()) => {
                    let Progress { epochs, examples, loss, best, .. } = checkpoint.progress;
                    self.epochs = epochs;
                    let best = best.map(|best| (best, checkpoint.best_weights));
                    return Ok((model, Position { examples: examples as usize, loss, best }));
                }
                Err(error) => tracing::warn!("a checkpoint cannot be used, the trial starts again: {error}"),
            }
            // A plugin's process ends before the next one starts.
            drop(model);
            model = self.fresh(&class_weights)?;
        }
        self.start_from_weights(&mut *model)?;
        Ok((model, Position::default()))
    }

    /// Trains epoch `index` from `position` to its end, and returns the mean loss of its examples.
    fn epoch(
        &mut self,
        model: &mut dyn Model,
        training: &TrainingSettings,
        schedule: &Schedule,
        index: u32,
        position: &mut Position,
    ) -> Result<f64, ModelError> {
        let order = order_of_epoch(self.train, training.sampling, schedule, index, &self.replicate.streams);
        let (steps_before, total_steps) = (schedule.steps_before(index), schedule.total_steps);
        let epoch = Epoch { index, steps_before, total_steps };
        let batch_size = training.batch_size as usize;
        for rows in order[position.examples..].chunks(CHUNK_STEPS.saturating_mul(batch_size).max(1)) {
            let steps_done = (position.examples / batch_size) as u64;
            position.loss = self.chunk(model, epoch, rows, steps_done, position.loss)?;
            position.examples += rows.len();
            if position.examples < order.len() {
                self.offer_checkpoint(model, position);
            }
        }
        let loss = position.loss / order.len().max(1) as f64;
        (position.examples, position.loss) = (0, 0.0);
        Ok(loss)
    }

    /// Trains on `rows`, which begin after `steps_done` steps of `epoch`; returns the sum of the epoch's losses, which was
    /// `loss` before.
    fn chunk(
        &self,
        model: &mut dyn Model,
        epoch: Epoch,
        rows: &[u32],
        steps_done: u64,
        loss: f64,
    ) -> Result<f64, ModelError> {
        let chunk = Chunk {
            epoch: epoch.index,
            sequences: &self.train.sequences,
            labels: &self.train.labels,
            order: rows,
            steps_before: epoch.steps_before + steps_done,
            total_steps: epoch.total_steps,
            streams: &self.replicate.streams,
            cancel: self.execution.cancel,
        };
        // One that the model leaves unwritten is seen.
        let mut losses = vec![f64::NAN; rows.len()];
        model.train(&chunk, &mut losses)?;
        Ok(losses.iter().fold(loss, |sum, loss| sum + loss))
    }

    /// Hands the observer a checkpoint, if one is due.
    fn offer_checkpoint(&self, model: &dyn Model, position: &Position) {
        let (epochs, examples) = (self.epochs.len() as u32, position.examples as u64);
        if self.execution.observer.checkpoint_due(self.trial, epochs, examples) {
            self.checkpoint(model, position);
        }
    }

    /// Hands the observer a checkpoint.
    fn checkpoint(&self, model: &dyn Model, position: &Position) {
        let progress = Progress {
            trial: self.trial.identity.full_training(),
            epochs: self.epochs.clone(),
            examples: position.examples as u64,
            loss: position.loss,
            best: position.best.as_ref().map(|(best, _)| *best),
        };
        let checkpoint = Checkpoint {
            progress,
            weights: model.weights(),
            training_state: model.training_state(),
            best_weights: position.best.as_ref().map_or_else(Vec::new, |(_, weights)| weights.clone()),
        };
        self.execution.observer.checkpoint(self.trial, &checkpoint);
    }

    /// Records the untouched weights as if they were an epoch's: `train_loss` is the mean loss of all training examples.
    fn only_score(&mut self, model: &mut dyn Model) -> Result<Trained, ModelError> {
        let train_loss = score(model, self.train, None)?.loss;
        self.finish_epoch(model, 0, train_loss, 0)?;
        Ok(Trained { kept_epoch: 0, weights: model.weights() })
    }

    /// Scores the validation examples and records the epoch.
    fn finish_epoch(
        &mut self,
        model: &mut dyn Model,
        index: u32,
        train_loss: f64,
        step: u64,
    ) -> Result<(), ModelError> {
        let validation = score(model, self.validation, self.request.as_ref())?;
        if !(train_loss.is_finite() && validation.loss.is_finite()) {
            return Err(ModelError::Diverged { step, loss: train_loss + validation.loss });
        }
        self.epochs.push(EpochRecord { train_loss, validation });
        self.execution.observer.event(Event::EpochFinished {
            trial: self.trial,
            epoch: index,
            train_loss,
            validation: &validation,
        });
        Ok(())
    }

    /// Notes the epoch if it is the best so far.
    fn note_best(&self, metric: Metric, index: u32, best: &mut Option<(BestEpoch, Vec<Tensor>)>, model: &dyn Model) {
        let value = self.epochs[index as usize].validation.get(metric);
        if best.as_ref().is_none_or(|(best, _)| metric.better(value, best.value)) {
            *best = Some((BestEpoch { epoch: index, value }, model.weights()));
        }
    }

    /// Whether the last `patience` epochs were no better than the best before them.
    fn is_out_of_patience(&self, patience: Option<u32>, position: &Position) -> bool {
        let since_best = |(best, _): &(BestEpoch, _)| self.epochs.len() as u32 - 1 - best.epoch;
        position.best.as_ref().map(since_best).zip(patience).is_some_and(|(since, patience)| since >= patience)
    }
}

/// Gives `model` the state of `checkpoint`.
fn restore(model: &mut dyn Model, checkpoint: &Checkpoint) -> Result<(), ModelError> {
    model.set_weights(&checkpoint.weights)?;
    model.set_training_state(&checkpoint.training_state)
}
