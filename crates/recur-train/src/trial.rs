//! One trial, from its identity to its record.

use crate::order::{Schedule, order_of_epoch};
use crate::scores::score;
use crate::sweep::Observer;
use recur_core::checkpoint::{BestEpoch, Checkpoint, Progress};
use recur_core::dataset::Dataset;
use recur_core::event::Event;
use recur_core::model::{Cancel, Model, ModelError, ModelPlugin, Piece, Regime, Setup};
use recur_core::plan::Plan;
use recur_core::random::StreamPath;
use recur_core::record::{EpochRecord, Outcome, TrialRecord};
use recur_core::settings::{ClassWeights, EarlyStopping};
use recur_core::split::{Split, SplitError};
use recur_core::tensor::Tensor;
use recur_core::trial::Trial;
use recur_core::workers::Workers;
use std::sync::Arc;

/// A trial's record and, if it finished, the weights that it keeps.
#[derive(Clone, Debug)]
pub struct TrialResult {
    /// The record.
    pub record: TrialRecord,
    /// The kept weights; empty unless the trial finished.
    pub weights: Vec<Tensor>,
}

/// Where the random numbers of a replicate come from.
pub(crate) fn streams_of(plan: &Plan, replicate: u32) -> StreamPath {
    StreamPath::root(plan.seed).child("replicate").child(replicate)
}

/// The split of a replicate: the same for every configuration.
///
/// # Errors
/// If the data set cannot be divided as the plan says.
pub fn split_of(plan: &Plan, dataset: &Dataset, replicate: u32) -> Result<Split, SplitError> {
    Split::new(dataset, &plan.split, &StreamPath::root(plan.seed), replicate)
}

/// Trains one trial; `None` if it was asked to stop. A loss that stops being a number, or an error of the model, is a
/// record with its cause.
///
/// # Errors
/// If the data set is too small to divide.
pub fn train_trial(
    plan: &Plan,
    dataset: &Dataset,
    plugin: &dyn ModelPlugin,
    trial: &Trial,
    workers: &Arc<dyn Workers>,
    cancel: &Cancel,
    observer: &dyn Observer,
) -> Result<Option<TrialResult>, SplitError> {
    let split = split_of(plan, dataset, trial.replicate)?;
    let epochs = Vec::new();
    let mut run =
        Run { plan, dataset, plugin, trial, workers, cancel, observer, split: &split, epochs, n_parameters: 0 };
    let (outcome, weights) = match run.train() {
        Ok(trained) => (Outcome::Finished { kept_epoch: trained.kept_epoch }, trained.weights),
        Err(ModelError::Cancelled) => return Ok(None),
        Err(error @ ModelError::Diverged { .. }) => (Outcome::Diverged { reason: error.to_string() }, vec![]),
        Err(error) => (Outcome::Failed { reason: with_causes(&error) }, vec![]),
    };
    let record = TrialRecord {
        id: trial.id.clone(),
        identity: trial.identity.clone(),
        split: split.digest(),
        outcome,
        epochs: run.epochs,
        n_parameters: run.n_parameters,
    };
    Ok(Some(TrialResult { record, weights }))
}

/// An error with all that caused it.
fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |error| error.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

struct Run<'a> {
    plan: &'a Plan,
    dataset: &'a Dataset,
    plugin: &'a dyn ModelPlugin,
    trial: &'a Trial,
    workers: &'a Arc<dyn Workers>,
    cancel: &'a Cancel,
    observer: &'a dyn Observer,
    split: &'a Split,
    epochs: Vec<EpochRecord>,
    /// 0 until the model is built.
    n_parameters: u64,
}

struct Trained {
    kept_epoch: u32,
    weights: Vec<Tensor>,
}

/// A trial between two steps, as a [`Checkpoint`] keeps it. Epochs that are done stand in [`Run::epochs`].
#[derive(Default)]
struct Position {
    /// Names of the epoch at hand that are done, and the sum of their losses.
    names: usize,
    loss: f64,
    /// The best epoch so far by the figure that early stopping watches, and its weights.
    best: Option<(BestEpoch, Vec<Tensor>)>,
}

/// Steps between two looks at whether a checkpoint is due.
const PIECE_STEPS: usize = 64;

impl Run<'_> {
    fn train(&mut self) -> Result<Trained, ModelError> {
        let training = &self.plan.training;
        let one_shot = self.plugin.regime() == Regime::OneShot;
        let n_train = self.split.train.len();
        let schedule = if one_shot { Schedule::one_shot(n_train) } else { Schedule::new(training, n_train) };
        let (mut model, mut position) = self.start(one_shot)?;
        self.n_parameters = model.n_parameters() as u64;
        let epochs_done = self.epochs.len() as u32;
        self.observer.event(Event::TrialStarted { trial: self.trial, n_epochs: schedule.n_epochs, epochs_done });
        if schedule.n_epochs == 0 {
            return self.only_score(&mut *model);
        }
        let watch = training.early_stopping.filter(|_| !one_shot);
        for index in epochs_done..schedule.n_epochs {
            let _span = tracing::info_span!("epoch", epoch = index).entered();
            let train_loss = self.epoch(&mut *model, &schedule, index, &mut position)?;
            self.finish_epoch(&mut *model, index, train_loss, schedule.steps_before(index + 1))?;
            if let Some(settings) = watch
                && self.stops(settings, index, &mut position.best, &*model)
            {
                break;
            }
            if index + 1 < schedule.n_epochs {
                self.offer_checkpoint(&*model, &position);
            }
        }
        // One-shot models grow with what they see.
        self.n_parameters = model.n_parameters() as u64;
        let (kept_epoch, weights) = match position.best {
            Some((best, weights)) => (best.epoch, weights),
            None => (schedule.n_epochs - 1, model.weights()),
        };
        Ok(Trained { kept_epoch, weights })
    }

    /// The model and where it stands: at its start, or where an earlier run left it.
    fn start(&mut self, one_shot: bool) -> Result<(Box<dyn Model>, Position), ModelError> {
        // `training` is no part of a one-shot trial's identity, so nothing of it may reach the model.
        let kind = if one_shot { ClassWeights::None } else { self.plan.training.class_weights };
        let class_weights = class_weights(kind, self.dataset, &self.split.train);
        let fresh = || build(self.plan, self.dataset, self.plugin, self.trial, &class_weights, self.workers);
        let mut model = fresh()?;
        if let Some(checkpoint) = self.observer.resume(self.trial).filter(|_| !one_shot) {
            match restore(&mut *model, &checkpoint) {
                Ok(()) => {
                    let Progress { epochs, names, loss, best, .. } = checkpoint.progress;
                    self.epochs = epochs;
                    let best = best.map(|best| (best, checkpoint.best_weights));
                    return Ok((model, Position { names: names as usize, loss, best }));
                }
                Err(error) => tracing::warn!("a checkpoint cannot be used, the trial starts again: {error}"),
            }
            model = fresh()?;
        }
        if let Some(file) = &self.trial.initial_weights {
            model.set_weights(&file.tensors)?;
        }
        Ok((model, Position::default()))
    }

    /// Trains epoch `index` from `position` to its end, and returns the mean loss of its names.
    fn epoch(
        &mut self,
        model: &mut dyn Model,
        schedule: &Schedule,
        index: u32,
        position: &mut Position,
    ) -> Result<f64, ModelError> {
        let streams = streams_of(self.plan, self.trial.replicate);
        let one_shot = self.plugin.regime() == Regime::OneShot;
        let order = if one_shot {
            self.split.train.clone()
        } else {
            order_of_epoch(self.dataset, &self.split.train, self.plan.training.sampling, schedule, index, &streams)
        };
        let batch_size = self.plan.training.batch_size as usize;
        let piece_size = if one_shot { order.len() } else { PIECE_STEPS.saturating_mul(batch_size) };
        for rows in order[position.names..].chunks(piece_size.max(1)) {
            position.loss = model.train(&Piece {
                epoch: index,
                sequences: self.dataset.sequences(),
                labels: self.dataset.labels(),
                order: rows,
                steps_before: schedule.steps_before(index) + (position.names / batch_size) as u64,
                loss_before: position.loss,
                total_steps: schedule.total_steps,
                streams: &streams,
                cancel: self.cancel,
            })?;
            position.names += rows.len();
            if position.names < order.len() {
                self.offer_checkpoint(model, position);
            }
        }
        let loss = position.loss / order.len().max(1) as f64;
        (position.names, position.loss) = (0, 0.0);
        Ok(loss)
    }

    /// Hands the observer a checkpoint, if one is due.
    fn offer_checkpoint(&self, model: &dyn Model, position: &Position) {
        if !self.observer.checkpoint_due(self.trial, self.epochs.len() as u32, position.names as u64) {
            return;
        }
        let progress = Progress {
            trial: self.trial.id.clone(),
            epochs: self.epochs.clone(),
            names: position.names as u64,
            loss: position.loss,
            best: position.best.as_ref().map(|(best, _)| *best),
        };
        let checkpoint = Checkpoint {
            progress,
            weights: model.weights(),
            training_state: model.training_state(),
            best_weights: position.best.as_ref().map_or_else(Vec::new, |(_, weights)| weights.clone()),
        };
        self.observer.checkpoint(self.trial, &checkpoint);
    }

    /// Records the untouched weights as if they were an epoch's: `train_loss` is the mean loss of all training rows.
    fn only_score(&mut self, model: &mut dyn Model) -> Result<Trained, ModelError> {
        let train_loss = score(model, self.dataset, &self.split.train)?.loss;
        self.finish_epoch(model, 0, train_loss, 0)?;
        Ok(Trained { kept_epoch: 0, weights: model.weights() })
    }

    /// Scores the validation rows and records the epoch.
    fn finish_epoch(
        &mut self,
        model: &mut dyn Model,
        index: u32,
        train_loss: f64,
        step: u64,
    ) -> Result<(), ModelError> {
        let validation = score(model, self.dataset, &self.split.validation)?;
        if !(train_loss.is_finite() && validation.loss.is_finite()) {
            return Err(ModelError::Diverged { step, loss: train_loss + validation.loss });
        }
        self.epochs.push(EpochRecord { train_loss, validation });
        self.observer.event(Event::EpochFinished {
            trial: self.trial,
            epoch: index,
            train_loss,
            validation: &validation,
        });
        Ok(())
    }

    /// Notes the epoch if it is the best so far; says whether patience has run out.
    fn stops(
        &self,
        settings: EarlyStopping,
        index: u32,
        best: &mut Option<(BestEpoch, Vec<Tensor>)>,
        model: &dyn Model,
    ) -> bool {
        let value = self.epochs[index as usize].validation.get(settings.metric);
        if best.as_ref().is_none_or(|(best, _)| settings.metric.better(value, best.value)) {
            *best = Some((BestEpoch { epoch: index, value }, model.weights()));
        }
        best.as_ref().is_some_and(|(best, _)| index - best.epoch >= settings.patience)
    }
}

/// Gives `model` the state of `checkpoint`.
fn restore(model: &mut dyn Model, checkpoint: &Checkpoint) -> Result<(), ModelError> {
    model.set_weights(&checkpoint.weights)?;
    model.set_training_state(&checkpoint.training_state)
}

/// An untrained model for `trial`.
pub(crate) fn build(
    plan: &Plan,
    dataset: &Dataset,
    plugin: &dyn ModelPlugin,
    trial: &Trial,
    class_weights: &[f32],
    workers: &Arc<dyn Workers>,
) -> Result<Box<dyn Model>, ModelError> {
    plugin.build(&Setup {
        params: &trial.identity.params,
        training: &plan.training,
        n_tokens: dataset.alphabet().n_tokens(),
        n_classes: dataset.label_names().len(),
        class_weights,
        streams: &streams_of(plan, trial.replicate),
        workers,
    })
}

/// The weight of each label in the loss, (C); a label without training rows weighs 1.
fn class_weights(kind: ClassWeights, dataset: &Dataset, train: &[u32]) -> Vec<f32> {
    let n_classes = dataset.label_names().len();
    if kind == ClassWeights::None {
        return vec![1.0; n_classes];
    }
    let counts = dataset.rows_by_label(train).into_iter().map(|rows| rows.len());
    let present = counts.clone().filter(|count| *count > 0).count();
    let weight = |count: usize| if count == 0 { 1.0 } else { train.len() as f64 / (present * count) as f64 };
    counts.map(|count| weight(count) as f32).collect()
}
