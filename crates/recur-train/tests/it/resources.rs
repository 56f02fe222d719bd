//! What a model takes of the machine: which trials run at once, and that no result depends on it.

use crate::common::{Watch, dataset, how, plan, plan_of, registry, replicates, sweep, trials};
use crate::toy::{Call, Toy};
use recur_core::event::Event;
use recur_core::model::{Cancel, Declaration, Model, ModelError, ModelPlugin, Needs, Resources, Setup};
use recur_core::plan::Plan;
use recur_core::record::TrialRecord;
use recur_core::trial::Trial;
use recur_train::{Fit, Observer, TrialResult, first_to_start, run_sweep};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

/// Counts the trials that run at once. Each waits until as many as are expected have run at once.
struct Counter {
    expected: usize,
    running: AtomicUsize,
    most: AtomicUsize,
}

impl Counter {
    fn of(expected: usize) -> Self {
        Self { expected, running: AtomicUsize::new(0), most: AtomicUsize::new(0) }
    }
}

impl Observer for Counter {
    fn event(&self, _: Event<'_>) {}

    fn begins(&self, _: &Trial) {
        let now = 1 + self.running.fetch_add(1, Ordering::SeqCst);
        self.most.fetch_max(now, Ordering::SeqCst);
        // Where too few may begin, the count that was reached is what the test reports.
        for _ in 0..5_000 {
            if self.most.load(Ordering::SeqCst) >= self.expected {
                break;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        // Time for one too many.
        std::thread::sleep(Duration::from_millis(5));
    }

    fn ends(&self, _: &Trial) {
        self.running.fetch_sub(1, Ordering::SeqCst);
    }

    fn keep(
        &self,
        _: &Trial,
        _: &TrialResult,
    ) -> Result<Option<TrialRecord>, Box<dyn std::error::Error + Send + Sync>> {
        Ok(None)
    }
}

/// The records of nine trials of a model that takes `resources`, on four threads, and how many ran at once: `expected`, if
/// that many may.
fn run(resources: Resources, expected: usize) -> (Vec<TrialRecord>, usize) {
    let toy = Toy::with_needs("toy", Needs { resources, ..Needs::default() });
    let registry = registry(&[toy]);
    let configurations = [0, 1, 2].map(|value| (toy as &dyn ModelPlugin, Toy::params("learn", value)));
    let plan = Plan { replicates: 3, ..plan(&configurations) };
    let (data, counter, cancel) = (dataset(), Counter::of(expected), Cancel::new());
    let trials = trials(&plan, &registry);
    let sweep = run_sweep(&trials, &replicates(&plan), &data, &registry, how(4, &cancel, &counter)).unwrap();
    (sweep.records.into_iter().map(Option::unwrap).collect(), counter.most.into_inner())
}

#[test]
fn resources_bound_the_trials_at_once_and_change_no_result() {
    let (records, most) = run(Resources::default(), 4);
    assert_eq!((records.len(), most), (9, 4));
    let check =
        |resources: Resources, expected: usize| assert_eq!(run(resources, expected), (records.clone(), expected));
    check(Resources { exclusive: true, ..Resources::default() }, 1);
    check(Resources { max_processes: Some(2), ..Resources::default() }, 2);
    check(Resources { threads: 2, ..Resources::default() }, 2);
    check(Resources { threads: 3, ..Resources::default() }, 1);
}

/// Lets the first trial of the model `narrow` go on only once one of the model `other` has begun.
struct Meeting {
    other_begins: Mutex<Sender<()>>,
    other_began: Mutex<Receiver<()>>,
    /// The models of the trials that have begun.
    begun: Mutex<Vec<String>>,
    has_met: Mutex<Option<bool>>,
}

impl Meeting {
    fn new(has_met: Option<bool>) -> Self {
        let (other_begins, other_began) = channel();
        let (other_begins, other_began) = (Mutex::new(other_begins), Mutex::new(other_began));
        Self { other_begins, other_began, begun: Mutex::default(), has_met: Mutex::new(has_met) }
    }
}

impl Observer for Meeting {
    fn event(&self, _: Event<'_>) {}

    fn begins(&self, trial: &Trial) {
        self.begun.lock().unwrap().push(trial.identity.model.clone());
        if trial.identity.model == "other" {
            self.other_begins.lock().unwrap().send(()).unwrap();
            return;
        }
        let mut has_met = self.has_met.lock().unwrap();
        if has_met.is_none() {
            // The time is what a failure takes.
            let other_began = self.other_began.lock().unwrap().recv_timeout(Duration::from_secs(60));
            *has_met = Some(other_began.is_ok());
        }
    }

    fn keep(
        &self,
        _: &Trial,
        _: &TrialResult,
    ) -> Result<Option<TrialRecord>, Box<dyn std::error::Error + Send + Sync>> {
        Ok(None)
    }
}

#[test]
fn while_trials_of_a_model_wait_for_each_other_those_of_another_start_and_no_result_changes() {
    let narrow = Resources { max_processes: Some(1), ..Resources::default() };
    let narrow = Toy::with_needs("narrow", Needs { resources: narrow, ..Needs::default() });
    let other = Toy::with_needs("other", Needs::default());
    let registry = registry(&[narrow, other]);
    let configurations = [(narrow, 0), (narrow, 1), (narrow, 2), (other, 0)]
        .map(|(toy, value)| (toy as &dyn ModelPlugin, Toy::params("learn", value)));
    let (plan, data) = (plan(&configurations), dataset());
    let trials = trials(&plan, &registry);
    let run = |jobs: usize, observer: &dyn Observer| {
        run_sweep(&trials, &replicates(&plan), &data, &registry, how(jobs, &Cancel::new(), observer)).unwrap()
    };
    let meeting = Meeting::new(None);
    let sweep = run(2, &meeting);
    assert_eq!(meeting.has_met.into_inner().unwrap(), Some(true), "the other model's trial waited as well");
    assert_eq!(sweep.records.iter().flatten().count(), 4);
    // The order in which the trials end is another one on one thread.
    let alone = Meeting::new(Some(true));
    assert_eq!(run(1, &alone), sweep);
    assert_eq!(alone.begun.into_inner().unwrap(), ["narrow", "narrow", "narrow", "other"]);
}

#[test]
fn a_trial_that_waits_for_places_holds_up_later_ones_and_one_that_waits_for_its_model_does_not() {
    let toy = Toy::iterative("toy");
    let plan = plan_of(toy, &["learn"; 3]);
    let trials = trials(&plan, &registry(&[toy]));
    let first = |fits: [Fit; 3]| {
        let mut asked = 0;
        let place = first_to_start(&trials, &mut |trial| {
            asked += 1;
            fits[trial.configuration]
        });
        (place, asked)
    };
    assert_eq!(first([Fit::Starts; 3]), (Some(0), 1));
    assert_eq!(first([Fit::Waits, Fit::Starts, Fit::Starts]), (Some(1), 2));
    assert_eq!(first([Fit::Waits, Fit::HoldsUp, Fit::Starts]), (None, 2));
    assert_eq!(first([Fit::Waits; 3]), (None, 3));
}

#[test]
fn trials_that_wait_are_not_begun_once_the_sweep_is_to_stop() {
    let resources = Resources { exclusive: true, ..Resources::default() };
    let toy = Toy::with_needs("toy", Needs { resources, ..Needs::default() });
    let cancel = Cancel::new();
    let stop = |event: &Event<'_>| {
        if matches!(event, Event::TrialStarted { .. }) {
            cancel.cancel();
        }
    };
    let watch = Watch { on_event: Some(Box::new(stop)), ..Watch::default() };
    let records = sweep(&plan_of(toy, &["learn"; 3]), &registry(&[toy]), 2, &cancel, &watch).unwrap().records;
    assert_eq!(records, [None, None, None]);
}

/// A toy that notes when it is to end what it keeps: how many models were built until then.
struct Noting {
    toy: &'static Toy,
    released: Mutex<Vec<usize>>,
}

impl Noting {
    fn new(id: &'static str) -> &'static Self {
        Box::leak(Box::new(Self { toy: Toy::iterative(id), released: Mutex::default() }))
    }

    fn n_built(&self) -> usize {
        self.toy.seen().iter().filter(|seen| matches!(seen.call, Call::Build { .. })).count()
    }
}

impl ModelPlugin for Noting {
    fn about(&self) -> &Declaration {
        self.toy.about()
    }

    fn release(&self) {
        self.released.lock().unwrap().push(self.n_built());
    }

    fn build(&self, setup: &Setup<'_>) -> Result<Box<dyn Model>, ModelError> {
        self.toy.build(setup)
    }
}

#[test]
fn a_plugin_is_released_once_no_trial_of_it_is_left_and_before_other_models_go_on() {
    let [first, second] = ["first", "second"].map(Noting::new);
    let configurations = [(first, 0), (first, 1), (second, 0)]
        .map(|(plugin, value)| (plugin as &dyn ModelPlugin, Toy::params("learn", value)));
    let n_released_before_second = Mutex::new(None);
    let note = |event: &Event<'_>| {
        if matches!(event, Event::TrialStarted { trial, .. } if trial.identity.model == "second") {
            *n_released_before_second.lock().unwrap() = Some(first.released.lock().unwrap().clone());
        }
    };
    let watch = Watch { on_event: Some(Box::new(note)), ..Watch::default() };
    sweep(&plan(&configurations), &registry(&[first, second]), 1, &Cancel::new(), &watch).unwrap();
    drop(watch);
    assert_eq!(n_released_before_second.into_inner().unwrap(), Some(vec![2]), "not between its two trials");
    assert_eq!(second.released.lock().unwrap().first(), Some(&1));
}

#[test]
fn a_sweep_that_is_stopped_releases_the_plugins_of_its_trials() {
    let toy = Noting::new("toy");
    let configurations = [0, 1].map(|value| (toy as &dyn ModelPlugin, Toy::params("learn", value)));
    let cancel = Cancel::new();
    let watch = Watch { on_event: Some(Box::new(|_: &Event<'_>| cancel.cancel())), ..Watch::default() };
    sweep(&plan(&configurations), &registry(&[toy]), 1, &cancel, &watch).unwrap();
    assert_eq!(*toy.released.lock().unwrap(), [1]);
}
