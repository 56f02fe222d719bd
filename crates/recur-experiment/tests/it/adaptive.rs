//! A race and a search: from the spec to the report, and what must not change their decisions.

use crate::common::Lab;
use crate::pipeline::{Ran, Run, experiment, lab_with};
use crate::run::train;
use recur_core::event::Event;
use recur_core::model::{Cancel, Declaration, Model, ModelError, ModelPlugin, Setup};
use recur_core::random::StreamPath;
use recur_core::record::TrialRecord;
use recur_core::search::Budget;
use recur_core::trial::TrialId;
use recur_experiment::{
    Executor, Experiment, ExperimentError, LocalExecutor, LookupError, Observer, Part, PartEnd, Queue, RunEvent,
    RunOptions,
};
use recur_store::Store;
use recur_train::{Next, Source as _, SweepError};
use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Twelve configurations of one model and one of another, in three stages.
const RACE: &str = "\
# Which learning rate?
recur: 1
name: small
seed: 5
data: {source: 'DATA'}
training: {epochs: 2, batch_size: 8}
models:
  - use: linfa_naive_bayes
  - use: manual_rnn
    sweep: {hidden_size: [3, 4, 5], learning_rate: {log: {from: 0.001, to: 1, steps: 4}}}
replicates: 3
race: {replicates: [1, 2, 3]}
";

/// The same model, searched.
const SEARCH: &str = "\
# Which learning rate?
recur: 1
name: small
seed: 5
data: {source: 'DATA'}
training: {epochs: 2, batch_size: 8}
models:
  - use: linfa_naive_bayes
  - use: manual_rnn
    sweep: {hidden_size: {linear: {from: 2, to: 8}}, learning_rate: {log: {from: 0.001, to: 1}}}
replicates: 3
search: {method: tpe, configurations: 14, ahead: 3}
";

/// The trials and the report of a run in a store of its own.
fn run(lab: &Lab, store: &str, jobs: usize) -> (BTreeSet<TrialId>, String) {
    let ran = Run { jobs, store, reports: store, ..Run::default() }.of(lab).unwrap();
    (ids(&ran), lab.read(&format!("{store}/small.md")))
}

fn ids(ran: &Ran) -> BTreeSet<TrialId> {
    ran.outcomes.iter().map(|outcome| outcome.trial.id.clone()).collect()
}

/// The records of a run in a store of its own; a report follows from them.
fn records(lab: &Lab, store: &str) -> Vec<TrialRecord> {
    let (_, outcomes, _) = Run { store, ..Run::default() }.trained(lab).unwrap();
    outcomes.into_iter().map(|outcome| outcome.record).collect()
}

#[test]
fn a_race_trains_fewer_trials_and_chooses_among_those_of_the_last_stage() {
    let lab = lab_with(RACE);
    let ran = experiment(&lab).unwrap();
    // 12 configurations, then 4, then 2; and one of the other model on each replicate.
    assert_eq!(ran.outcomes.len(), 12 + 4 + 2 + 3);
    assert_eq!(ran.experiment.most_trials(), 21);
    let eliminated = ran.experiment.eliminated();
    let count = |n: Option<u32>| eliminated.iter().filter(|eliminated| **eliminated == n.map(Budget::full)).count();
    assert_eq!((count(None), count(Some(1)), count(Some(2))), (3, 8, 2));
    let selection = &ran.reported.scored.selection;
    let chosen = selection.chosen()[1].configuration.unwrap();
    assert_eq!(eliminated[chosen], None);

    let analysis = &ran.reported.analysis;
    let stages: Vec<(u32, usize)> =
        analysis.stages[1].stages.iter().map(|stage| (stage.budget.replicates, stage.n_entered)).collect();
    assert_eq!(stages, [(1, 12), (2, 4), (3, 2)]);
    // What a value does is compared on what all configurations were trained on.
    assert!(analysis.axes.iter().flat_map(|axis| &axis.pairs).all(|pair| pair.finished == pair.planned));
    let report = lab.read("reports/small.md");
    assert!(report.contains("## Race") && report.contains("eliminated after 1 replicate"), "{report}");

    assert_eq!(experiment(&lab).unwrap().n_trained, 0, "all is stored");
    assert_eq!(Run::default().check(&lab), None);
}

#[test]
fn a_widened_race_trains_only_what_is_new() {
    let lab = lab_with(RACE);
    Run::default().trained(&lab).unwrap();
    let trained = |set: &[&str]| {
        let (_, outcomes, n_trained) = Run { set, ..Run::default() }.trained(&lab).unwrap();
        (outcomes.len(), n_trained)
    };
    // 6 instead of 4, then 3 instead of 2.
    assert_eq!(trained(&["race.keep=0.5"]), (12 + 6 + 3 + 3, 2 + 1));
    assert_eq!(trained(&["race=none", "data.split.test=fixed"]), (39, 39 - 24));
}

#[test]
fn the_same_search_comes_of_any_number_of_jobs() {
    let lab = lab_with(SEARCH);
    let (ids, report) = run(&lab, "one", 1);
    assert_eq!(ids.len(), 14 * 2 + 2 + 3, "two proposals of fourteen go on to the third replicate");
    let again = run(&lab, "three", 3);
    assert_eq!((&again.0, &again.1), (&ids, &report));
    for part in ["## Search", "Parzen estimator", "best-so-far.svg", "slices.svg", "| `manual_rnn` | 2 | 14 | 2 |"] {
        assert!(report.contains(part), "`{part}` is not in {report}");
    }
    assert!(!report.contains("## Effect of each parameter"), "no grid, no table of effects");
}

#[test]
fn a_larger_budget_and_another_model_keep_the_first_proposals() {
    let proposals = |spec: &str| -> BTreeSet<TrialId> {
        let lab = lab_with(spec);
        let (_, outcomes, _) = Run::default().trained(&lab).unwrap();
        let of_model = outcomes.iter().filter(|outcome| outcome.record.identity.model == "manual_rnn");
        of_model.filter(|outcome| outcome.trial.replicate < 2).map(|outcome| outcome.trial.id.clone()).collect()
    };
    let first = proposals(SEARCH);
    assert!(first.is_subset(&proposals(&SEARCH.replace("configurations: 14", "configurations: 20"))));
    assert_eq!(first, proposals(&SEARCH.replace("linfa_naive_bayes", "linfa_logistic")));
}

/// Raises the flag when so many trials have ended.
struct StopAfter<'a>(&'a Cancel, AtomicUsize);

impl Observer for StopAfter<'_> {
    fn event(&self, _: &Experiment, event: &RunEvent<'_>) {
        if let RunEvent::Trial(Event::TrialEnded { .. }) = event
            && self.1.fetch_sub(1, Ordering::SeqCst) == 1
        {
            self.0.cancel();
        }
    }
}

#[test]
fn a_search_that_is_stopped_anywhere_goes_on_as_if_it_had_not_been() {
    let lab = lab_with(SEARCH);
    let whole = records(&lab, "whole");
    let store = Store::open(&lab.path("runs")).unwrap();
    for n_trials in [1, 3, 8, 2] {
        let cancel = Cancel::new();
        let observer = StopAfter(&cancel, AtomicUsize::new(n_trials));
        let options = RunOptions { observers: vec![&observer], cancel: &cancel, ..RunOptions::default() };
        let stopped = Run::default().prepared(&lab).run(&store, &LocalExecutor::new(2), &options);
        assert!(matches!(stopped, Err(ExperimentError::Interrupted { .. })), "{stopped:?}");
    }
    drop(store);
    assert_eq!(records(&lab, "runs"), whole);
}

/// Takes all trials that there are, ends one of them, and looks again.
struct OneByOne {
    /// Which one ends; the first without a seed.
    seed: Option<u64>,
    /// How many trials were taken each time.
    taken: Mutex<Vec<usize>>,
}

impl Executor for OneByOne {
    fn jobs(&self) -> usize {
        1
    }

    fn execute(
        &self,
        queue: &Queue<'_>,
        options: &RunOptions<'_>,
        recorder: &dyn recur_train::Observer,
    ) -> Result<(), SweepError> {
        let mut stream = StreamPath::root(self.seed.unwrap_or(0)).stream();
        let mut running = Vec::new();
        loop {
            let before = running.len();
            while let Next::Trial(trial) = queue.next() {
                running.push(*trial);
            }
            self.taken.lock().unwrap().push(running.len() - before);
            if running.is_empty() {
                return Ok(());
            }
            let trial = running.remove(self.seed.map_or(0, |_| stream.below(running.len() as u32) as usize));
            let record = train(&trial, queue, options, recorder)?;
            queue.ended(&trial, record).map_err(SweepError::Decide)?;
        }
    }
}

#[test]
fn a_search_and_halving_do_not_depend_on_the_order_in_which_trials_end() {
    for spec in [SEARCH.to_owned(), SEARCH.replace("epochs: 2", "epochs: 4") + "halving: {shortest: 2, eta: 2}\n"] {
        let lab = lab_with(&spec);
        let whole = records(&lab, "whole");
        for seed in 0..3 {
            let store = Store::open(&lab.path(&format!("shuffled-{seed}"))).unwrap();
            let executor = OneByOne { seed: Some(seed), taken: Mutex::default() };
            let outcomes = Run::default().prepared(&lab).run(&store, &executor, &RunOptions::default()).unwrap();
            assert_eq!(outcomes.into_iter().map(|outcome| outcome.record).collect::<Vec<_>>(), whole, "seed {seed}");
        }
    }
}

#[test]
fn a_proposal_waits_only_for_the_results_that_it_knows() {
    // One replicate for each proposal, so that each trial decides the third one after it.
    let search = "search: {configurations: 14, ahead: 3, replicates: 1}\nrace: {replicates: [1, 3]}\n";
    let head = &SEARCH[..SEARCH.find("search:").unwrap()];
    let lab = lab_with(&format!("{head}{search}").replace("  - use: linfa_naive_bayes\n", ""));
    let store = Store::open(&lab.path("runs")).unwrap();
    let executor = OneByOne { seed: None, taken: Mutex::default() };
    Run::default().prepared(&lab).run(&store, &executor, &RunOptions::default()).unwrap();
    let taken = executor.taken.into_inner().unwrap();
    // Three at first, then one whenever one ends; then the race, when the last has ended.
    assert_eq!(taken[..12], [3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1], "{taken:?}");
    assert_eq!(taken[12..15], [0, 0, 2 * 2], "{taken:?}");
}

/// The manual RNN, which cannot be built while [`FAILS`] is set.
struct Fragile(Declaration);

static FAILS: AtomicBool = AtomicBool::new(false);
static FAILS_LATE: AtomicBool = AtomicBool::new(false);

impl ModelPlugin for Fragile {
    fn about(&self) -> &Declaration {
        &self.0
    }

    fn build(&self, setup: &Setup<'_>) -> Result<Box<dyn Model>, ModelError> {
        // Training rows differ between replicates, and so do the weights of labels; a stream says which replicate it is.
        if FAILS_LATE.load(Ordering::SeqCst) && !setup.streams.path().starts_with("replicate/0") {
            return Err(ModelError::Parameter { name: "hidden_size", problem: "no room later".to_owned() });
        }
        if FAILS.load(Ordering::SeqCst) && setup.params.size("hidden_size") > 4 {
            return Err(ModelError::Parameter { name: "hidden_size", problem: "no room today".to_owned() });
        }
        manual_rnn().build(setup)
    }
}

fn manual_rnn() -> &'static dyn ModelPlugin {
    *recur_models::PLUGINS.iter().find(|plugin| plugin.about().id == "manual_rnn").unwrap()
}

#[test]
fn a_failed_trial_halts_a_search_and_the_next_run_tries_it_again() {
    let fragile: &'static Fragile =
        Box::leak(Box::new(Fragile(Declaration { id: "fragile", ..*manual_rnn().about() })));
    let spec = SEARCH.replace("manual_rnn", "fragile");
    let mut lab = lab_with(&spec);
    lab.registry.register_all(&[fragile]);
    FAILS.store(true, Ordering::SeqCst);
    let error = experiment(&lab).unwrap_err();
    let LookupError::Experiment(error) = &error else { panic!("{error}") };
    assert!(matches!(&**error, ExperimentError::Halted { reason, .. } if reason.contains("no room today")), "{error}");
    assert!(error.to_string().contains("its result decides which trials come next"), "{error}");
    assert!(error.hint().unwrap().starts_with("the same command runs it again"));
    FAILS.store(false, Ordering::SeqCst);
    assert_eq!(records(&lab, "runs"), records(&lab, "undisturbed"));
}

#[test]
fn a_search_is_planned_reported_and_compared_from_the_store() {
    let lab = lab_with(SEARCH);
    let mut planned = Run::default().prepared(&lab);
    // The first three proposals on two replicates each, and the other model on them.
    assert_eq!((planned.trials().len(), planned.needed().len()), (3 * 2 + 2, 8));
    let most = planned.most_trials();
    let ran = experiment(&lab).unwrap();
    assert_eq!(ran.outcomes.len() as u64, most);
    let store = Store::open(&lab.path("runs")).unwrap();
    planned.replay(&store, 2).unwrap();
    assert!(planned.is_decided());
    assert_eq!(planned.trials().len() as u64, most);
    assert_eq!(planned.planned_run(Some(&store)).unwrap().n_to_run(), 0);
    let listed: Vec<String> = match store.find_experiment("small") {
        recur_store::FoundExperiment::Experiment(stored) => {
            stored.trials.iter().map(|trial| trial.id.to_string()).collect()
        }
        _ => panic!("the store does not know it"),
    };
    assert_eq!(listed, planned.trials().iter().map(|trial| trial.id.to_string()).collect::<Vec<_>>());
    drop(store);
    assert_eq!(Run::default().check(&lab), None);
}

#[test]
fn the_power_of_a_plan_is_that_of_what_is_compared() {
    let power = |spec: &str| {
        let lab = lab_with(&spec.replace("  - use: linfa_naive_bayes\n", ""));
        let planned = Run::default().prepared(&lab);
        planned.planned_run(None).unwrap().power.text()
    };
    let race = RACE.replace("[1, 2, 3]", "[2, 3]");
    let of_race = power(&race);
    assert!(of_race.contains("with 2 replicates") && of_race.contains("pairs of values"), "{of_race}");
    let of_first_replicate = power(RACE);
    assert!(of_first_replicate.contains("no difference between values"), "{of_first_replicate}");
    assert!(power(SEARCH).contains("a search of one model compares no values"), "{}", power(SEARCH));
}

#[test]
fn a_part_of_a_search_is_run_and_the_next_run_goes_on() {
    let lab = lab_with(SEARCH);
    let whole = records(&lab, "whole");
    let store = Store::open(&lab.path("runs")).unwrap();
    let part = |part: Part| {
        let options = RunOptions { part, ..RunOptions::default() };
        let ended = Run::default().prepared(&lab).run(&store, &LocalExecutor::new(2), &options);
        match ended {
            Err(ExperimentError::PartDone { end, n_kept, n_trials, .. }) => (end, n_kept, n_trials),
            other => panic!("{other:?}"),
        }
    };
    let only = |model: &str| Part { only: vec![model.to_owned()], ..Part::default() };
    // The other model needs a trial on each of three replicates, and no result of this one.
    assert_eq!(part(only("linfa_naive_bayes")), (PartEnd::OtherModels, 3, 9));
    assert_eq!(part(Part { max_trials: Some(4), ..Part::default() }).0, PartEnd::MaxTrials(4));
    let unknown = RunOptions { part: only("manual_rn"), ..RunOptions::default() };
    let error = Run::default().prepared(&lab).run(&store, &LocalExecutor::new(1), &unknown).unwrap_err();
    assert_eq!(error.to_string(), "the experiment has no model `manual_rn`");
    assert_eq!(error.hint().unwrap(), "did you mean `manual_rnn`?");
    drop(store);
    assert_eq!(records(&lab, "runs"), whole);
}

#[test]
fn a_run_that_reaches_its_time_limit_says_so_and_keeps_what_has_ended() {
    let lab = lab_with(&SEARCH.replace("epochs: 2", "epochs: 100000"));
    let store = Store::open(&lab.path("runs")).unwrap();
    let part = Part { time_limit: Some("0.3s".parse().unwrap()), ..Part::default() };
    let options = RunOptions { part, ..RunOptions::default() };
    let ended = Run::default().prepared(&lab).run(&store, &LocalExecutor::new(2), &options);
    assert!(matches!(ended, Err(ExperimentError::PartDone { end: PartEnd::TimeLimit, .. })), "{ended:?}");
    assert!(!options.cancel.is_cancelled(), "the next run with these options is not stopped");
}

#[test]
fn predicting_with_a_search_takes_what_it_chose() {
    let lab = lab_with(SEARCH);
    let (experiment, outcomes, _) = Run::default().trained(&lab).unwrap();
    let chosen = experiment.select(&outcomes).chosen()[1].configuration.unwrap();
    let title = experiment.plan().configurations[chosen].title();
    let store = lab.path("runs");
    let weights = |word: &str| recur_experiment::weights_of(word, &store, &lab.registry).map(|file| file.digest);
    assert_eq!(weights("small/manual_rnn").unwrap(), weights(&format!("small/{title}")).unwrap());
}

#[test]
fn two_models_may_share_a_trial_and_both_have_its_results() {
    let models = "  - use: manual_rnn
    sweep: {hidden_size: [3, 4], learning_rate: [0.01, 0.1]}
  - use: manual_rnn
    as: other
    params: {learning_rate: 0.1}
    sweep: {hidden_size: [4, 5]}
";
    let first = RACE.find("  - use: linfa").unwrap();
    let end = RACE.find("replicates: 3").unwrap();
    let spec = format!("{}{models}{}", &RACE[..first], &RACE[end..]).replace("[1, 2, 3]", "[2, 3]");
    let lab = lab_with(&spec);
    let ran = experiment(&lab).unwrap();
    let analysis = &ran.reported.analysis;
    assert_eq!(analysis.ranking.len(), 2);
    assert!(analysis.configurations.iter().all(|one| one.trials.finished == one.trials.planned), "{analysis:?}");
    assert_eq!(ran.n_trained, ids(&ran).len(), "each is trained once");
    assert!(lab.read("reports/small.md").contains("None: "), "no trial is missing");
    assert_eq!(Run::default().check(&lab), None);
}

#[test]
fn a_trial_is_kept_with_its_own_spec_while_a_search_before_its_model_grows() {
    let grid = "  - use: manual_rnn
    as: grid
    search: false
    sweep: {hidden_size: [3, 5, 7], learning_rate: [0.01, 0.1]}
replicates";
    let spec = SEARCH.replace("  - use: linfa_naive_bayes\n", "").replacen("replicates", grid, 1);
    let lab = lab_with(&spec);
    let ran = experiment(&lab).unwrap();
    assert_eq!(ran.experiment.plan().models(), ["manual_rnn", "grid"]);
    let store = Store::open(&lab.path("runs")).unwrap();
    for outcome in &ran.outcomes {
        let text = std::fs::read(store.trial(&outcome.trial.id).join("spec.yaml")).unwrap();
        let alone = recur_spec::parse(&text, "spec.yaml", &[], &lab.registry).unwrap();
        let alone = Experiment::prepare(alone, &lab.registry).unwrap();
        let ids: Vec<&TrialId> = alone.trials().iter().map(|trial| &trial.id).collect();
        assert!(ids.contains(&&outcome.trial.id), "{}", outcome.trial.title);
        let configuration = ran.experiment.configuration_of(&outcome.trial);
        assert_eq!(configuration.params, outcome.record.identity.params);
    }
}

#[test]
fn a_search_proposes_what_another_model_has_already_and_goes_on() {
    let first = SEARCH.find("  - use").unwrap();
    let spec = format!(
        "{}  - {{use: manual_rnn, as: base, params: {{hidden_size: 4, learning_rate: 0.1}}}}
  - {{use: manual_rnn, as: searched, sweep: {{hidden_size: [3, 4, 5], learning_rate: [0.01, 0.1, 1.0]}}}}
replicates: 1\nsearch: {{configurations: 9, ahead: 1}}\n",
        &SEARCH[..first]
    );
    for jobs in [1, 3] {
        let lab = lab_with(&spec);
        let ran = Run { jobs, ..Run::default() }.of(&lab).unwrap();
        // All points of the space, one of which is the other model's.
        assert_eq!((ran.outcomes.len(), ran.n_trained), (1 + 9, 9));
    }
}

/// Panics when the third trial ends.
struct PanicsAtTheThird(AtomicUsize);

impl Observer for PanicsAtTheThird {
    fn event(&self, _: &Experiment, event: &RunEvent<'_>) {
        if let RunEvent::Trial(Event::TrialEnded { .. }) = event {
            assert!(self.0.fetch_add(1, Ordering::SeqCst) != 2, "a fault of the observer");
        }
    }
}

#[test]
fn no_thread_waits_for_one_that_panicked() {
    let lab = lab_with(SEARCH);
    let (store, observer, cancel) =
        (Store::open(&lab.path("runs")).unwrap(), PanicsAtTheThird(AtomicUsize::new(0)), Cancel::new());
    let options = RunOptions { observers: vec![&observer], cancel: &cancel, ..RunOptions::default() };
    let mut prepared = Run::default().prepared(&lab);
    let run = std::panic::AssertUnwindSafe(|| prepared.run(&store, &LocalExecutor::new(3), &options).is_ok());
    assert!(std::panic::catch_unwind(run).is_err());
}

#[test]
fn a_failed_trial_of_the_last_stage_is_part_of_the_report() {
    let fragile: &'static Fragile =
        Box::leak(Box::new(Fragile(Declaration { id: "fragile", ..*manual_rnn().about() })));
    let spec = RACE.replace("manual_rnn", "fragile").replace("[3, 4, 5]", "[9]").replace("steps: 4", "steps: 2");
    let mut lab = lab_with(&spec.replace("race: {replicates: [1, 2, 3]}", "race: {replicates: [1, 3], keep: 0.9}"));
    lab.registry.register_all(&[fragile]);
    FAILS_LATE.store(true, Ordering::SeqCst);
    let ran = experiment(&lab).unwrap();
    FAILS_LATE.store(false, Ordering::SeqCst);
    assert_eq!(ran.reported.n_unfinished, 4, "two configurations on two more replicates");
}
