//! Which rows a model is shown, and when.

use crate::common::{dataset, plan, registry, replicates, results};
use crate::toy::{self, Toy};
use recur_core::model::{ModelPlugin, Needs, Regime};
use recur_core::plan::Plan;
use recur_core::settings::{ClassWeights, Sampling, TrainingLength, TrainingSettings};
use recur_core::split::Split;

/// What a model was shown, by rows of the data set.
enum Call {
    Build { class_weights: Vec<f32> },
    Validation { texts: Vec<u32>, labels: Vec<u16> },
    Raw { texts: Vec<String> },
    Train { order: Vec<u32>, all: Vec<u32>, labels: Vec<u16> },
    Predict { order: Vec<u32>, all: Vec<u32> },
}

impl From<toy::Call> for Call {
    fn from(call: toy::Call) -> Self {
        let dataset = dataset();
        let all: Vec<&[u16]> = (0..dataset.len() as u32).map(|row| dataset.sequences().get(row)).collect();
        let row = |text: &Vec<u16>| all.iter().position(|other| other == text).expect("a text of the data set") as u32;
        let rows = |texts: Vec<Vec<u16>>| texts.iter().map(row).collect();
        match call {
            toy::Call::Build { class_weights } => Call::Build { class_weights },
            toy::Call::Validation { texts, labels } => Call::Validation { texts: rows(texts), labels },
            toy::Call::Raw { texts } => Call::Raw { texts },
            toy::Call::Train { order, all, labels, .. } => Call::Train { order: rows(order), all: rows(all), labels },
            toy::Call::Predict { order, all } => Call::Predict { order: rows(order), all: rows(all) },
        }
    }
}

/// Runs two configurations of `toy` on three replicates: each call with its replicate's split.
fn run(toy: &'static Toy, change: impl Fn(&mut TrainingSettings)) -> Vec<(Call, Split)> {
    let configurations = [0, 1].map(|value| (toy as &dyn ModelPlugin, Toy::params("learn", value)));
    let mut plan = Plan { replicates: 3, ..plan(&configurations) };
    change(&mut plan.training);
    let results = results(&plan, &registry(&[toy]));
    let replicates = replicates(&plan);
    let split = |replicate: u32| replicates[replicate as usize].split.clone();
    for pair in results.chunks_exact(2) {
        let expected = split(pair[0].record.identity.replicate).digest();
        assert_eq!([&pair[0].record.split, &pair[1].record.split], [&expected; 2], "one split a replicate");
    }
    let replicate = |path: &str| path.strip_prefix("replicate/").unwrap().parse().unwrap();
    toy.seen().into_iter().map(|seen| (seen.call.into(), split(replicate(&seen.replicate)))).collect()
}

/// The rows of each epoch, with the split.
fn epochs<'a>(calls: &'a [(Call, Split)]) -> Vec<(&'a [u32], &'a Split)> {
    let epoch = |(call, split): &'a (Call, Split)| match call {
        Call::Train { order, .. } => Some((order.as_slice(), split)),
        _ => None,
    };
    calls.iter().filter_map(epoch).collect()
}

fn sorted(rows: &[u32]) -> Vec<u32> {
    let mut rows = rows.to_vec();
    rows.sort_unstable();
    rows
}

/// Training rows to train on, all validation rows to score, and never another.
fn check_parts(toy: &'static Toy, change: impl Fn(&mut TrainingSettings), n_epochs: usize) {
    let calls = run(toy, change);
    assert_eq!(epochs(&calls).len(), 6 * n_epochs);
    for (call, split) in &calls {
        match call {
            Call::Build { .. } => {}
            Call::Validation { .. } | Call::Raw { .. } => panic!("nobody asked for it"),
            Call::Train { order, .. } => assert!(order.iter().all(|row| split.train.contains(row))),
            Call::Predict { order, .. } => assert_eq!(order, &split.validation),
        }
    }
}

#[test]
fn test_rows_reach_neither_training_nor_validation() {
    check_parts(Toy::iterative("toy"), |_| (), 3);
    check_parts(Toy::iterative("toy"), |training| training.sampling = Sampling::ClassBalanced, 3);
    let steps = TrainingLength::Steps { steps: 30, evaluate_every: 10 };
    check_parts(Toy::iterative("toy"), |training| training.length = steps, 3);
    check_parts(Toy::new("toy", Regime::OneShot, &[0.5]), |_| (), 1);
}

/// A model that looks at more than the rows it is to take finds the other rows of the same part, and nothing else.
#[test]
fn a_model_that_looks_for_other_rows_finds_none() {
    let dataset = dataset();
    for toy in [Toy::iterative("toy"), Toy::new("toy", Regime::OneShot, &[0.5])] {
        for (call, split) in run(toy, |_| ()) {
            match call {
                Call::Build { .. } => {}
                Call::Validation { .. } | Call::Raw { .. } => panic!("nobody asked for it"),
                Call::Train { all, labels, .. } => {
                    assert_eq!(all, split.train);
                    let of_row = |row: &u32| dataset.labels()[*row as usize];
                    assert_eq!(labels, split.train.iter().map(of_row).collect::<Vec<_>>());
                }
                Call::Predict { all, .. } => assert_eq!(all, split.validation),
            }
        }
    }
}

#[test]
fn a_model_that_asks_for_them_gets_raw_texts_and_the_validation_rows_and_no_test_row() {
    let dataset = dataset();
    let needs = Needs { raw_texts: true, validation: true, ..Needs::default() };
    let (mut n_validation, mut n_raw) = (0, 0);
    for (call, split) in run(Toy::with_needs("toy", needs), |_| ()) {
        match call {
            Call::Validation { texts, labels } => {
                assert_eq!(texts, split.validation);
                let of_row = |row: &u32| dataset.labels()[*row as usize];
                assert_eq!(labels, split.validation.iter().map(of_row).collect::<Vec<_>>());
                n_validation += 1;
            }
            Call::Raw { texts } => {
                assert_eq!(texts, split.train.iter().map(|row| dataset.raw_text(*row)).collect::<Vec<_>>());
                assert!(texts.iter().any(|text| text.starts_with('*')), "some are not as the normalised ones");
                n_raw += 1;
            }
            _ => {}
        }
    }
    assert_eq!((n_validation, n_raw), (6, 6), "once a trial");
}

#[test]
fn a_plan_names_the_models_that_are_given_validation_rows() {
    let seeing = Toy::with_needs("seeing", Needs { validation: true, ..Needs::default() });
    let other = Toy::iterative("other");
    let configurations = [(other, 0), (seeing, 0), (seeing, 1)]
        .map(|(toy, value)| (toy as &dyn ModelPlugin, Toy::params("learn", value)));
    assert_eq!(plan(&configurations).sees_validation(&registry(&[seeing, other])).unwrap(), ["seeing"]);
}

#[test]
fn every_configuration_of_a_replicate_takes_the_rows_in_the_same_order() {
    let calls = run(Toy::iterative("toy"), |_| ());
    let mut orders: Vec<&[u32]> = epochs(&calls).into_iter().map(|(order, _)| order).collect();
    orders.sort_unstable();
    assert!(orders.chunks_exact(2).all(|pair| pair[0] == pair[1]), "two configurations");
    orders.dedup();
    assert_eq!(orders.len(), 9, "another order in each epoch of each replicate");
}

#[test]
fn an_epoch_takes_each_training_row_once() {
    for (order, split) in epochs(&run(Toy::iterative("toy"), |_| ())) {
        assert_eq!(sorted(order), split.train);
    }
}

#[test]
fn a_one_shot_model_gets_all_training_rows_once() {
    let calls = run(Toy::new("toy", Regime::OneShot, &[0.5]), |training| {
        training.sampling = Sampling::ClassBalanced;
        training.length = TrainingLength::Steps { steps: 1, evaluate_every: 1 };
    });
    let epochs = epochs(&calls);
    assert_eq!(epochs.len(), 6, "one epoch a trial");
    assert!(epochs.iter().all(|(order, split)| *order == split.train));
}

/// What each built model was told of class weights, with the expected weights by the numbers of training rows.
fn check_class_weights(class_weights: ClassWeights, expected: impl Fn([f64; 3]) -> [f32; 3]) {
    for toy in [Toy::iterative("toy"), Toy::new("toy", Regime::OneShot, &[0.5])] {
        check_class_weights_of(toy, class_weights, &expected);
    }
}

fn check_class_weights_of(toy: &'static Toy, class_weights: ClassWeights, expected: impl Fn([f64; 3]) -> [f32; 3]) {
    let dataset = dataset();
    let calls = run(toy, |training| training.class_weights = class_weights);
    let builds: Vec<(&[f32], &Split)> = calls
        .iter()
        .filter_map(|(call, split)| match call {
            Call::Build { class_weights, .. } => Some((class_weights.as_slice(), split)),
            _ => None,
        })
        .collect();
    assert_eq!(builds.len(), 6);
    for (weights, split) in builds {
        let mut counts = [0.0; 3];
        split.train.iter().for_each(|row| counts[usize::from(dataset.labels()[*row as usize])] += 1.0);
        assert!(counts[0] > counts[1] && counts[1] > counts[2]);
        assert_eq!(weights, expected(counts));
    }
}

#[test]
fn balanced_class_weights_are_n_over_c_times_n_label() {
    let balanced = |counts: [f64; 3]| counts.map(|count| (counts.iter().sum::<f64>() / (3.0 * count)) as f32);
    check_class_weights(ClassWeights::Balanced, balanced);
}

#[test]
fn class_weights_none_are_one() {
    check_class_weights(ClassWeights::None, |_| [1.0; 3]);
}
