//! The whole analysis as one JSON document. `docs/exports.md` describes its fields.

use crate::answer::Opening;
use crate::provenance::Provenance;
use crate::signature::Signature;
use recur_analysis::{
    Against, Analysis, Axis, Basis, ComparisonFacts, ConfigurationCurve, ConfigurationResult, Curve, Data, Effect,
    Ensembles, Equivalence, HardExamples, Importance, LabelDifferences, Mistake, Model, ModelStages, NotAveraged,
    PairEffect, PerExample, Positive, Reliability, Search, Settings, ToBaseline, TrialResult, Unfinished, Verdict,
};
use recur_core::data_warning::DataWarning;
use recur_core::facts::DataFacts;
use recur_core::metric::Metric;
use recur_core::plan::{UnusedSettings, WithoutEffect};
use recur_core::settings::{TestRows, TrainingLength};
use serde::Serialize;
use std::collections::BTreeMap;

/// The version of the document's fields: raised when one is renamed, removed, or changes its meaning, and when a part of the
/// analysis joins them. Single fields may join without that.
pub const SCHEMA_VERSION: u32 = 7;

#[derive(Serialize)]
struct Document<'a> {
    schema_version: u32,
    recur_version: &'a str,
    experiment: &'a str,
    question: &'a str,
    answer: String,
    /// What else a reader has to know, paragraph by paragraph.
    notes: Vec<String>,
    verdict: &'a Verdict,
    primary: Metric,
    higher_is_better: bool,
    baseline: Option<&'a str>,
    seed: u64,
    replicates: u32,
    signature: BTreeMap<&'static str, String>,
    settings: &'a Settings,
    data: DataWithWarnings<'a>,
    facts: &'a DataFacts,
    unused_settings: &'a [UnusedSettings],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    sees_validation: &'a [String],
    comparison: Option<&'a ComparisonFacts>,
    test: Test,
    models: Vec<&'a Model>,
    best_against: &'a [Against],
    #[serde(skip_serializing_if = "Option::is_none")]
    ensembles: Option<&'a Ensembles>,
    equivalence: Option<&'a Equivalence>,
    text_by_text: Option<&'a PerExample>,
    text_by_text_to_baseline: &'a [ToBaseline],
    effects: &'a [Effect],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    not_averaged: &'a [NotAveraged],
    pair_effects: &'a [PairEffect],
    axes: &'a [Axis],
    importance: &'a [Importance],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    without_effect: &'a [WithoutEffect],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    stages: &'a [ModelStages],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    searches: &'a [Search],
    configurations: &'a [ConfigurationResult],
    curves: &'a [Curve],
    configuration_curves: &'a [ConfigurationCurve],
    training_lengths: &'a [TrainingLength],
    not_dominated: &'a [String],
    reliability: &'a [Reliability],
    label_differences: Option<&'a LabelDifferences>,
    #[serde(skip_serializing_if = "Option::is_none")]
    positive: Option<&'a Positive>,
    mistakes: &'a [Mistake],
    hard_examples: Option<&'a HardExamples>,
    trials: &'a [TrialResult],
    unfinished: &'a [Unfinished],
}

#[derive(Serialize)]
struct DataWithWarnings<'a> {
    #[serde(flatten)]
    data: &'a Data,
    /// What of the data may mislead; not written where there is nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
}

/// How models are compared.
#[derive(Serialize)]
struct Test {
    name: &'static str,
    test_rows: TestRows,
    confidence: f64,
    correction: &'static str,
    basis: Basis,
    validation_basis: Basis,
    ratio: f64,
    bootstrap_resamples: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    group_resamples: Option<usize>,
}

/// The document of `analysis`, indented, with a line end.
pub(super) fn json(analysis: &Analysis, opening: Opening, provenance: &Provenance, signature: &Signature) -> String {
    let document = Document {
        schema_version: SCHEMA_VERSION,
        recur_version: &provenance.recur_version,
        experiment: &analysis.experiment,
        question: &analysis.question,
        answer: opening.answer,
        notes: opening.notes,
        verdict: &analysis.verdict,
        primary: analysis.primary,
        higher_is_better: analysis.primary.higher_is_better(),
        baseline: analysis.baseline.as_deref(),
        seed: analysis.seed,
        replicates: analysis.replicates,
        signature: crate::PARTS.iter().map(|(name, _)| (*name, signature.get(name).to_owned())).collect(),
        settings: &analysis.settings,
        data: DataWithWarnings { data: &analysis.data, warnings: warnings(analysis) },
        facts: &analysis.facts,
        unused_settings: &analysis.unused,
        sees_validation: &analysis.sees_validation,
        comparison: analysis.comparison.as_ref(),
        test: test(analysis),
        models: analysis.in_order().collect(),
        best_against: &analysis.best_against,
        ensembles: analysis.ensembles.as_ref(),
        equivalence: analysis.equivalence.as_ref(),
        text_by_text: analysis.per_example.as_ref(),
        text_by_text_to_baseline: &analysis.per_example_to_baseline,
        effects: &analysis.effects,
        not_averaged: &analysis.not_averaged,
        pair_effects: &analysis.pair_effects,
        axes: &analysis.axes,
        importance: &analysis.importance,
        without_effect: &analysis.without_effect,
        stages: &analysis.stages,
        searches: &analysis.searches,
        configurations: &analysis.configurations,
        curves: &analysis.curves,
        configuration_curves: &analysis.configuration_curves,
        training_lengths: &analysis.training_lengths,
        not_dominated: &analysis.not_dominated,
        reliability: &analysis.reliability,
        label_differences: analysis.label_differences.as_ref(),
        positive: analysis.positive.as_ref(),
        mistakes: &analysis.mistakes,
        hard_examples: analysis.hard_examples.as_ref(),
        trials: &analysis.trials,
        unfinished: &analysis.unfinished,
    };
    serde_json::to_string_pretty(&document).expect("the document has only string keys") + "\n"
}

fn test(analysis: &Analysis) -> Test {
    let method = &analysis.method;
    Test {
        name: match method.test_rows {
            TestRows::PerReplicate => "corrected resampled t-test",
            TestRows::Fixed => "t-test with the variances over replicates and over test groups",
        },
        test_rows: method.test_rows,
        confidence: method.confidence,
        correction: "Holm",
        basis: method.basis,
        validation_basis: method.validation_basis,
        ratio: method.ratio,
        bootstrap_resamples: method.bootstrap_resamples,
        group_resamples: method.group_resamples,
    }
}

/// In the order of `recur plan --json`. Labels without rows have their own fields.
fn warnings(analysis: &Analysis) -> Vec<String> {
    // Rows are not kept with a record: the first one is not known here.
    let rejected = DataWarning::rejected(&analysis.facts, None);
    let few_rows = &analysis.data.few_rows;
    rejected
        .iter()
        .chain(&analysis.facts.warnings)
        .chain(few_rows)
        .map(|warning| warning.plain(&analysis.noun))
        .collect()
}
