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

/// Counts the trials that run at once.
#[derive(Default)]
struct Counter {
    running: AtomicUsize,
    most: AtomicUsize,
}

impl Observer for Counter {
    fn event(&self, _: Event<'_>) {}

    fn begins(&self, _: &Trial) {
        let now = 1 + self.running.fetch_add(1, Ordering::SeqCst);
        self.most.fetch_max(now, Ordering::SeqCst);
        // Long enough for others to begin as well.
        std::thread::sleep(Duration::from_millis(15));
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

/// The records of nine trials of a model that takes `resources`, on four threads, and how many ran at once.
fn run(resources: Resources) -> (Vec<TrialRecord>, usize) {
    let toy = Toy::with_needs("toy", Needs { resources, ..Needs::default() });
    let mut registry = Registry::new();
    registry.register(toy);
    let configurations = [0, 1, 2].map(|value| (toy as &dyn ModelPlugin, Toy::params("learn", value)));
    let plan = Plan { replicates: 3, ..plan(&configurations) };
    let (data, counter, cancel) = (dataset(), Counter::default(), Cancel::new());
    let trials = trials(&plan, data.digest(), &registry, &Default::default(), recur_train::PROCEDURE).unwrap();
    let sweep = run_sweep(&trials, &replicates(&plan), &data, &registry, how(4, &cancel, &counter)).unwrap();
    (sweep.records.into_iter().map(Option::unwrap).collect(), counter.most.into_inner())
}

#[test]
fn resources_bound_the_trials_at_once_and_change_no_result() {
    let (records, most) = run(Resources::default());
    assert_eq!((records.len(), most), (9, 4));
    let check = |resources: Resources, expected: usize| assert_eq!(run(resources), (records.clone(), expected));
    check(Resources { exclusive: true, ..Resources::default() }, 1);
    check(Resources { max_processes: Some(2), ..Resources::default() }, 2);
    check(Resources { threads: 2, ..Resources::default() }, 2);
    check(Resources { threads: 3, ..Resources::default() }, 1);
}
