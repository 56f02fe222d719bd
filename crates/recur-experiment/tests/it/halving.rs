//! Halving: from the spec to the report, and that stopping and going on changes no byte.

use crate::common::Lab;
use crate::compared_models::compare;
use crate::pipeline::{Run, experiment, lab_with, write_spec};
use crate::verified_trials::{shows, verified, verify};
use recur_core::event::Event;
use recur_core::model::Cancel;
use recur_core::record::TrialRecord;
use recur_core::search::Budget;
use recur_core::trial::TrialId;
use recur_experiment::{
    CheckpointInterval, Conclusion, Experiment, ExperimentError, LocalExecutor, Observer, RunEvent, RunOptions,
};
use recur_store::Store;
use std::collections::BTreeMap;
use std::sync::Mutex;

/// Nine configurations after one epoch, three after three, and two to the end; then on all replicates.
const HALVING: &str = "\
# Which learning rate?
recur: 1
name: small
seed: 5
data: {source: 'DATA'}
training: {epochs: 9, batch_size: 8, schedule: cosine}
models:
  - use: linfa_naive_bayes
  - use: manual_rnn
    sweep: {hidden_size: [3, 4, 5], learning_rate: [0.01, 0.1, 1]}
replicates: 2
race: {replicates: [1, 2]}
halving: {}
";

/// What happened to trials, and a flag that is raised after so many epochs.
#[derive(Default)]
struct Watch {
    stop_after: Option<usize>,
    cancel: Cancel,
    /// The epochs that were done when a trial began.
    epochs_done: Mutex<Vec<u32>>,
    n_epochs: Mutex<usize>,
}

impl Observer for Watch {
    fn event(&self, _: &Experiment, event: &RunEvent<'_>) {
        match event {
            RunEvent::Trial(Event::TrialStarted { trial, epochs_done, .. }) if trial.identity.training.is_some() => {
                self.epochs_done.lock().unwrap().push(*epochs_done);
            }
            RunEvent::Trial(Event::EpochFinished { trial, .. }) if trial.identity.training.is_some() => {
                let mut n_epochs = self.n_epochs.lock().unwrap();
                *n_epochs += 1;
                if Some(*n_epochs) == self.stop_after {
                    self.cancel.cancel();
                }
            }
            _ => {}
        }
    }
}

/// Runs the experiment in a store, watched.
fn run(
    lab: &Lab,
    store: &str,
    jobs: usize,
    checkpoints: CheckpointInterval,
    watch: &Watch,
) -> Result<(), Box<ExperimentError>> {
    let options = RunOptions { observers: vec![watch], cancel: &watch.cancel, checkpoints, ..RunOptions::default() };
    let store = Store::open(&lab.path(store)).unwrap();
    Run::default().prepared(lab).run(&store, &LocalExecutor::new(jobs), &options)?;
    Ok(())
}

/// All records of a store.
fn records(lab: &Lab, store: &str) -> BTreeMap<TrialId, TrialRecord> {
    let store = Store::open(&lab.path(store)).unwrap();
    let mut records = BTreeMap::new();
    store
        .records(|entry| {
            let record = entry.unwrap();
            records.insert(record.id.clone(), record);
            std::ops::ControlFlow::Continue(())
        })
        .unwrap();
    records
}

fn has_checkpoints(lab: &Lab, store: &str) -> bool {
    !Store::open(&lab.path(store)).unwrap().trials_with_checkpoints().unwrap().is_empty()
}

#[test]
fn configurations_are_stopped_and_the_others_go_on_where_they_were() {
    let lab = lab_with(HALVING);
    let watch = Watch::default();
    run(&lab, "runs", 1, CheckpointInterval::default(), &watch).unwrap();
    // On the first replicate 9 × 1, 3 × 2 more, and 2 × 6 more; 2 × 9 on the second one.
    assert_eq!(*watch.n_epochs.lock().unwrap(), 9 + 6 + 12 + 18);
    let mut begun = watch.epochs_done.into_inner().unwrap();
    begun.sort_unstable();
    assert_eq!(begun, [vec![0; 9 + 2], vec![1; 3], vec![3; 2]].concat());
    assert!(!has_checkpoints(&lab, "runs"), "what was stopped does not go on");

    let ran = experiment(&lab).unwrap();
    assert_eq!(ran.n_trained, 0, "all is stored");
    let eliminated = ran.experiment.eliminated();
    let stopped = |epochs| Some(Budget { replicates: 1, epochs: Some(epochs) });
    let count = |budget: Option<Budget>| eliminated.iter().filter(|eliminated| **eliminated == budget).count();
    assert_eq!((count(stopped(1)), count(stopped(3)), count(None)), (6, 1, 2 + 1));
    assert_eq!(ran.experiment.shorter_trials().len(), 3 + 2);
    assert_eq!(ran.outcomes.len() as u64, ran.experiment.most_trials());
    let report = lab.read("reports/small.md");
    for part in [
        "## Halving",
        "| `manual_rnn` | 1 | 1 | 9 | 3 |",
        "| `manual_rnn` | all | 2 | 2 |",
        "eliminated after 1 epoch on 1 replicate",
        "eliminated after 3 epochs on 1 replicate",
    ] {
        assert!(report.contains(part), "`{part}` is not in {report}");
    }
    assert_eq!(Run::default().check(&lab), None);
}

#[test]
fn what_is_trained_in_parts_has_the_bytes_of_what_is_trained_at_once() {
    for training in ["schedule: cosine", "early_stopping: {patience: 2}", "optimizer: {name: sgd, momentum: 0.9}"] {
        let spec = HALVING.replace("schedule: cosine", training);
        let lab = lab_with(&spec);
        run(&lab, "runs", 2, CheckpointInterval::default(), &Watch::default()).unwrap();
        let set: &[&str] = &["halving=none", "race=none", "data.split.test=fixed"];
        Run { set, store: "grid", ..Run::default() }.trained(&lab).unwrap();
        let (halved, grid) = (records(&lab, "runs"), records(&lab, "grid"));
        let (mut n_whole, mut n_stopped) = (0, 0);
        for (id, record) in &halved {
            let full = &grid[&record.identity.full_training()];
            let Some(epochs) = record.identity.stop_after() else {
                assert_eq!(full, record);
                n_whole += 1;
                continue;
            };
            assert_ne!(id, &full.id);
            assert_eq!(record.epochs[..], full.epochs[..record.epochs.len()], "{training}");
            assert_eq!(record.validation(), full.validation_after(Some(epochs)), "{training}");
            n_stopped += 1;
        }
        assert_eq!((n_whole, n_stopped), (2 + 4, 9 + 3), "{training}");
    }
}

#[test]
fn halving_does_not_depend_on_jobs_interruptions_and_checkpoints() {
    let lab = lab_with(HALVING);
    run(&lab, "whole", 3, CheckpointInterval::default(), &Watch::default()).unwrap();
    let whole = records(&lab, "whole");
    for stop_after in [1, 5, 9, 11, 14, 20, 30, 40] {
        let store = format!("stopped-{stop_after}");
        let checkpoints = CheckpointInterval::Epochs(2);
        let watch = Watch { stop_after: Some(stop_after), ..Watch::default() };
        let stopped = run(&lab, &store, 2, checkpoints, &watch);
        let error = stopped.unwrap_err();
        assert!(matches!(*error, ExperimentError::Interrupted { .. }), "{stop_after}: {error:?}");
        run(&lab, &store, 1, checkpoints, &Watch::default()).unwrap();
        assert_eq!(records(&lab, &store), whole, "{stop_after}");
        assert!(!has_checkpoints(&lab, &store), "{stop_after}");
    }
    let watch = Watch::default();
    run(&lab, "off", 1, CheckpointInterval::Off, &watch).unwrap();
    assert_eq!(records(&lab, "off"), whole);
    assert!(watch.epochs_done.into_inner().unwrap().iter().all(|done| *done == 0), "each began anew");
}

#[test]
fn a_search_is_halved_and_reported() {
    let models = HALVING.find("models").unwrap();
    let spec = format!(
        "{}models:\n  - use: manual_rnn\n    sweep: {{hidden_size: {{linear: {{from: 2, to: 8}}}}, learning_rate: {{log: {{from: 0.001, to: 1}}}}}}\n\
         replicates: 2\nsearch: {{configurations: 12, ahead: 4, replicates: 1}}\nrace: {{replicates: [1, 2], keep: 0.5}}\nhalving: {{shortest: 3}}\n",
        &HALVING[..models]
    );
    let lab = lab_with(&spec);
    let ran = experiment(&lab).unwrap();
    let stages: Vec<_> =
        ran.experiment.stages()[0].stages.iter().map(|stage| (stage.budget, stage.n_entered)).collect();
    let first = Budget { replicates: 1, epochs: Some(3) };
    assert_eq!(stages, [(first, 12), (Budget::full(1), 4), (Budget::full(2), 2)]);
    let search = &ran.reported.analysis.searches[0];
    assert_eq!((search.budget, search.proposals.len()), (first, 12));
    // What a proposal came to in the search is its result after three epochs, also where it was trained on.
    let records = records(&lab, "runs");
    for proposal in &search.proposals {
        let of_proposal = |record: &&TrialRecord| {
            let configuration = &ran.experiment.plan().configurations[proposal.configuration];
            record.identity.params == configuration.params && record.identity.stop_after() == Some(3)
        };
        let record = records.values().find(of_proposal).unwrap();
        assert_eq!(proposal.value, record.validation().map(|scores| scores.get(ran.reported.analysis.primary)));
    }
    let report = lab.read("reports/small.md");
    assert!(report.contains("after 3 epochs on 1 replicate"), "{report}");
    assert_eq!(Run::default().check(&lab), None);
}

#[test]
fn what_halving_chose_predicts_and_what_it_stopped_does_not() {
    // One replicate: what was stopped has a record on each.
    let lab = lab_with(&HALVING.replace("replicates: 2\nrace: {replicates: [1, 2]}\n", "replicates: 1\n"));
    let (experiment, outcomes, _) = Run::default().trained(&lab).unwrap();
    let selection = experiment.select(&outcomes);
    let chosen = selection.chosen()[1].configuration.unwrap();
    assert_eq!(experiment.eliminated()[chosen], None);
    let title = experiment.plan().configurations[chosen].title();
    let store = lab.path("runs");
    let weights = |word: &str| recur_experiment::weights_of(word, &store, &lab.registry).map(|file| file.digest);
    assert_eq!(weights("small/manual_rnn").unwrap(), weights(&format!("small/{title}")).unwrap());
    let stopped = experiment.eliminated().iter().position(Option::is_some).unwrap();
    let title = experiment.plan().configurations[stopped].title();
    assert!(weights(&format!("small/{title}")).is_err(), "{title}");
}

#[test]
fn what_decided_is_verified_and_exported_too() {
    let lab = lab_with(HALVING);
    let ran = experiment(&lab).unwrap();
    let n_trials = ran.experiment.all_trials().count();
    assert_eq!(n_trials, ran.outcomes.len() + 5);
    let file = lab.word("small.yaml");
    for what in [file.as_str(), "reports/small.md"] {
        verified(&lab, what, &[&format!("{n_trials} of {n_trials} trials executed again")]);
    }
    let sample = verify(&lab, &file, Some(ran.outcomes.len())).unwrap();
    shows(&sample, Conclusion::VerifiedInPart, &["5 trials outside of the sample"]);
    let stopped = records(&lab, "runs").into_values().find(|record| record.identity.stop_after().is_some()).unwrap();
    verified(&lab, stopped.id.as_str(), &[]);
}

#[test]
fn experiments_of_whole_and_of_stopped_trainings_are_compared() {
    let lab = lab_with(HALVING);
    experiment(&lab).unwrap();
    let short = HALVING.replace("name: small", "name: short").replace("halving: {}\n", "");
    write_spec(&lab, "short.yaml", &short.replace("schedule: cosine", "schedule: cosine, stop_after: 3"));
    Run { spec: "short.yaml", ..Run::default() }.of(&lab).unwrap();
    for words in [["small", "short"], ["short", "small"]] {
        let analysis = compare(&lab, &words).unwrap().analysis;
        assert_eq!(analysis.models.len(), 2 + 1, "naive Bayes is one: {words:?}");
        assert_eq!(analysis.ranking.len(), 3, "each model is tested: {words:?}");
    }
}
