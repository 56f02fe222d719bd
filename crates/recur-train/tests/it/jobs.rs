//! How many trials run at once changes nothing.

use crate::common::{Watch, plan, registry, sweep};
use crate::toy::Toy;
use recur_core::model::{Cancel, ModelPlugin};
use recur_core::params::{ParamValue, Params};
use recur_core::plan::Plan;
use recur_core::registry::Registry;
use recur_core::tensor::{Tensor, TensorData};

/// The bits of tensors, so that NaN and -0 compare.
fn bits(tensors: &[Tensor]) -> Vec<(String, Vec<u64>)> {
    let of = |data: &TensorData| match data {
        TensorData::F32(numbers) => numbers.iter().map(|x| u64::from(x.to_bits())).collect(),
        TensorData::F64(numbers) => numbers.iter().map(|x| x.to_bits()).collect(),
        TensorData::U8(numbers) => numbers.iter().map(|n| u64::from(*n)).collect(),
        TensorData::I64(numbers) => numbers.iter().map(|n| *n as u64).collect(),
    };
    tensors.iter().map(|tensor| (tensor.name.clone(), of(&tensor.data))).collect()
}

fn check_equal_for_1_2_and_8_jobs(plan: &Plan, registry: &Registry) {
    let run = |jobs: usize| {
        let watch = Watch::default();
        let sweep = sweep(plan, registry, jobs, &Cancel::new(), &watch).unwrap();
        let kept = watch.into_kept();
        assert_eq!(kept.len(), plan.n_trials());
        let same = kept.iter().zip(&sweep.records).all(|((_, kept), record)| Some(&kept.record) == record.as_ref());
        assert!(same, "the records returned, in plan order, are those that were kept");
        let weights: Vec<_> = kept.iter().map(|(_, result)| bits(&result.weights)).collect();
        (sweep, weights)
    };
    let one = run(1);
    assert_eq!(one, run(2));
    assert_eq!(one, run(8));
}

#[test]
fn records_and_weights_are_the_same_for_1_2_and_8_jobs() {
    let toy = Toy::iterative("toy");
    let behaviours = ["learn", "panic", "diverge", "learn", "fail"];
    let configurations = behaviours.map(|behaviour| (toy as &dyn ModelPlugin, Toy::params(behaviour, 3)));
    let plan = Plan { replicates: 4, ..plan(&configurations) };
    check_equal_for_1_2_and_8_jobs(&plan, &registry(&[toy]));
}

#[test]
fn trained_networks_are_the_same_for_1_2_and_8_jobs() {
    let models = registry(recur_models::PLUGINS);
    let small = |plugin: &'static dyn ModelPlugin| {
        let defaults = Params::defaults(plugin.about().parameters);
        (plugin as &dyn ModelPlugin, defaults.with("hidden_size", ParamValue::Integer(6)))
    };
    let plan = Plan { replicates: 2, ..plan(&models.iter().map(small).collect::<Vec<_>>()) };
    check_equal_for_1_2_and_8_jobs(&plan, &models);
}

#[test]
fn no_trials_are_no_error_and_no_jobs_are_one() {
    let toy = Toy::iterative("toy");
    let none = sweep(&plan(&[]), &registry(&[toy]), 2, &Cancel::new(), &Watch::default());
    assert_eq!(none.unwrap().records, []);
    let plan = plan(&[(toy, Toy::params("learn", 0))]);
    let one = sweep(&plan, &registry(&[toy]), 0, &Cancel::new(), &Watch::default());
    assert_eq!(one.unwrap().records.iter().flatten().count(), 1);
}
