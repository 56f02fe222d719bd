//! All figures of the analysis as one JSON document. `docs/exports.md` tells its fields.

use super::leaderboard::{Standing, in_order};
use super::records::outcome;
use crate::analysis::{Analysis, ModelResult, Tally};
use crate::comparisons::Difference;
use crate::name_by_name::{Paired, paired};
use crate::practical;
use crate::sections::other_figures::{calibration_error, top_k};
use crate::signature::Signature;
use recur_core::data_warning::DataWarning;
use recur_core::metric::Metric;
use recur_core::params::Params;
use recur_core::record::{Outcome, TestRecord};
use recur_core::settings::TestRows;
use recur_stats::{Interval, Practical, mean, standard_deviation};
use serde::Serialize;
use std::collections::BTreeMap;

/// The version of the document's fields: raised when one is renamed, removed, or changes its meaning. Others may join them.
pub const SCHEMA_VERSION: u32 = 2;

#[derive(Serialize)]
struct Document<'a> {
    schema_version: u32,
    recur_version: &'a str,
    experiment: &'a str,
    question: &'a str,
    answer: String,
    primary: Metric,
    higher_is_better: bool,
    baseline: Option<&'a str>,
    seed: u64,
    replicates: u32,
    signature: BTreeMap<&'static str, String>,
    data: Data<'a>,
    test: Test,
    models: Vec<Model<'a>>,
    best_against: Vec<Against<'a>>,
    name_by_name: Option<NameByName<'a>>,
    configurations: Vec<Configuration<'a>>,
    unfinished: Vec<Unfinished<'a>>,
}

#[derive(Serialize)]
struct Data<'a> {
    source: &'a str,
    dataset: &'a str,
    rows: u64,
    labels: &'a [String],
    train_rows: usize,
    validation_rows: usize,
    test_rows: usize,
    accuracy_ceiling: f64,
    /// Of the rows tested, as a mean over replicates.
    accuracy_ceiling_tested: Option<f64>,
    majority_share: f64,
    labels_without_test_rows: Vec<String>,
    labels_without_training_rows: Vec<String>,
    /// What of the data may mislead; not written where there is nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
}

/// How models are compared.
#[derive(Serialize)]
struct Test {
    name: &'static str,
    /// `per_replicate` or `fixed`.
    test_rows: TestRows,
    confidence: f64,
    correction: &'static str,
    /// Of the intervals name by name.
    bootstrap_resamples: usize,
    /// Of the groups of a fixed test set.
    #[serde(skip_serializing_if = "Option::is_none")]
    group_resamples: Option<usize>,
}

#[derive(Serialize)]
struct Model<'a> {
    model: &'a str,
    rank: Option<usize>,
    standing: &'static str,
    /// The one with the best mean on validation, which `recur predict` uses.
    configuration: Option<usize>,
    title: Option<String>,
    params: Option<&'a Params>,
    /// The one that was tested, by replicate.
    tested_configurations: &'a [Option<usize>],
    /// The labels that the model gives all test rows of a replicate, if on each replicate it gives them only one.
    constant_answers: Option<Vec<&'a str>>,
    trials: Trials,
    parameters: Option<u64>,
    trial_ids: Vec<&'a str>,
    validation: BTreeMap<&'static str, Summary>,
    test: BTreeMap<&'static str, Summary>,
    to_baseline: Option<Found>,
    labels: Vec<Label<'a>>,
}

#[derive(Serialize)]
struct Trials {
    planned: u64,
    finished: u64,
    diverged: u64,
    failed: u64,
}

/// A figure over replicates.
#[derive(Serialize)]
struct Summary {
    mean: Option<f64>,
    sd: Option<f64>,
    /// The interval of the mean; of test figures alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    interval: Option<[f64; 2]>,
    by_replicate: Vec<Option<f64>>,
}

#[derive(Serialize)]
struct Found {
    mean: Option<f64>,
    interval: Option<[f64; 2]>,
    p: Option<f64>,
    p_holm: Option<f64>,
    comparisons: usize,
    standard_error: Option<f64>,
    freedom: Option<f64>,
    wins: u32,
    ties: u32,
    losses: u32,
    is_significant: bool,
    smallest_detectable: Option<f64>,
    /// The probabilities that the first is better by more than the margin, equal within it, and worse.
    practical: Option<Probabilities>,
}

#[derive(Serialize)]
struct Probabilities {
    margin: f64,
    better: f64,
    equal: f64,
    worse: f64,
}

#[derive(Serialize)]
struct Against<'a> {
    best: &'a str,
    other: &'a str,
    difference: Found,
}

#[derive(Serialize)]
struct Label<'a> {
    label: &'a str,
    test_rows: f64,
    precision: f64,
    recall: f64,
    f1: f64,
}

#[derive(Serialize)]
struct NameByName<'a> {
    first: &'a str,
    second: &'a str,
    replicates: Vec<OnNames>,
}

#[derive(Serialize)]
struct OnNames {
    names: usize,
    both_right: u64,
    only_first_right: u64,
    only_second_right: u64,
    both_wrong: u64,
    accuracy_difference: Option<f64>,
    mcnemar_p: f64,
    macro_f1_difference: Option<f64>,
    macro_f1_interval: Option<[f64; 2]>,
}

#[derive(Serialize)]
struct Configuration<'a> {
    model: &'a str,
    title: String,
    params: &'a Params,
    swept: &'a [String],
    weights: Option<&'a str>,
    /// On how many replicates it was chosen.
    times_chosen: u32,
    trials: Trials,
    trial_ids: Vec<&'a str>,
    validation: BTreeMap<&'static str, Summary>,
}

#[derive(Serialize)]
struct Unfinished<'a> {
    trial: &'a str,
    configuration: usize,
    replicate: u32,
    outcome: &'static str,
    reason: &'a str,
}

/// The document of `analysis`, indented, with a line end.
pub(super) fn json(analysis: &Analysis<'_>, answer: String) -> String {
    let (input, plan) = (analysis.input, analysis.input.plan);
    let signature = Signature::of(input);
    let document = Document {
        schema_version: SCHEMA_VERSION,
        recur_version: &input.provenance.recur_version,
        experiment: &plan.name,
        question: &plan.question,
        answer,
        primary: analysis.primary,
        higher_is_better: analysis.primary.higher_is_better(),
        baseline: plan.report.baseline.as_deref(),
        seed: plan.seed,
        replicates: plan.replicates,
        signature: crate::PARTS.iter().map(|(name, _)| (*name, signature.get(name).to_owned())).collect(),
        data: data(analysis),
        test: Test {
            name: match plan.split.test_rows {
                TestRows::PerReplicate => "corrected resampled t-test",
                TestRows::Fixed => "t-test with the variances over replicates and over test groups",
            },
            test_rows: plan.split.test_rows,
            confidence: 0.95,
            correction: "Holm",
            bootstrap_resamples: analysis.n_resamples,
            group_resamples: analysis.has_fixed_test().then(|| analysis.n_group_resamples()),
        },
        models: in_order(analysis).into_iter().map(|index| model(analysis, index)).collect(),
        best_against: analysis.best_against.iter().map(|(other, found)| against(analysis, *other, found)).collect(),
        name_by_name: name_by_name(analysis),
        configurations: (0..plan.configurations.len()).map(|index| configuration(analysis, index)).collect(),
        unfinished: unfinished(analysis),
    };
    serde_json::to_string_pretty(&document).expect("the document has only string keys") + "\n"
}

fn data<'a>(analysis: &Analysis<'a>) -> Data<'a> {
    let labels = analysis.labels_without_rows();
    let (facts, sizes) = (analysis.input.facts, analysis.input.sizes());
    Data {
        source: &facts.source,
        dataset: facts.dataset.as_str(),
        rows: facts.rows,
        labels: analysis.input.label_names,
        train_rows: sizes.train,
        validation_rows: sizes.validation,
        test_rows: sizes.test,
        accuracy_ceiling: facts.accuracy_ceiling,
        accuracy_ceiling_tested: analysis.test_ceiling(),
        majority_share: facts.majority_share,
        labels_without_test_rows: labels.never_tested,
        labels_without_training_rows: labels.untrained,
        warnings: warnings(analysis),
    }
}

/// In the order of `recur plan --json`. Labels without rows have their own fields.
fn warnings(analysis: &Analysis<'_>) -> Vec<String> {
    let (facts, split) = (analysis.input.facts, &analysis.input.plan.split);
    // Rows are not kept with a record: the first one is not known here.
    let rejected = DataWarning::rejected(facts, None);
    let few_rows = DataWarning::few_rows(facts, split);
    rejected.iter().chain(&facts.warnings).chain(&few_rows).map(ToString::to_string).collect()
}

fn model<'a>(analysis: &Analysis<'a>, index: usize) -> Model<'a> {
    let result = &analysis.models[index];
    let label_name = |label: u16| analysis.input.label_names[usize::from(label)].as_str();
    let chosen = result.chosen.map(|chosen| &analysis.input.plan.configurations[chosen]);
    let of_test = |metric| {
        let values = result.test(metric);
        let interval = analysis.mean_interval(result, metric);
        Summary { interval: interval.map(ends), ..summary(values.into_iter().map(Some).collect()) }
    };
    let mut test: BTreeMap<&str, Summary> = BTreeMap::new();
    if !result.tests.is_empty() {
        test.extend(Metric::ALL.map(|metric| (metric.name(), of_test(metric))));
        test.extend(of_predictions(analysis, result));
    }
    Model {
        model: result.id,
        rank: analysis.ranking.iter().position(|ranked| *ranked == index).map(|place| place + 1),
        standing: Standing::of(analysis, index).word(),
        configuration: result.chosen,
        title: chosen.map(recur_core::plan::Configuration::title),
        params: chosen.map(|configuration| &configuration.params),
        tested_configurations: &result.choice.by_replicate,
        constant_answers: result.constant_answers().map(|labels| labels.into_iter().map(label_name).collect()),
        trials: result.tally.into(),
        parameters: analysis.n_parameters(result),
        trial_ids: analysis.chosen_trials(result).into_iter().map(|id| id.as_str()).collect(),
        validation: of_validation(analysis, result),
        test,
        to_baseline: analysis.to_baseline.get(&index).map(|difference| found(analysis, difference)),
        labels: labels(analysis, result),
    }
}

/// Validation results of the tested trials.
fn of_validation(analysis: &Analysis<'_>, result: &ModelResult<'_>) -> BTreeMap<&'static str, Summary> {
    let of = |metric: Metric| {
        let value = |(replicate, index): (u32, &Option<usize>)| {
            Some(analysis.finding((*index)?, replicate)?.record.validation()?.get(metric))
        };
        summary((0..).zip(&result.choice.by_replicate).map(value).collect())
    };
    Metric::ALL.into_iter().map(|metric| (metric.name(), of(metric))).collect()
}

/// Figures of the predictions beside those of the records.
fn of_predictions(analysis: &Analysis<'_>, model: &ModelResult<'_>) -> [(&'static str, Summary); 4] {
    let n_labels = analysis.input.label_names.len();
    let over =
        |figure: &dyn Fn(&TestRecord) -> Option<f64>| summary(model.tests.iter().map(|test| figure(test)).collect());
    let counts = |test: &TestRecord| ModelResult::confusion(test, n_labels);
    [
        ("top_3_accuracy", over(&top_k)),
        ("balanced_accuracy", over(&|test| counts(test).balanced_accuracy())),
        ("cohen_kappa", over(&|test| counts(test).cohen_kappa())),
        ("expected_calibration_error", over(&calibration_error)),
    ]
}

fn validation(analysis: &Analysis<'_>, configuration: usize) -> BTreeMap<&'static str, Summary> {
    let replicates = || 0..analysis.input.plan.replicates;
    let of = |metric: Metric| {
        let value = |replicate| Some(analysis.finding(configuration, replicate)?.record.validation()?.get(metric));
        summary(replicates().map(value).collect())
    };
    Metric::ALL.into_iter().map(|metric| (metric.name(), of(metric))).collect()
}

/// Of the replicates that have a value.
fn summary(by_replicate: Vec<Option<f64>>) -> Summary {
    let known: Vec<f64> = by_replicate.iter().flatten().copied().collect();
    Summary { mean: mean(&known), sd: standard_deviation(&known), interval: None, by_replicate }
}

fn found(analysis: &Analysis<'_>, difference: &Difference) -> Found {
    let [wins, ties, losses] = difference.wins;
    let (comparison, estimate) = (difference.comparison, difference.estimate);
    let practical = analysis.input.plan.report.equivalence_margin.and_then(|margin| {
        let Practical { better, equal, worse } = practical::of(difference, analysis.primary, margin)?;
        Some(Probabilities { margin, better, equal, worse })
    });
    Found {
        mean: estimate.map(|estimate| estimate.mean),
        interval: comparison.map(|comparison| ends(comparison.interval)),
        p: comparison.map(|comparison| comparison.p),
        p_holm: comparison.map(|_| difference.adjusted_p),
        comparisons: difference.n_comparisons,
        standard_error: estimate.map(|estimate| estimate.standard_error),
        freedom: estimate.map(|estimate| estimate.freedom),
        wins,
        ties,
        losses,
        is_significant: difference.is_clear(),
        smallest_detectable: difference.smallest_detectable(),
        practical,
    }
}

fn ends(interval: Interval) -> [f64; 2] {
    [interval.low, interval.high]
}

fn against<'a>(analysis: &Analysis<'a>, other: usize, difference: &Difference) -> Against<'a> {
    let best = analysis.models[analysis.ranking[0]].id;
    Against { best, other: analysis.models[other].id, difference: found(analysis, difference) }
}

/// The figures of each label, averaged over the replicates that have test rows of it.
fn labels<'a>(analysis: &Analysis<'a>, model: &ModelResult<'_>) -> Vec<Label<'a>> {
    let names = analysis.input.label_names;
    let by_label: Vec<_> =
        model.tests.iter().map(|test| ModelResult::confusion(test, names.len()).by_label()).collect();
    let label = |(index, label): (usize, &'a String)| {
        let all: Vec<_> = by_label.iter().map(|scores| scores[index]).collect();
        let average = |figure: fn(&recur_stats::LabelScores) -> f64| {
            mean(&all.iter().filter(|scores| scores.support > 0).map(figure).collect::<Vec<_>>())
        };
        Some(Label {
            label,
            test_rows: mean(&all.iter().map(|scores| scores.support as f64).collect::<Vec<_>>())?,
            precision: average(|scores| scores.precision)?,
            recall: average(|scores| scores.recall)?,
            f1: average(|scores| scores.f1)?,
        })
    };
    names.iter().enumerate().filter_map(label).collect()
}

fn name_by_name<'a>(analysis: &Analysis<'a>) -> Option<NameByName<'a>> {
    let [first, second, ..] = analysis.ranking[..] else { return None };
    analysis.input.shares_names().then(|| NameByName {
        first: analysis.models[first].id,
        second: analysis.models[second].id,
        replicates: paired(analysis, first, second).iter().map(on_names).collect(),
    })
}

fn on_names(paired: &Paired) -> OnNames {
    OnNames {
        names: paired.n_names,
        both_right: paired.counts.both_right,
        only_first_right: paired.counts.only_first,
        only_second_right: paired.counts.only_second,
        both_wrong: paired.counts.both_wrong,
        accuracy_difference: paired.counts.accuracy_difference(),
        mcnemar_p: paired.mcnemar_p,
        macro_f1_difference: paired.macro_f1,
        macro_f1_interval: paired.interval.map(ends),
    }
}

fn configuration<'a>(analysis: &Analysis<'a>, index: usize) -> Configuration<'a> {
    let configuration = &analysis.input.plan.configurations[index];
    Configuration {
        model: &configuration.model,
        title: configuration.title(),
        params: &configuration.params,
        swept: &configuration.swept,
        weights: configuration.weights.as_deref(),
        times_chosen: analysis.input.selection.times_chosen(index),
        trials: analysis.tally(index).into(),
        trial_ids: analysis.findings_of(index).map(|finding| finding.trial.id.as_str()).collect(),
        validation: validation(analysis, index),
    }
}

fn unfinished<'a>(analysis: &Analysis<'a>) -> Vec<Unfinished<'a>> {
    let findings = (0..analysis.input.plan.configurations.len()).flat_map(|index| analysis.findings_of(index));
    let reason = |finding: &'a recur_core::selection::Finding| match &finding.record.outcome {
        Outcome::Finished { .. } => None,
        Outcome::Diverged { reason } | Outcome::Failed { reason } => Some((finding, reason)),
    };
    let line = |finding: &'a recur_core::selection::Finding, outcome, reason| Unfinished {
        trial: finding.trial.id.as_str(),
        configuration: finding.trial.configuration,
        replicate: finding.trial.replicate,
        outcome,
        reason,
    };
    let ended = findings.filter_map(reason).map(|(finding, reason)| line(finding, outcome(&finding.record), reason));
    let unscored = analysis.input.unscored.iter().filter_map(|unscored| {
        let finding = analysis.input.findings.iter().find(|finding| finding.trial.id == unscored.trial)?;
        Some(line(finding, "not_scored", unscored.reason.as_str()))
    });
    ended.chain(unscored).collect()
}

impl From<Tally> for Trials {
    fn from(Tally { planned, finished, diverged, failed }: Tally) -> Self {
        Self { planned, finished, diverged, failed }
    }
}
