//! The test set is scored for chosen configurations alone, and rightly.

use crate::common::{dataset, plan, plan_of, registry, replicates, results, trials};
use crate::toy::{Toy, is_spoilt, of_further};
use recur_core::dataset::{Dataset, LabelledText};
use recur_core::model::{Kernels, Regime};
use recur_core::plan::Plan;
use recur_core::record::TestRecord;
use recur_core::registry::Registry;
use recur_core::selection::{Selection, TrialOutcome};
use recur_core::split::Split;
use recur_core::tensor::Tensor;
use recur_core::trial::Trial;
use recur_train::{TestRows, TestSetError, TrialResult, score_test_set};

/// A finished sweep: its trials with their results, and what was chosen.
struct Swept {
    plan: Plan,
    dataset: Dataset,
    registry: Registry,
    trials: Vec<Trial>,
    results: Vec<TrialResult>,
    selection: Selection,
}

impl Swept {
    fn new(plan: Plan, registry: Registry) -> Self {
        let dataset = dataset();
        let results = results(&plan, &registry);
        let trials = trials(&plan, &registry);
        let outcome = |(trial, result): (&Trial, &TrialResult)| TrialOutcome {
            trial: trial.clone(),
            record: result.record.clone(),
        };
        let outcomes: Vec<TrialOutcome> = trials.iter().zip(&results).map(outcome).collect();
        let selection = Selection::choose(&plan, &outcomes);
        Self { plan, dataset, registry, trials, results, selection }
    }

    fn score(&self, trial: usize, weights: &[Tensor]) -> Result<TestRecord, TestSetError> {
        let Self { dataset, registry, selection, .. } = self;
        let trial = &self.trials[trial];
        let replicate = &replicates(&self.plan)[trial.replicate as usize];
        let rows = TestRows { trial, replicate, dataset };
        let scored = score_test_set(rows, registry, selection, weights, Kernels::widest(), Default::default);
        scored.map(|(record, _)| record)
    }
}

#[test]
fn a_configuration_that_was_not_chosen_is_refused_and_its_test_rows_stay_unread() {
    let toy = Toy::iterative("toy");
    // Equal figures: the first is chosen.
    let swept = Swept::new(plan_of(toy, &["learn", "learn", "diverge"]), registry(&[toy]));
    let seen = toy.seen();
    for trial in [1, 2] {
        let error = swept.score(trial, &swept.results[trial].weights).unwrap_err();
        assert!(matches!(error, TestSetError::NotChosen { .. }), "{error}");
    }
    assert_eq!(toy.seen(), seen, "no model was asked anything");
    assert!(swept.score(0, &swept.results[0].weights).is_ok());
}

#[test]
fn weights_that_do_not_fit_are_an_error() {
    let toy = Toy::iterative("toy");
    let swept = Swept::new(plan_of(toy, &["learn"]), registry(&[toy]));
    let error = swept.score(0, &[]).unwrap_err();
    assert!(matches!(error, TestSetError::Model { .. }), "{error}");
}

#[test]
fn a_panic_is_the_models_error() {
    let toy = Toy::iterative("toy");
    let swept = Swept::new(plan_of(toy, &["learn"]), registry(&[toy]));
    let mut weights = swept.results[0].weights.clone();
    // The toy looks at the first number of each tensor.
    weights[0].data = recur_core::tensor::TensorData::F32(Vec::new());
    let error = swept.score(0, &weights).unwrap_err();
    let TestSetError::Model { source, .. } = error else { panic!("{error}") };
    assert!(source.to_string().starts_with("the model panicked: index out of bounds"), "{source}");
}

#[test]
fn an_answer_that_is_no_distribution_is_an_error_with_the_text() {
    let toy = Toy::new("toy", Regime::Iterative, &[0.5, 0.25, 0.125]);
    let mut swept = Swept::new(plan_of(toy, &["learn"]), registry(&[toy]));
    let rows = replicates(&swept.plan)[0].split.test.clone();
    let is_wrong = |row: &&u32| is_spoilt(swept.dataset.sequences().get(**row));
    let text = swept.dataset.texts()[*rows.iter().find(is_wrong).expect("there is one") as usize].clone();
    for behaviour in ["certain_of_all", "all_nan"] {
        swept.trials[0].identity.params = Toy::params(behaviour, 0);
        let error = swept.score(0, &swept.results[0].weights).unwrap_err();
        let TestSetError::Model { source, .. } = error else { panic!("{error}") };
        let reported = format!("the answer for `{text}` is no distribution over the labels: ");
        assert!(source.to_string().starts_with(&reported), "{source}");
    }
}

/// Macro-F1 from its definition, over labels that have a true or a predicted text.
fn macro_f1(pairs: &[(u16, u16)], n_labels: u16) -> f64 {
    let f1 = |label: u16| {
        let count = |of: &dyn Fn(&(u16, u16)) -> bool| pairs.iter().filter(|pair| of(pair)).count() as f64;
        let both = count(&|(truth, predicted)| *truth == label && *predicted == label);
        let either = count(&|(truth, _)| *truth == label) + count(&|(_, predicted)| *predicted == label);
        (either > 0.0).then(|| 2.0 * both / either)
    };
    let scores: Vec<f64> = (0..n_labels).filter_map(f1).collect();
    scores.iter().sum::<f64>() / scores.len() as f64
}

#[test]
fn test_results_equal_a_hand_computation() {
    let toy = Toy::new("toy", Regime::Iterative, &[0.75, 0.5, 0.125]);
    let plan = Plan { replicates: 3, ..plan(&[(toy, Toy::params("learn", 0))]) };
    let swept = Swept::new(plan, registry(&[toy]));
    let mut n_misled = 0;
    for (index, trial) in swept.trials.iter().enumerate() {
        let record = swept.score(index, &swept.results[index].weights).unwrap();
        let rows = replicates(&swept.plan)[trial.replicate as usize].split.test.clone();
        let texts: Vec<&String> = rows.iter().map(|row| &swept.dataset.texts()[*row as usize]).collect();
        assert_eq!(record.predictions.iter().map(|p| &p.text).collect::<Vec<_>>(), texts);
        let (mut pairs, mut loss) = (Vec::new(), 0.0);
        for (text, prediction) in texts.iter().zip(&record.predictions) {
            // A text's first character tells its label; with `m` for its second, the toy guesses the next label, and the
            // true one is then the last of three.
            let label = u16::from(text.as_bytes()[0] - b'a');
            let misled = text.as_bytes()[1] == b'm';
            let predicted = (label + u16::from(misled)) % 3;
            let of_label = if misled { of_further(0.125, 2, 3) } else { -0.125 };
            assert_eq!((prediction.label, prediction.predicted), (label, predicted), "{text}");
            assert_eq!((prediction.log_probability, prediction.label_log_probability), (-0.125, of_label), "{text}");
            assert_eq!(prediction.label_rank, if misled { 2 } else { 0 }, "{text}");
            pairs.push((label, predicted));
            loss -= f64::from(of_label);
            n_misled += usize::from(misled);
        }
        let right = pairs.iter().filter(|(label, predicted)| label == predicted).count();
        assert_eq!(record.scores.accuracy, right as f64 / pairs.len() as f64);
        assert!((record.scores.loss - loss / pairs.len() as f64).abs() < 1e-12, "{:?}", record.scores);
        assert!((record.scores.macro_f1 - macro_f1(&pairs, 3)).abs() < 1e-12, "{:?}", record.scores);
    }
    assert!(n_misled > 0, "a name that misleads stands in some test set");
}

/// Where the toy is misled in all validation rows, few of a label's rows have a high probability of it: the threshold is low. On
/// its test rows it is right, and a threshold from there would be high.
#[test]
fn with_two_labels_thresholds_are_chosen_on_the_validation_rows() {
    let toy = Toy::iterative("toy");
    let swept = Swept::new(plan_of(toy, &["learn"]), registry(&[toy]));
    let all = dataset();
    let row = |row: usize| (row, all.label_names()[usize::from(all.labels()[row])].clone());
    let rows = (0..all.len()).map(row).filter(|(_, label)| label != "lc").map(|(row, label)| {
        let text = all.texts()[row].clone();
        LabelledText { label, group: text.clone(), text, raw: None }
    });
    let two = Dataset::new(rows.collect(), all.alphabet().clone());
    let is_misled = |row: &u32| two.texts()[*row as usize].as_bytes()[1] == b'm';
    let (misled, right): (Vec<u32>, Vec<u32>) = (0..two.len() as u32).partition(is_misled);
    let score = |validation: &[u32]| {
        let mut replicate = replicates(&swept.plan)[0].clone();
        replicate.split = Split { train: Vec::new(), validation: validation.to_vec(), test: right.clone() };
        let rows = TestRows { trial: &swept.trials[0], replicate: &replicate, dataset: &two };
        let weights = &swept.results[0].weights;
        score_test_set(rows, &swept.registry, &swept.selection, weights, Kernels::widest(), Default::default).unwrap().0
    };
    let [low, high] = [&misled, &right].map(|validation| score(validation).thresholds.unwrap());
    assert!(low.iter().zip(high).all(|(low, high)| *low < -0.7 && high > -0.7), "{low:?} {high:?}");
    let of_one_label: Vec<u32> = right.iter().copied().filter(|row| two.labels()[*row as usize] == 0).collect();
    assert_eq!((score(&of_one_label).thresholds, score(&[]).thresholds), (None, None));
    assert_eq!(swept.score(0, &swept.results[0].weights).unwrap().thresholds, None, "three labels");
}
