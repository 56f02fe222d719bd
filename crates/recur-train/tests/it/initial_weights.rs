//! Trials that start from a file of weights, and prediction with one.

use crate::common::{Watch, dataset, how, plan, registry, replicates, trials_from};
use crate::toy::{Call, Toy};
use recur_core::digest::Digest;
use recur_core::model::{Cancel, Kernels, ModelPlugin, Regime};
use recur_core::params::{ParamValue, Params};
use recur_core::plan::Plan;
use recur_core::record::Outcome;
use recur_core::registry::Registry;
use recur_core::selection::{Selection, TrialOutcome};
use recur_core::settings::{Fold, TrainingLength, Unknown};
use recur_core::tensor::{Tensor, TensorData};
use recur_core::trial::{InitialWeights, Trial};
use recur_core::weights::{ModelCard, WeightsFile};
use recur_train::{Predictor, SweepError, TestRows, TrialResult, Unreadable, run_sweep, score_test_set};
use std::sync::Arc;

const FILE: &str = "start.safetensors";

fn file(tensors: Vec<Tensor>, card: Option<ModelCard>) -> WeightsFile {
    WeightsFile { path: FILE.to_owned(), digest: Digest::of(b"its bytes"), card, tensors }
}

/// Trains all of `plan`, every configuration from `file`.
fn train(mut plan: Plan, registry: &Registry, file: WeightsFile) -> Result<Vec<(Trial, TrialResult)>, SweepError> {
    plan.configurations.iter_mut().for_each(|configuration| configuration.weights = Some(FILE.to_owned()));
    let weights = InitialWeights::from([(FILE.to_owned(), Arc::new(file))]);
    let (dataset, watch) = (dataset(), Watch::default());
    let trials = trials_from(&plan, registry, &weights);
    run_sweep(&trials, &replicates(&plan), &dataset, registry, how(2, &Cancel::new(), &watch))?;
    Ok(watch.into_kept())
}

fn scores_only(mut plan: Plan) -> Plan {
    plan.training.length = TrainingLength::Epochs(0);
    plan
}

fn toy_weights() -> Vec<Tensor> {
    vec![Tensor::f32("w", [1], vec![5.0]), Tensor::new("n_trained", [1], TensorData::I64(vec![1]))]
}

/// The shipped cell with 4 numbers of state.
fn manual() -> (&'static dyn ModelPlugin, Registry, Plan) {
    let registry = registry(recur_models::PLUGINS);
    let plugin = registry.get("manual_rnn").unwrap();
    let params = Params::defaults(plugin.about().parameters).with("hidden_size", ParamValue::Integer(4));
    let plan = plan(&[(plugin, params)]);
    (plugin, registry, plan)
}

/// What one ordinary trial of [`manual`] keeps.
fn trained() -> (Registry, Plan, Trial, TrialResult, WeightsFile) {
    let (_, registry, plan) = manual();
    let watch = Watch::default();
    crate::common::sweep(&plan, &registry, 1, &Cancel::new(), &watch).unwrap();
    let (trial, result) = watch.into_kept().remove(0);
    let card = ModelCard::of_trial(&trial.identity, &dataset());
    let file = file(result.weights.clone(), Some(card));
    (registry, plan, trial, result, file)
}

#[test]
fn zero_epochs_score_the_weights_and_train_nothing() {
    let toy = Toy::new("toy", Regime::Iterative, &[0.5]);
    let plan = scores_only(plan(&[(toy, Toy::params("learn", 0))]));
    let (_, result) = train(plan.clone(), &registry(&[toy]), file(toy_weights(), None)).unwrap().remove(0);
    assert!(toy.seen().iter().all(|seen| !matches!(seen.call, Call::Train { .. })));
    assert_eq!(result.record.outcome, Outcome::Finished { kept_epoch: 0 });
    assert_eq!((result.record.epochs.len(), result.weights), (1, toy_weights()));

    // The loss is that of the training rows: 0.5 for a text, and that of the label two further for one that misleads.
    let (dataset, rows) = (dataset(), replicates(&plan)[0].split.train.clone());
    let misled = rows.iter().filter(|row| dataset.sequences().get(**row)[1] == crate::toy::MISLEADING).count();
    let of_misled = -f64::from(crate::toy::of_further(0.5, 2, 3));
    let loss = 0.5 + (of_misled - 0.5) * misled as f64 / rows.len() as f64;
    assert!((result.record.epochs[0].train_loss - loss).abs() < 1e-12 && misled > 0);
}

#[test]
fn weights_that_a_trial_kept_score_as_they_did_there() {
    let (registry, plan, trial, result, file) = trained();
    let (again, scored) = train(scores_only(plan), &registry, file).unwrap().remove(0);
    assert_ne!(again.id, trial.id);
    assert_eq!(again.identity.initial_weights, Some(Digest::of(b"its bytes")));
    assert_eq!(scored.record.validation(), result.record.validation());
    assert_eq!(scored.weights, result.weights);
}

#[test]
fn training_goes_on_from_the_weights() {
    let (registry, plan, _, cold, file) = trained();
    let (_, warm) = train(plan, &registry, file).unwrap().remove(0);
    let (first, last) = (warm.record.epochs[0].train_loss, cold.record.epochs.last().unwrap().train_loss);
    assert!(first < last && last < cold.record.epochs[0].train_loss, "{first} {last}");
}

/// What is reported of a sweep of [`manual`] from `change`d weights, of which no trial may have started.
fn reported(change: impl Fn(&mut WeightsFile)) -> String {
    let (registry, plan, _, _, mut file) = trained();
    change(&mut file);
    match train(plan, &registry, file) {
        Err(SweepError::Start(error)) => {
            assert_eq!(error.to_string(), "model `manual_rnn` cannot start from the weights start.safetensors");
            error.misfit.to_string()
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn tensors_that_do_not_fit_are_named_before_any_trial() {
    let shape = reported(|file| file.tensors[0] = Tensor::f32("i2h.weight", [4, 9], vec![0.0; 36]));
    assert_eq!(
        shape,
        "weight `i2h.weight`: has shape [4, 9], expected [4, 17] (the data set has 13 tokens and 3 labels)"
    );
    let missing = reported(|file| drop(file.tensors.pop()));
    assert!(missing.starts_with("weight `i2o.bias`: missing"), "{missing}");
    let unknown = reported(|file| file.tensors.push(Tensor::f32("fc.bias", [1], vec![0.0])));
    assert!(unknown.starts_with("weight `fc.bias`: unknown to this model, which has i2h.weight"), "{unknown}");
    let double = reported(|file| file.tensors[1] = Tensor::new("i2h.bias", [4], TensorData::F64(vec![0.0; 4])));
    let expected = "weight `i2h.bias`: holds other numbers than f32: F64; in PyTorch, .float() makes it F32 (";
    assert!(double.starts_with(expected), "{double}");
}

#[test]
fn a_card_of_another_model_alphabet_or_labels_is_reported() {
    let with = |change: fn(&mut ModelCard)| reported(|file| change(file.card.as_mut().unwrap()));
    assert_eq!(with(|card| card.model = "gru".to_owned()), "they are of model `gru`");
    assert_eq!(
        with(|card| (card.characters, card.has_unknown) = ("ba".to_owned(), true)),
        "they read the alphabet \"ba\" with a token for other characters, \
        and the data set has \"abcdefghijklm\" without a token for other characters"
    );
    let other = "the labels differ: the data set has lc where the weights know lx";
    assert_eq!(with(|card| card.labels[2] = "lx".to_owned()), other);
    assert_eq!(with(|card| card.labels.truncate(2)), "the labels differ: the weights do not know lc");
}

#[test]
fn a_trial_that_is_not_run_needs_no_weights_that_fit() {
    let (registry, plan, ..) = trained();
    let watch = Watch::default();
    assert!(run_sweep(&[], &replicates(&plan), &dataset(), &registry, how(1, &Cancel::new(), &watch)).is_ok());
}

#[test]
fn a_predictor_says_what_the_test_set_says() {
    let (registry, plan, trial, result, file) = trained();
    let outcomes = [TrialOutcome { trial: trial.clone(), record: result.record }];
    let selection = Selection::choose(&plan, &outcomes);
    let (replicate, dataset) = (&replicates(&plan)[0], dataset());
    let rows = TestRows { trial: &trial, replicate, dataset: &dataset };
    let test = score_test_set(rows, &registry, &selection, &result.weights, Kernels::widest(), Default::default);
    let (test, _) = test.unwrap();
    let texts: Vec<String> = test.predictions.iter().map(|prediction| prediction.text.clone()).collect();
    let log_probs = Predictor::new(&registry, &file, Kernels::widest()).unwrap().log_probabilities(&texts).unwrap();
    for (prediction, log_probs) in test.predictions.iter().zip(log_probs) {
        let log_probs = log_probs.unwrap();
        assert_eq!(log_probs[prediction.label as usize].to_bits(), prediction.label_log_probability.to_bits());
        assert_eq!(log_probs[prediction.predicted as usize].to_bits(), prediction.log_probability.to_bits());
    }
}

#[test]
fn texts_are_read_as_the_card_says() {
    let (registry, _, _, _, mut file) = trained();
    let mut predict = |fold: Fold| {
        file.card.as_mut().unwrap().text.fold = fold;
        Predictor::new(&registry, &file, Kernels::widest())
            .unwrap()
            .log_probabilities(&[" A\u{301}bĆ\t", "abc", "ABC"])
            .unwrap()
    };
    let folded = predict(Fold::AsciiLower);
    assert!(folded[1].is_ok() && folded[0] == folded[1] && folded[2] == folded[1]);
    let as_they_are = predict(Fold::None);
    assert!(as_they_are[1] == folded[1] && as_they_are[0] != folded[1]);
    assert_eq!(as_they_are[2], Err(Unreadable::NoCharacters));
}

#[test]
fn texts_that_cannot_be_read_do_not_disturb_the_others() {
    let (registry, _, _, _, mut file) = trained();
    let texts = ["abc", "", "xyz", "ax", "abc"].map(str::to_owned).to_vec();
    let predict = |file: &WeightsFile, texts: &[String]| {
        Predictor::new(&registry, file, Kernels::widest()).unwrap().log_probabilities(texts).unwrap()
    };
    let lenient = predict(&file, &texts);
    assert_eq!((&lenient[1], &lenient[2]), (&Err(Unreadable::NoCharacters), &Err(Unreadable::NoCharacters)));
    assert!(lenient[0].is_ok() && lenient[0] == lenient[4]);
    assert_eq!(lenient[3], predict(&file, &["a".to_owned()])[0]);

    file.card.as_mut().unwrap().text.unknown = Unknown::Error;
    let strict = predict(&file, &texts);
    assert_eq!((&strict[3], &strict[0]), (&Err(Unreadable::UnknownCharacter('x')), &lenient[0]));
    assert_eq!(predict(&file, &["a".repeat(10_001)])[0], Err(Unreadable::TooLong));

    file.tensors[1] = Tensor::f32(file.tensors[1].name.clone(), file.tensors[1].shape.clone(), vec![f32::NAN; 4]);
    assert_eq!(predict(&file, &texts)[0], Err(Unreadable::NotANumber));
}

#[test]
fn a_file_that_cannot_predict_says_why() {
    let (registry, _, _, _, file) = trained();
    let reported = |change: fn(&mut WeightsFile)| {
        let mut changed = file.clone();
        change(&mut changed);
        Predictor::new(&registry, &changed, Kernels::widest()).err().expect("an error").to_string()
    };
    assert!(reported(|file| file.card = None).starts_with("start.safetensors has no card: the alphabet"));
    assert!(reported(|file| file.card.as_mut().unwrap().model = "gruu".to_owned()).contains("did you mean `gru`?"));
    assert!(reported(|file| drop(file.tensors.pop())).starts_with("cannot predict with start.safetensors"));
    let with = |file: &mut WeightsFile, name: &str, value| {
        let card = file.card.as_mut().unwrap();
        card.params = card.params.clone().with(name, value);
    };
    let mut changed = file.clone();
    with(&mut changed, "layers", ParamValue::Integer(2));
    let error = Predictor::new(&registry, &changed, Kernels::widest()).err().expect("an error").to_string();
    assert_eq!(error, "the card of start.safetensors has a parameter `layers`, which model `manual_rnn` does not have");
    let mut changed = file.clone();
    with(&mut changed, "hidden_size", ParamValue::Integer(0));
    let error = Predictor::new(&registry, &changed, Kernels::widest()).err().expect("an error").to_string();
    assert_eq!(error, "the card of start.safetensors cannot be used");
}
