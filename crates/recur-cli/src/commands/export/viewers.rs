//! What `recur export` writes for other tools: TensorBoard, MLflow, Optuna, and networks as ONNX.

use crate::args::Export;
use crate::error::CliError;
use recur_analysis::Analysis;
use recur_core::registry::Registry;
use recur_core::selection::TrialOutcome;
use recur_core::trial::TrialId;
use recur_core::visible::shown;
use recur_experiment::shell::quoted;
use recur_experiment::{weights_of_experiment, weights_of_trial};
use recur_store::Store;
use recur_terminal::print;
use recur_viewers::{Files, TrialTime, ViewedExperiment, mlflow, onnx, optuna, tensorboard, write_folder};
use std::collections::BTreeMap;
use std::path::Path;

/// The network that is asked for, as ONNX: of the trial that `recur predict` would take for the experiment `name` or its model, or of
/// the one that is named.
pub(super) fn network(args: &Export, name: &str, store: &Store, registry: &Registry) -> Result<Vec<u8>, CliError> {
    let file = match &args.trial {
        Some(trial) => weights_of_trial(trial, store)?,
        None => weights_of_experiment(name, args.model.as_deref(), store, registry)?,
    };
    Ok(onnx(&file)?)
}

/// What is written for TensorBoard, MLflow and Optuna.
#[derive(Default)]
pub(super) struct Viewed<'a> {
    folders: Vec<(&'a Path, Files)>,
    journal: Option<Vec<u8>>,
}

impl<'a> Viewed<'a> {
    /// Makes what `args` ask for; nothing is written yet.
    pub(super) fn of(args: &'a Export, analysis: &Analysis, outcomes: &[TrialOutcome], store: &Store) -> Self {
        let times = if args.times { times(outcomes, store) } else { BTreeMap::new() };
        let viewed = &ViewedExperiment::new(analysis, outcomes, times);
        let tensorboard = args.tensorboard.as_deref().map(|folder| (folder, tensorboard(viewed)));
        let mlflow = args.mlflow.as_deref().map(|folder| (folder, mlflow(viewed)));
        let journal = args.optuna.is_some().then(|| optuna(viewed).into_bytes());
        Self { folders: tensorboard.into_iter().chain(mlflow).collect(), journal }
    }

    /// The lines of the journal.
    pub(super) fn take_journal(&mut self) -> Option<Vec<u8>> {
        self.journal.take()
    }

    /// Writes the folders, and prints what to do with them.
    pub(super) fn write_folders(self, args: &Export) -> Result<(), CliError> {
        for (folder, files) in self.folders {
            write_folder(folder, &files, args.replace)?;
            print(&format!("written: {}", shown(folder)))?;
        }
        let word = |folder: &Path| quoted(&folder.display().to_string());
        if let Some(folder) = &args.tensorboard {
            print(&format!("open it: tensorboard --logdir {}", word(folder)))?;
        }
        if let Some(folder) = &args.mlflow {
            let source = word(folder);
            print(&format!("open it: mlflow migrate-filestore --source {source} --target sqlite:///mlflow.db"))?;
            print("         mlflow ui --backend-store-uri sqlite:///mlflow.db")?;
        }
        Ok(())
    }
}

/// When each trial ran, as far as the store knows.
fn times(outcomes: &[TrialOutcome], store: &Store) -> BTreeMap<TrialId, TrialTime> {
    let time = |outcome: &TrialOutcome| {
        let environment = store.environment(&outcome.trial.id)?;
        let time = TrialTime { started: environment.started_unix, ended: environment.finished_unix };
        Some((outcome.trial.id.clone(), time))
    };
    outcomes.iter().filter_map(time).collect()
}
