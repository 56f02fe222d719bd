//! A trial that needs more memory than there is becomes a record with the numbers, and the others run.

use crate::common::{dataset, how, plan, replicates, trials};
use recur_core::event::Event;
use recur_core::metric::Metric;
use recur_core::model::{Cancel, Kernels, ModelPlugin};
use recur_core::params::{ParamValue, Params};
use recur_core::plan::Plan;
use recur_core::record::{Outcome, TrialRecord};
use recur_core::registry::Registry;
use recur_core::settings::{EarlyStopping, Optimizer};
use recur_core::trial::Trial;
use recur_train::{Observer, TrialResult, memory_need, run_sweep};

/// Says how much memory there is.
struct Machine(Option<u64>);

impl Observer for Machine {
    fn event(&self, _: Event<'_>) {}

    fn available_memory(&self) -> Option<u64> {
        self.0
    }

    fn keep(
        &self,
        _: &Trial,
        _: &TrialResult,
    ) -> Result<Option<TrialRecord>, Box<dyn std::error::Error + Send + Sync>> {
        Ok(None)
    }
}

fn lstm() -> &'static dyn ModelPlugin {
    let mut registry = Registry::new();
    registry.register_all(recur_models::PLUGINS);
    registry.get("lstm").unwrap()
}

fn sized(hidden: i64) -> Params {
    Params::defaults(lstm().about().parameters).with("hidden_size", ParamValue::Integer(hidden))
}

fn plan_of(hidden: &[i64]) -> Plan {
    plan(&hidden.iter().map(|hidden| (lstm(), sized(*hidden))).collect::<Vec<_>>())
}

fn registry() -> Registry {
    let mut registry = Registry::new();
    registry.register(lstm());
    registry
}

fn trials_of(plan: &Plan) -> Vec<Trial> {
    trials(plan, &registry())
}

fn records(plan: &Plan, jobs: usize, available: Option<u64>) -> Vec<TrialRecord> {
    let (dataset, machine) = (dataset(), Machine(available));
    let sweep =
        run_sweep(&trials_of(plan), &replicates(plan), &dataset, &registry(), how(jobs, &Cancel::new(), &machine));
    sweep.unwrap().records.into_iter().map(Option::unwrap).collect()
}

fn need(plan: &Plan) -> u64 {
    memory_need(&trials_of(plan)[0], &replicates(plan)[0], &dataset(), lstm(), Kernels::widest())
}

#[test]
fn a_trial_that_is_too_large_fails_with_the_numbers_and_the_others_run() {
    for jobs in [1, 3] {
        let records = records(&plan_of(&[4, 4096, 5]), jobs, Some(200 << 20));
        let Outcome::Failed { reason } = &records[1].outcome else { panic!("{:?}", records[1].outcome) };
        let numbers = reason
            .strip_prefix("it needs about ")
            .and_then(|rest| rest.strip_suffix(" of memory, and 200.00 MiB are available"));
        assert!(numbers.is_some_and(|need| need.ends_with(" GiB")), "{reason}");
        for finished in [&records[0], &records[2]] {
            assert_eq!(finished.outcome, Outcome::Finished { kept_epoch: 2 });
        }
    }
}

/// 4 · 4096 · (tokens + 4096 + 2) and an output layer of 4097 · 3 numbers in four bytes, in each of six copies.
#[test]
fn the_need_follows_from_the_weights_and_what_training_keeps_of_them() {
    let mut plan = plan_of(&[4096]);
    let weights = 4 * (4 * 4096 * (13 + 4096 + 2) + 4097 * 3);
    let copies = |plan: &Plan| need(plan) / weights;
    assert_eq!(copies(&plan), 6, "Adam");
    plan.training.early_stopping = Some(EarlyStopping { metric: Metric::Loss, patience: 1 });
    assert_eq!(copies(&plan), 7, "the best so far");
    plan.training.optimizer = Optimizer::Sgd { momentum: 0.9 };
    assert_eq!(copies(&plan), 6);
    plan.training.optimizer = Optimizer::Sgd { momentum: 0.0 };
    assert_eq!(copies(&plan), 5);
}

#[test]
fn the_need_grows_with_the_batch() {
    let mut plan = plan_of(&[1024]);
    plan.training.batch_size = 1;
    let one = need(&plan);
    plan.training.batch_size = 60;
    let sixty = need(&plan);
    // Four vectors for each of the four characters of 59 texts more.
    assert!(sixty > one + 59 * 4 * 4 * 4 * 1024, "{one} {sixty}");
    plan.training.batch_size = 1_000_000;
    assert_eq!(need(&plan), sixty, "a batch has no more names than there are");
}

#[test]
fn what_is_not_to_be_looked_at_is_trained_as_before() {
    let plan = plan_of(&[4, 6]);
    assert_eq!(records(&plan, 2, None), records(&plan, 1, Some(0)));
}
