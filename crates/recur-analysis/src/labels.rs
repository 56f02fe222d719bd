//! How the best model and another one differ in each label.

use crate::difference::{LEVEL, Sample, uncorrected};
use crate::ranked::{Ranked, RankedModel, confusion};
use crate::summary::ends;
use recur_core::metric::SHARE;
use recur_stats::{Comparison, Interval, LabelScores, holm, mean};
use serde::Serialize;

/// How the best model and another one differ in each label.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LabelDifferences {
    /// The model with the best mean.
    pub best: String,
    /// The baseline, or the next model where there is none, it is the best itself, or it was not ranked; `None` with one model.
    pub other: Option<String>,
    /// Every label, the one with the best F1 of the best model first.
    pub labels: Vec<LabelDifference>,
}

/// How two models differ in one label.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LabelDifference {
    /// The label's name.
    pub label: String,
    /// Its test rows, as a mean over replicates.
    pub test_rows: f64,
    /// F1 of the best model minus that of the other one, as a mean over the replicates that have test rows of the label.
    pub mean: Option<f64>,
    /// The interval (95 %) of that mean; `None` where it cannot be tested.
    #[serde(serialize_with = "ends")]
    pub interval: Option<Interval>,
    /// The p-value before correction; `None` where it cannot be tested.
    pub p: Option<f64>,
    /// The p-value after Holm's correction over all labels.
    pub p_holm: Option<f64>,
    /// Whether that is below the level.
    pub is_significant: bool,
}

/// The place in the ranking of the model that the best one is compared with.
fn other(ranked: &Ranked<'_>) -> Option<usize> {
    let baseline = ranked.baseline().and_then(|model| ranked.ranking.iter().position(|other| *other == model));
    baseline.filter(|place| *place > 0).or((ranked.ranking.len() > 1).then_some(1))
}

/// The scores of a model on each replicate (R, C).
fn scores(model: &RankedModel<'_>, n_labels: usize) -> Vec<Vec<LabelScores>> {
    model.tests.iter().map(|test| confusion(&test.predictions, n_labels).by_label()).collect()
}

impl LabelDifferences {
    /// `None` without a ranked model.
    pub(crate) fn of(ranked: &Ranked<'_>) -> Option<Self> {
        let best = ranked.best()?;
        let names = ranked.outcomes.label_names;
        let other = other(ranked).map(|place| &ranked.models[ranked.ranking[place]]);
        let of_best = scores(best, names.len());
        let of_other = other.map(|other| scores(other, names.len()));
        let mut found: Vec<Found> =
            (0..names.len()).map(|label| Found::of(ranked, label, &of_best, of_other.as_deref())).collect();
        correct(&mut found);
        let mut places: Vec<usize> = (0..names.len()).collect();
        let f1 = |label: usize| found[label].f1.unwrap_or(-1.0);
        places.sort_by(|a, b| f1(*b).total_cmp(&f1(*a)).then_with(|| names[*a].cmp(&names[*b])));
        let labels = places.into_iter().map(|label| found[label].named(&names[label])).collect();
        Some(Self { best: best.id.to_owned(), other: other.map(|other| other.id.to_owned()), labels })
    }

    /// How many labels have a difference that can be tested.
    pub fn n_tested(&self) -> usize {
        self.labels.iter().filter(|label| label.p.is_some()).count()
    }
}

/// What is known of one label.
struct Found {
    test_rows: f64,
    /// F1 of the best model.
    f1: Option<f64>,
    /// F1 of the best model minus that of the other one, from their means.
    difference: Option<f64>,
    comparison: Option<Comparison>,
    p_holm: Option<f64>,
}

impl Found {
    fn of(ranked: &Ranked<'_>, label: usize, best: &[Vec<LabelScores>], other: Option<&[Vec<LabelScores>]>) -> Self {
        let of =
            |scores: &[Vec<LabelScores>]| scores.iter().map(|of_replicate| of_replicate[label]).collect::<Vec<_>>();
        let of_best = of(best);
        let with_rows = |scores: &[LabelScores]| {
            mean(&scores.iter().filter(|scores| scores.support > 0).map(|scores| scores.f1).collect::<Vec<_>>())
        };
        let comparison = other.and_then(|other| {
            let rows = of_best.iter().zip(of(other)).filter(|(best, _)| best.support > 0);
            let paired: Vec<f64> = rows.map(|(best, other)| best.f1 - other.f1).collect();
            let zeros = vec![0.0; paired.len()];
            uncorrected(Sample::of(&paired), Sample::of(&zeros), SHARE, ranked.test_basis()).comparison
        });
        let f1 = with_rows(&of_best);
        let difference = f1.zip(other.and_then(|other| with_rows(&of(other)))).map(|(best, other)| best - other);
        let supports: Vec<f64> = of_best.iter().map(|scores| scores.support as f64).collect();
        Self { test_rows: mean(&supports).unwrap_or(0.0), f1, difference, comparison, p_holm: None }
    }

    fn named(&self, label: &str) -> LabelDifference {
        LabelDifference {
            label: label.to_owned(),
            test_rows: self.test_rows,
            mean: self.comparison.map(|comparison| comparison.mean).or(self.difference),
            interval: self.comparison.map(|comparison| comparison.interval),
            p: self.comparison.map(|comparison| comparison.p),
            p_holm: self.p_holm,
            is_significant: self.p_holm.is_some_and(|p| p < LEVEL),
        }
    }
}

fn correct(labels: &mut [Found]) {
    let p_values: Vec<f64> = labels.iter().filter_map(|label| Some(label.comparison?.p)).collect();
    let tested = labels.iter_mut().filter(|label| label.comparison.is_some());
    tested.zip(holm(&p_values)).for_each(|(label, p)| label.p_holm = Some(p));
}
