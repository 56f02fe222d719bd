//! `recur experiment`: the whole way from a spec to a report.

use super::available_cores;
use crate::args::{Experiment, Level};
use crate::clock::{Started, unix_seconds};
use crate::error::{CliError, Exit};
use crate::logging::{self, LogFile};
use crate::output::print;
use crate::pipeline::{self, Prepared};
use crate::progress::{Progress, Screen, title};
use recur_core::dataset::Dataset;
use recur_core::event::Event;
use recur_core::model::Cancel;
use recur_core::plan::Plan;
use recur_core::record::Outcome;
use recur_core::registry::Registry;
use recur_core::selection::Finding;
use recur_core::trial::Trial;
use recur_core::weights::ModelCard;
use recur_store::{Environment, Found, Store, write_atomically};
use recur_train::{Observer, TrialResult, run_sweep};
use std::collections::BTreeMap;
use std::sync::{Mutex, Once};

/// Runs an experiment.
pub(crate) fn run(args: &Experiment, level: Level, registry: &Registry) -> Result<Exit, CliError> {
    let spec = pipeline::read_spec(&args.spec, registry)?;
    let store = Store::open(&args.spec.store)?;
    let folder = store.experiment(&spec.name);
    let log = LogFile::open(&folder.join("log.jsonl"))?;
    let screen = Screen::new();
    logging::start(level, &screen, Some(&log));
    let span = tracing::info_span!("experiment", name = spec.name);
    let _entered = span.enter();

    let prepared = Prepared::new(spec, &args.spec, registry)?;
    write_atomically(&folder.join("resolved.yaml"), prepared.spec.resolved_yaml().as_bytes())?;
    let rejects = folder.join("rejects.csv");
    recur_ingest::write_rejects(&rejects, &prepared.data.rejects)?;
    if !prepared.data.rejects.is_empty() {
        tracing::warn!("{} rows cannot be used: {}", prepared.data.rejects.len(), rejects.display());
    }
    let findings = train(args, &prepared, &store, registry, &screen)?;
    let outcome = pipeline::conclude(&prepared, &findings, &store, registry, &args.reports)?;
    print(&outcome.summary)?;
    if let Some(error) = log.take_error() {
        tracing::warn!("the log {} is incomplete: {error}", folder.join("log.jsonl").display());
    }
    Ok(outcome.exit)
}

/// The records of all trials: those in the store, and those trained now.
fn train(
    args: &Experiment,
    prepared: &Prepared,
    store: &Store,
    registry: &Registry,
    screen: &Screen,
) -> Result<Vec<Finding>, CliError> {
    let trials = &prepared.trials;
    let mut records: Vec<_> = trials.iter().map(|trial| stored(store, trial)).collect();
    let missing: Vec<usize> = (0..trials.len()).filter(|index| records[*index].is_none()).collect();
    tracing::info!("{} trials: {} done before, {} to run", trials.len(), trials.len() - missing.len(), missing.len());
    if !missing.is_empty() {
        let to_run: Vec<Trial> = missing.iter().map(|index| trials[*index].clone()).collect();
        let jobs = args.jobs.map_or_else(available_cores, usize::from).min(to_run.len());
        let keeper = Keeper {
            plan: &prepared.plan,
            dataset: &prepared.data.dataset,
            store,
            jobs,
            progress: Progress::new(screen, to_run.len()),
            started: Mutex::new(BTreeMap::new()),
        };
        cancel_on_interrupt();
        let sweep = run_sweep(&prepared.plan, &prepared.data.dataset, registry, &to_run, jobs, &CANCEL, &keeper);
        keeper.progress.finish();
        for (index, record) in missing.into_iter().zip(sweep?.records) {
            records[index] = record;
        }
    }
    let n_kept = records.iter().flatten().count();
    if n_kept < trials.len() {
        return Err(CliError::Interrupted { n_kept, n_trials: trials.len(), store: store.root().to_owned() });
    }
    let finding = |(trial, record): (&Trial, Option<_>)| Some(Finding { trial: trial.clone(), record: record? });
    Ok(trials.iter().zip(records).filter_map(finding).collect())
}

/// The record of `trial`, if the store has one that can be used. A trial that failed is run again: its cause may lie
/// outside of what names it.
fn stored(store: &Store, trial: &Trial) -> Option<recur_core::record::TrialRecord> {
    match store.find(&trial.id) {
        Found::Record(record) if matches!(record.outcome, Outcome::Failed { .. }) => None,
        Found::Record(record) => Some(*record),
        Found::Missing => None,
        Found::Damaged(problem) => {
            tracing::warn!("trial {} is run again: {problem}", trial.id.short());
            None
        }
    }
}

static CANCEL: Cancel = Cancel::new();

/// The first Ctrl-C asks running trials to stop; the second ends the process.
fn cancel_on_interrupt() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let handler = || {
            if CANCEL.is_cancelled() {
                std::process::exit(130);
            }
            CANCEL.cancel();
            tracing::warn!("stopping; press Ctrl-C again to stop at once");
        };
        if let Err(error) = ctrlc::set_handler(handler) {
            tracing::warn!("Ctrl-C will end recur at once: {error}");
        }
    });
}

/// Keeps what a sweep makes, and shows how it goes.
struct Keeper<'a> {
    plan: &'a Plan,
    dataset: &'a Dataset,
    store: &'a Store,
    jobs: usize,
    progress: Progress,
    started: Mutex<BTreeMap<String, Started>>,
}

impl Observer for Keeper<'_> {
    fn event(&self, event: Event<'_>) {
        match &event {
            Event::TrialStarted { trial, .. } => {
                let mut started = self.started.lock().expect("no thread panics while it holds the lock");
                started.insert(trial.id.to_string(), Started::now());
                tracing::debug!("{}: started", title(self.plan, trial));
            }
            Event::EpochFinished { trial, epoch, train_loss, validation } => tracing::debug!(
                epoch,
                train_loss,
                validation_loss = validation.loss,
                validation_accuracy = validation.accuracy,
                validation_macro_f1 = validation.macro_f1,
                "{}: epoch finished",
                title(self.plan, trial)
            ),
            Event::TrialEnded { .. } => {}
        }
        self.progress.event(self.plan, &event);
    }

    fn keep(&self, trial: &Trial, result: &TrialResult) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let started = self.started.lock().expect("no thread panics while it holds the lock").remove(trial.id.as_str());
        let seconds = started.map_or(0.0, |started| started.elapsed().as_secs_f64());
        let environment = Environment {
            recur: env!("CARGO_PKG_VERSION").to_owned(),
            platform: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            instruction_set: recur_kernels::Kernels::get().isa().name().to_owned(),
            jobs: self.jobs,
            finished_unix: unix_seconds(),
            seconds,
        };
        let card = ModelCard::of_trial(&trial.identity, &self.plan.data.text, self.dataset);
        self.store.keep(&result.record, &result.weights, &card, &environment)?;
        match &result.record.outcome {
            Outcome::Finished { kept_epoch } => {
                let metric = self.plan.report.primary;
                let value = result.record.validation().map_or(f64::NAN, |scores| scores.get(metric));
                let (title, metric) = (title(self.plan, trial), metric.title());
                tracing::info!("{title}: validation {metric} {value:.4} at epoch {}, {seconds:.1} s", kept_epoch + 1);
            }
            Outcome::Diverged { reason } => tracing::warn!("{}: diverged: {reason}", title(self.plan, trial)),
            Outcome::Failed { reason } => tracing::error!("{}: failed: {reason}", title(self.plan, trial)),
        }
        Ok(())
    }
}
