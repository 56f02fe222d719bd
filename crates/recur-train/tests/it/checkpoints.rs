//! A trial that goes on from a checkpoint ends as if it had never been stopped.

use crate::common::{dataset, how, plan, registry, replicates, trials};
use crate::toy::Toy;
use recur_core::checkpoint::Checkpoint;
use recur_core::event::Event;
use recur_core::metric::Metric;
use recur_core::model::{Cancel, ModelPlugin, Regime};
use recur_core::params::{ParamValue, Params};
use recur_core::plan::Plan;
use recur_core::record::TrialRecord;
use recur_core::settings::{EarlyStopping, Optimizer, Sampling, TrainingLength};
use recur_core::tensor::Tensor;
use recur_core::trial::Trial;
use recur_train::{Observer, TrialResult, run_sweep};
use std::sync::Mutex;

/// Takes every checkpoint that it can have, or goes on from one.
#[derive(Default)]
struct Recorder {
    resume: Option<Checkpoint>,
    checkpoints: Mutex<Vec<Checkpoint>>,
    epochs_done: Mutex<Vec<u32>>,
    results: Mutex<Vec<TrialResult>>,
}

impl Observer for Recorder {
    fn event(&self, event: Event<'_>) {
        if let Event::TrialStarted { epochs_done, .. } = event {
            self.epochs_done.lock().unwrap().push(epochs_done);
        }
    }

    fn resume(&self, _: &Trial) -> Option<Checkpoint> {
        self.resume.clone()
    }

    fn checkpoint_due(&self, _: &Trial, _: u32, _: u64) -> bool {
        true
    }

    fn checkpoint(&self, trial: &Trial, checkpoint: &Checkpoint) {
        assert_eq!(checkpoint.progress.trial, trial.id);
        self.checkpoints.lock().unwrap().push(checkpoint.clone());
    }

    fn keep(
        &self,
        _: &Trial,
        result: &TrialResult,
    ) -> Result<Option<TrialRecord>, Box<dyn std::error::Error + Send + Sync>> {
        self.results.lock().unwrap().push(result.clone());
        Ok(None)
    }
}

/// Three intervals of 100 steps: each is cut once within.
fn plan_of(plugin: &dyn ModelPlugin) -> Plan {
    let wanted = [
        ("hidden_size", ParamValue::Integer(6)),
        ("heads", ParamValue::Integer(2)),
        ("layers", ParamValue::Integer(2)),
        ("dropout", ParamValue::Real(0.25)),
    ];
    let mut params = Params::defaults(plugin.about().parameters);
    for (name, value) in wanted {
        if params.get(name).is_some() {
            params = params.with(name, value);
        }
    }
    let mut plan = plan(&[(plugin, params)]);
    plan.training.length = TrainingLength::Steps { steps: 300, evaluate_every: 100 };
    plan.training.early_stopping = Some(EarlyStopping { metric: Metric::Loss, patience: 2 });
    plan
}

fn run(plan: &Plan, plugin: &'static dyn ModelPlugin, resume: Option<Checkpoint>) -> (TrialResult, Recorder) {
    let (dataset, registry) = (dataset(), registry(&[plugin]));
    let trials = trials(plan, &registry);
    let recorder = Recorder { resume, ..Recorder::default() };
    run_sweep(&trials, &replicates(plan), &dataset, &registry, how(1, &Cancel::new(), &recorder)).unwrap();
    let result = recorder.results.lock().unwrap().remove(0);
    (result, recorder)
}

fn same(a: &TrialResult, b: &TrialResult) {
    assert_eq!(a.record, b.record);
    assert_eq!(a.weights, b.weights);
}

fn check(plan: &Plan, plugin: &'static dyn ModelPlugin) {
    let (whole, recorder) = run(plan, plugin, None);
    let checkpoints = recorder.checkpoints.into_inner().unwrap();
    assert!(checkpoints.iter().any(|checkpoint| checkpoint.progress.examples > 0), "one within an epoch");
    assert!(checkpoints.iter().any(|checkpoint| checkpoint.progress.examples == 0), "one between epochs");
    for checkpoint in &checkpoints {
        let (resumed, after) = run(plan, plugin, Some(checkpoint.clone()));
        same(&resumed, &whole);
        let n_left = checkpoints.iter().rev().take_while(|other| *other != checkpoint).count();
        assert_eq!(after.checkpoints.lock().unwrap().len(), n_left, "what was done is not done again");
        assert_eq!(*after.epochs_done.lock().unwrap(), [checkpoint.progress.epochs.len() as u32]);
    }
}

#[test]
fn every_network_goes_on_from_every_checkpoint() {
    for plugin in recur_models::PLUGINS {
        check(&plan_of(*plugin), *plugin);
    }
}

#[test]
fn other_ways_to_draw_and_to_step_go_on_as_well() {
    let plugin = recur_models::PLUGINS[0];
    let mut plan = plan_of(plugin);
    plan.training.sampling = Sampling::ClassBalanced;
    plan.training.optimizer = Optimizer::Sgd { momentum: 0.9 };
    check(&plan, plugin);
}

#[test]
fn a_checkpoint_that_does_not_fit_starts_the_trial_anew() {
    let plugin = recur_models::PLUGINS[0];
    let plan = plan_of(plugin);
    let (whole, recorder) = run(&plan, plugin, None);
    let mut checkpoint = recorder.checkpoints.into_inner().unwrap().remove(2);
    checkpoint.training_state.push(Tensor::f32("no_such_tensor", [1], vec![0.0]));
    let (again, after) = run(&plan, plugin, Some(checkpoint));
    same(&again, &whole);
    assert_eq!(*after.epochs_done.lock().unwrap(), [0]);
}

#[test]
fn a_model_in_one_go_has_no_checkpoints() {
    let toy = Toy::new("toy", Regime::OneShot, &[1.0]);
    let (whole, recorder) = run(&plan(&[(toy, Toy::params("learn", 0))]), toy, None);
    assert!(recorder.checkpoints.into_inner().unwrap().is_empty());
    assert_eq!(whole.record.epochs.len(), 1);
}
