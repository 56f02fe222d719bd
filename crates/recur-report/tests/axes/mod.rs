//! What a report says of swept parameters.

use crate::fixture::{Experiment, Outline, all_diverged, clear, diverges, no_mishap};
use recur_core::params::ParamValue;
use recur_report::write_resampled;

/// `clear`, with the validation figure of `stacked_rnn` as a function of layers, learning rate and replicate.
fn with_validation(mut outline: Outline, figure: impl Fn(i64, f64, u32) -> f64) -> Experiment {
    outline.models[2].mishap = no_mishap;
    let mut experiment = outline.build();
    for finding in experiment.findings.iter_mut().filter(|finding| finding.trial.identity.model == "stacked_rnn") {
        let params = &finding.trial.identity.params;
        let (Some(ParamValue::Integer(layers)), Some(ParamValue::Real(rate))) =
            (params.get("layers"), params.get("learning_rate"))
        else {
            panic!("{params:?}");
        };
        let figure = figure(*layers, *rate, finding.trial.replicate);
        finding.record.epochs.iter_mut().for_each(|epoch| epoch.validation.macro_f1 = figure);
    }
    experiment
}

/// The answer and the page.
fn rendered(experiment: &Experiment) -> (String, String) {
    let dir = tempfile::tempdir().unwrap();
    let written = write_resampled(&experiment.input(), dir.path(), 20).unwrap();
    (written.answer, std::fs::read_to_string(written.report).unwrap())
}

/// A tenth for each decade of the learning rate.
fn by_rate(rate: f64) -> f64 {
    0.1 * f64::from(u8::from(rate > 0.005)) + 0.1 * f64::from(u8::from(rate > 0.05))
}

/// As much for one replicate as for the next, so that its mean over five is zero.
fn noise(replicate: u32) -> f64 {
    0.004 * (f64::from(replicate) - 2.0)
}

#[test]
fn a_parameter_without_effect_is_not_shown_to_matter_and_one_with_an_effect_is() {
    // The second layer is ahead by noise alone, whose mean is 0.1 points; each rate is ten points from the next.
    let figure = |layers: i64, rate: f64, replicate| {
        let layer = if layers == 2 { 0.001 + noise(replicate) } else { 0.0 };
        0.4 + by_rate(rate) + layer + if rate > 0.05 { noise(replicate) / 4.0 } else { 0.0 }
    };
    let (answer, page) = rendered(&with_validation(clear(), figure));
    let layers = "layers itself is not shown to matter: 2 is ahead of 1 by 0.10 points of validation macro-F1 at otherwise equal";
    assert!(answer.contains(&format!("Within stacked_rnn, {layers}")), "{answer}");
    let rate =
        "learning_rate matters: 0.1 is ahead of 0.01, the next best value, by 10.00 points of validation macro-F1";
    assert!(answer.contains(rate), "{answer}");
    assert!(answer.contains("after Holm's correction over all 3 pairs of 3 values)"), "{answer}");
    assert!(page.contains("- `stacked_rnn`: `learning_rate` 100.0 % and `layers` 0.0 % (6 configurations)"), "{page}");
}

#[test]
fn importance_is_the_share_of_variance_between_the_means_of_a_value() {
    // Layers ±0.1 and rates −0.1, 0, 0.1: 6 · 0.01 = 0.06 and 2 · (0.01 + 0.01) = 0.04 of 0.10 in all.
    let figure = |layers: i64, rate: f64, _| 0.2 * layers as f64 + by_rate(rate);
    let (_, page) = rendered(&with_validation(clear(), figure));
    assert!(page.contains("- `stacked_rnn`: `layers` 60.0 % and `learning_rate` 40.0 % (6 configurations)"), "{page}");
}

#[test]
fn a_value_that_never_finished_is_left_out_and_named() {
    let mut outline = clear();
    outline.models[2].mishap = |configuration, _| if configuration % 3 == 2 { diverges(0, 0) } else { None };
    let (answer, _) = rendered(&outline.build());
    assert!(answer.contains("learning_rate matters: 0.01 is ahead of 0.001 by"), "{answer}");
    assert!(answer.contains("Nothing that finished on every replicate can be compared with 0.1."), "{answer}");
}

#[test]
fn without_replicates_or_results_nothing_is_said_of_parameters() {
    for outline in [all_diverged(), Outline { replicates: 1, ..clear() }] {
        let (answer, page) = rendered(&outline.build());
        assert!(!answer.contains("matter") && !page.contains("otherwise equal"), "{answer}");
    }
}

#[test]
fn one_model_alone_still_answers_for_its_parameters() {
    let mut outline = Outline { baseline: None, ..clear() };
    outline.models.drain(..2);
    let (answer, page) = rendered(&outline.build());
    assert!(answer.contains("Within stacked_rnn, layers matters: 2 is ahead of 1 by"), "{answer}");
    assert!(!page.contains("## Name by name"), "{page}");
}
