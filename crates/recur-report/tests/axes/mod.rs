//! What a report says of swept parameters.

use crate::fixture::{Build, Outline, Reported, all_diverged, clear, diverges, no_mishap, reals};
use recur_core::params::{ParamValue, Params};
use recur_core::plan::{Configuration, WithoutEffect};
use recur_core::search::{Budget, SearchMethod};

/// `clear`, with the validation figure of `stacked_rnn` as a function of layers, learning rate and replicate.
fn with_validation(mut outline: Outline, figure: impl Fn(i64, f64, u32) -> f64) -> Reported {
    outline.models[2].mishap = no_mishap;
    with_mishaps(outline, figure)
}

/// The same of an outline with only this model.
fn with_validation_of(mut outline: Outline, figure: impl Fn(i64, f64, u32) -> f64) -> Reported {
    outline.models[0].mishap = no_mishap;
    with_mishaps(outline, figure)
}

/// The same where trials may diverge.
fn with_mishaps(outline: Outline, figure: impl Fn(i64, f64, u32) -> f64) -> Reported {
    let mut experiment = outline.build();
    for finding in experiment.trials.iter_mut().filter(|finding| finding.trial.identity.model == "stacked_rnn") {
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
fn rendered(experiment: &Reported) -> (String, String) {
    let dir = tempfile::tempdir().unwrap();
    let written = experiment.write_analysis(&experiment.resampled(20), dir.path()).unwrap();
    (experiment.opening(), std::fs::read_to_string(written.report).unwrap())
}

/// A tenth for each decade of the learning rate.
fn by_rate(rate: f64) -> f64 {
    0.1 * f64::from(u8::from(rate > 0.005)) + 0.1 * f64::from(u8::from(rate > 0.05))
}

/// As much for one replicate as for the next, so that its mean over five is zero.
fn noise(replicate: u32) -> f64 {
    0.004 * (f64::from(replicate) - 2.0)
}

/// Noise that no two trials share, of a thousandth or so.
fn own_noise(layers: i64, rate: f64, replicate: u32) -> f64 {
    let cell = 1_000 * layers as u64 + (1_000.0 * rate) as u64 * 100_003 + u64::from(replicate);
    0.0003 * ((cell.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40) % 11) as f64
}

fn check(text: &str, expected: &str) {
    assert!(text.contains(expected), "no {expected:?} in:\n{text}");
}

/// The cells of the row of `value` in the table of `parameter`, by model.
fn row<'p>(page: &'p str, parameter: &str, value: &str) -> Vec<&'p str> {
    let table = page.split(&format!("### `{parameter}`\n")).nth(1).unwrap();
    let line = table.lines().find(|line| line.starts_with(&format!("| `{value}` |"))).unwrap();
    line.split('|').skip(2).map(str::trim).filter(|cell| !cell.is_empty()).collect()
}

#[test]
fn a_parameter_without_effect_has_no_significant_one_and_all_claims_of_the_report_are_one_family() {
    // The second layer is ahead by noise alone, whose mean is 0.1 points; each rate is ten points from the next.
    let figure = |layers: i64, rate: f64, replicate| {
        let layer = if layers == 2 { 0.001 + noise(replicate) } else { 0.0 };
        0.4 + by_rate(rate) + layer + if rate > 0.05 { noise(replicate) / 4.0 } else { 0.0 }
    };
    let (answer, page) = rendered(&with_validation(clear(), figure));
    let layers = "layers has no significant effect: 2 is 0.10 points of validation macro-F1 better than 1 at otherwise equal \
                  configurations (95 % CI −";
    check(&answer, &format!("Within stacked_rnn, {layers}"));
    let rate = "learning_rate has a significant effect: 0.1 is 10.00 points of validation macro-F1 better than 0.01 at otherwise \
                equal configurations (95 % CI 9.";
    check(&answer, rate);
    check(&answer, "0.1 is also significantly better than 0.001.");
    // One pair of layers and three of rates, and one pair of the rates of manual_rnn that finished.
    check(&answer, "after Holm's correction over all 4 claims on parameters in this report)");
    check(&page, "- `manual_rnn`: ");
    check(&page, "- `stacked_rnn`: **`learning_rate` has a significant effect:** `0.1` is 10.00 points");
    check(&page, "- `stacked_rnn`: `layers` has no significant effect: `2` is");
}

#[test]
fn importance_is_the_share_of_variance_between_configurations_with_its_interval() {
    // Layers ±0.1 and rates −0.1, 0, 0.1: 6 · 0.01 = 0.06 and 2 · (0.01 + 0.01) = 0.04 of 0.10 in all.
    let figure = |layers, rate, replicate| 0.2 * layers as f64 + by_rate(rate) + own_noise(layers, rate, replicate);
    let (_, page) = rendered(&with_validation(clear(), figure));
    check(&page, "- `stacked_rnn`: `layers` 60 % (95 % CI ");
    check(&page, " %) and `learning_rate` 40 % (95 % CI ");
    let (_, page) = rendered(&with_validation(clear(), |layers, rate, r| 0.5 + own_noise(layers, rate, r)));
    check(&page, "- `stacked_rnn`: no signal above the noise between replicates, from 6 configurations");
}

#[test]
fn importance_uses_only_configurations_that_finished_on_every_replicate() {
    let mut outline = clear();
    outline.models[2].mishap =
        |configuration, replicate| if (configuration, replicate) == (5, 1) { diverges(0, 0) } else { None };
    let figure = |layers, rate, replicate| 0.2 * layers as f64 + by_rate(rate) + own_noise(layers, rate, replicate);
    check(&rendered(&with_mishaps(outline, figure)).1, " %), from 5 configurations");
}

/// The audit's case: a value looks 8 points better because it diverged where results are low.
#[test]
fn text_and_table_agree_where_a_value_diverged_at_the_settings_with_low_results() {
    let mut outline = clear();
    outline.models[2].mishap = |configuration, _| if configuration == 3 { diverges(0, 0) } else { None };
    // The second layer costs one point; at the lowest rate it diverges. At the highest rate it costs two.
    let figure = |layers: i64, rate: f64, replicate| {
        let cost = if layers == 1 {
            0.0
        } else if rate > 0.05 {
            0.02
        } else {
            0.01
        };
        0.3 + 2.0 * by_rate(rate) - cost + own_noise(layers, rate, replicate) / 4.0
    };
    let (answer, page) = rendered(&with_mishaps(outline, figure));
    check(&answer, "layers has a significant effect: 1 is 1.5");
    check(&answer, "; both finished in 10 of 15 trial pairs).");
    let (one, two) = (row(&page, "layers", "1"), row(&page, "layers", "2"));
    assert!(one[0].starts_with("**50.") && one[0].ends_with("**"), "{one:?}");
    assert!(two[0].starts_with("58.") && two[0].contains("† (10 of 15 finished)"), "{two:?}");
    check(&page, "† Only some trials of this value finished");
    check(&page, "stacked\\_rnn is best at 1 (50.");
    // The mean over both layers, 20 and 19 points: the layer that lacks the lowest rate takes part.
    check(&answer, "learning_rate has a significant effect: 0.1 is 19.4");
    check(&answer, "0.1 is also significantly better than 0.001 (both finished in 5 of 10 trial pairs).");
}

#[test]
fn a_mean_over_survivors_is_never_bold_and_never_called_best() {
    let mut outline = clear();
    // The second layer is best, and one of its trials is missing.
    outline.models[2].mishap =
        |configuration, replicate| if (configuration, replicate) == (3, 0) { diverges(0, 0) } else { None };
    let figure = |layers: i64, rate, r| 0.2 + 0.1 * layers as f64 + by_rate(rate) + own_noise(layers, rate, r);
    let (answer, page) = rendered(&with_mishaps(outline, figure));
    check(&answer, "layers has a significant effect: 2 is ");
    check(&answer, "; both finished in 14 of 15 trial pairs).");
    let (one, two) = (row(&page, "layers", "1"), row(&page, "layers", "2"));
    assert!(!one[0].contains("**") && !two[0].contains("**") && two[0].contains('†'), "{one:?} {two:?}");
    check(
        &page,
        "Effect of layers on validation: of stacked\\_rnn no value is named as best, because some trials did not finish.",
    );
    // With one replicate nothing is compared: the best mean is bold where every trial finished.
    let one_replicate = |mishap: fn(usize, u32) -> _, of_layer: f64| {
        let mut outline = Outline { replicates: 1, ..clear() };
        outline.models[2].mishap = mishap;
        let page =
            rendered(&with_mishaps(outline, move |layers, rate, _| 0.9 + of_layer * layers as f64 - by_rate(rate))).1;
        ["1", "2"].map(|value| row(&page, "layers", value)[0].starts_with("**"))
    };
    assert_eq!(one_replicate(no_mishap, 0.05), [false, true]);
    let lowest = |configuration, _| if configuration == 3 { diverges(0, 0) } else { None };
    assert_eq!(one_replicate(lowest, 0.05), [false, false]);
    assert_eq!(one_replicate(lowest, -0.05), [false, false]);
}

#[test]
fn the_best_pair_and_the_best_configuration_are_of_those_that_finished_everywhere() {
    let mut outline = clear();
    outline.models[2].mishap =
        |configuration, replicate| if (configuration, replicate) == (5, 0) { diverges(0, 0) } else { None };
    let figure = |layers: i64, rate, r| 0.35 + 0.05 * layers as f64 + by_rate(rate) + own_noise(layers, rate, r);
    let (_, page) = rendered(&with_mishaps(outline, figure));
    check(&page, "stacked\\_rnn: best together at learning\\_rate = 0.1 and layers = 1 (");
    check(&page, "† Only some trials of this pair finished");
    check(&page, "did not finish on every replicate), the best is stacked\\_rnn with layers=1, learning\\_rate=0.1 (");
}

#[test]
fn settings_where_the_difference_has_the_opposite_sign_are_named() {
    let answer = |rates: &[f64], reversed: f64| {
        let mut outline = clear();
        outline.models[2].axes[1].1 = reals(rates);
        // Ten points at the lowest rate; at the others the second layer costs half a point for each place.
        let gain = move |rate: f64| if rate < 0.005 { 0.1 } else { reversed * (rate * 100.0).round() };
        let figure = |layers: i64, rate, r: u32| 0.3 + if layers == 2 { gain(rate) + noise(r) / 8.0 } else { 0.0 };
        rendered(&with_validation(outline, figure)).0
    };
    check(
        &answer(&[0.001, 0.01], -0.005),
        "The difference has the opposite sign at learning_rate=0.01 (−0.50 points).",
    );
    let three = answer(&[0.001, 0.01, 0.02, 0.03], -0.005);
    let named = "The difference has the opposite sign at learning_rate=0.03 (−1.50 points), learning_rate=0.02 (−1.00 points) \
                 and 1 other.";
    check(&three, named);
    let alike = answer(&[0.001, 0.01, 0.02, 0.03], 0.005);
    assert!(!alike.contains("opposite"), "{alike}");
}

#[test]
fn a_best_value_that_the_chosen_configuration_does_not_have_is_explained() {
    let answer = |gain: f64| {
        let figure =
            move |layers: i64, rate, r| 0.5 + gain * layers as f64 + by_rate(rate) + own_noise(layers, rate, r);
        rendered(&with_validation(clear(), figure)).0
    };
    let said = "The configuration chosen most often has layers=2: a configuration is chosen by its own results, not by averages \
                over others.";
    check(&answer(-0.1), said);
    assert!(!answer(0.1).contains("chosen most often"));
}

#[test]
fn a_value_that_never_finished_is_left_out_and_named() {
    let mut outline = clear();
    outline.models[2].mishap = |configuration, _| if configuration % 3 == 2 { diverges(0, 0) } else { None };
    let (answer, page) = rendered(&outline.build());
    check(&answer, "learning_rate has a significant effect: 0.01 is");
    check(
        &answer,
        "0.1 cannot be compared with every other value: fewer than two replicates have finished trials of both",
    );
    assert!(row(&page, "learning_rate", "0.01")[1].starts_with("**"), "{page}");
}

#[test]
fn without_replicates_or_results_nothing_is_said_of_parameters() {
    for outline in [all_diverged(), Outline { replicates: 1, ..clear() }] {
        let (answer, page) = rendered(&outline.build());
        assert!(!answer.contains("significant effect") && !page.contains("### Values at otherwise equal"), "{answer}");
        assert!(!page.contains("### Importance"), "{page}");
    }
}

#[test]
fn one_model_alone_still_answers_for_its_parameters() {
    let mut outline = Outline { baseline: None, ..clear() };
    outline.models.drain(..2);
    let (answer, page) = rendered(&outline.build());
    check(&answer, "Within stacked_rnn, layers has a significant effect: 2 is");
    assert!(!page.contains("## Name by name"), "{page}");
}

/// Whether a configuration has this whole number of layers and this learning rate.
fn is_at(configuration: &Configuration, layers: i64, rate: f64) -> bool {
    let at = [("layers", ParamValue::Integer(layers)), ("learning_rate", ParamValue::Real(rate))];
    at.iter().all(|(name, value)| configuration.value(name) == Some(value))
}

#[test]
fn of_a_grid_with_gaps_values_are_compared_and_the_report_gives_the_reason_for_missing_tables() {
    let mut outline = Outline { baseline: None, ..clear() };
    outline.models.drain(..2);
    let mut experiment = with_validation_of(outline.clone(), |layers, rate, r| {
        0.2 * layers as f64 + by_rate(rate) + own_noise(layers, rate, r)
    });
    check(&rendered(&experiment).1, "### `layers`");
    experiment.keep(|configuration| !is_at(configuration, 1, 0.1));
    let (_, page) = rendered(&experiment);
    assert!(!page.contains("### `layers`"), "{page}");
    check(
        &page,
        "## Effect of each parameter\n\nThere are no tables of effects for `stacked_rnn`, as not every combination of its values was \
         trained: means at two values would be over different values of the other parameters. \"Values at otherwise equal \
         configurations\" below compares the values that can be compared.\n\n### Values at otherwise equal configurations",
    );
    check(&page, "**`layers` has a significant effect:** `2` is ");
    check(&page, "- `stacked_rnn`: `layers` ");
    // Without replicates no values are compared.
    let mut single = Outline { replicates: 1, ..outline }.build();
    single.keep(|configuration| !is_at(configuration, 1, 0.1));
    let (_, page) = rendered(&single);
    check(&page, "as not every combination of its values was trained");
    assert!(!page.contains("below compares"), "{page}");
}

#[test]
fn a_value_without_effect_is_compared_at_every_setting_and_not_with_others() {
    let mut outline = Outline { baseline: None, ..clear() };
    outline.models.drain(..2);
    let mut experiment =
        with_validation_of(outline, |layers, rate, r| 0.2 * layers as f64 + own_noise(layers, rate, r));
    // With one layer the rate has no effect, and has a default that is no value of the others.
    let reported = |experiment: &mut Reported, is_known: bool| {
        experiment.plan.without_effect = if is_known { vec![without_effect()] } else { Vec::new() };
        rendered(experiment).1
    };
    experiment.keep(|configuration| is_at(configuration, 1, 0.001) || configuration.params.size("layers") == 2);
    experiment.keep(|configuration| !is_at(configuration, 2, 0.001));
    let page = reported(&mut experiment, false);
    assert!(!page.contains("`layers` has"), "no configuration of one layer has the rate of one of two: {page}");
    let page = reported(&mut experiment, true);
    check(&page, "**`layers` has a significant effect:** `2` is ");
    assert!(!page.contains("`0.001` cannot be compared"), "{page}");
}

#[test]
fn a_search_has_no_tables_and_its_parameters_are_as_important_as_those_of_a_grid() {
    let mut outline = clear();
    outline.models.drain(..1);
    let figure = |layers, rate, replicate| 0.2 * layers as f64 + by_rate(rate) + own_noise(layers, rate, replicate);
    outline.models[1].mishap = no_mishap;
    let mut experiment = with_mishaps(outline.clone(), figure);
    experiment.race("stacked_rnn", Some(SearchMethod::Random), Budget::full(3), 2);
    let (_, page) = rendered(&experiment);
    check(&page, "There are no tables of effects for `stacked_rnn`, as a search proposed its configurations.");
    check(&page, "- `stacked_rnn`: `layers` 60 % (95 % CI ");
    check(&page, "a share has effects of others as well.");
    // Alone, it has nothing else in the section.
    outline.models.drain(..1);
    let mut experiment = with_mishaps(Outline { baseline: None, ..outline }, figure);
    experiment.race("stacked_rnn", Some(SearchMethod::Random), Budget::full(3), 2);
    check(&rendered(&experiment).1, "## Effect of each parameter\n\n### Importance of the parameters");
}

#[test]
fn a_parameter_that_some_configurations_do_not_have_gets_no_share() {
    const MOMENTUM: &str = "training.optimizer.momentum";
    let mut outline = Outline { baseline: None, ..clear() };
    outline.models.drain(..2);
    let mut experiment =
        with_validation_of(outline, |layers, rate, r| 0.2 * layers as f64 + by_rate(rate) + own_noise(layers, rate, r));
    experiment.plan.without_effect = vec![without_effect()];
    check(
        &rendered(&experiment).1,
        ", from 6 configurations. Without a share: `learning_rate`, as some configurations do not have it or have it without effect",
    );
    experiment.plan.without_effect.clear();
    // Each of its values is of one configuration: as levels they would explain all.
    for (index, configuration) in experiment.plan.configurations.iter_mut().enumerate() {
        configuration.swept.push(MOMENTUM.to_owned());
        if configuration.params.size("layers") == 2 {
            configuration.settings = Params::default().with(MOMENTUM, ParamValue::Real(0.1 * index as f64));
        }
    }
    let (_, page) = rendered(&experiment);
    check(&page, "- `stacked_rnn`: `layers` 60 % (95 % CI ");
    check(&page, " configurations. Without a share: `training.optimizer.momentum`, as ");
}

fn without_effect() -> WithoutEffect {
    WithoutEffect {
        model: "stacked_rnn".to_owned(),
        parameter: "learning_rate".to_owned(),
        needs: "layers".to_owned(),
        at_least: 2,
        n_combinations: 2,
    }
}
