//! What a model takes of the machine: which trials run at once, and that no result depends on it.

use crate::common::{dataset, how, plan, replicates};
use crate::toy::Toy;
use recur_core::event::Event;
use recur_core::model::{Cancel, ModelPlugin, Needs, Resources};
use recur_core::plan::Plan;
use recur_core::record::TrialRecord;
use recur_core::registry::Registry;
use recur_core::trial::{Trial, trials};
use recur_train::{Observer, TrialResult, run_sweep};
use std::sync::atomic::{AtomicUsize, Ordering};
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
    let mut registry = Registry::new();
    registry.register(toy);
    let configurations = [0, 1, 2].map(|value| (toy as &dyn ModelPlugin, Toy::params("learn", value)));
    let plan = Plan { replicates: 3, ..plan(&configurations) };
    let (data, counter, cancel) = (dataset(), Counter::of(expected), Cancel::new());
    let trials = trials(&plan, data.digest(), &registry, &Default::default(), recur_train::PROCEDURE).unwrap();
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
