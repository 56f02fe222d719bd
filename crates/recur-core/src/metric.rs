//! The metrics that recur computes of predictions. Each is declared once, in `metrics!`: everything else asks the
//! declaration, and no other file distinguishes metrics by name.

use serde::{Deserialize, Serialize};

/// How a metric is shown, and what is assumed about it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct About {
    /// The name used in running text.
    pub title: &'static str,
    /// How its values are written.
    pub unit: Unit,
    /// The least and the greatest value that there can be; intervals are cut off there.
    pub bounds: (f64, f64),
    /// Whether a larger value is a better one.
    pub higher_is_better: bool,
    /// A difference that is too small to matter, where a spec gives none; `None` where the scale does not suggest one.
    pub negligible: Option<f64>,
    /// Standard deviations over replicates of a difference of two models, from stable to unstable: for the power of an
    /// experiment that no stored trials are like.
    pub assumed_deviations: [f64; 3],
}

/// How values are written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Unit {
    /// What follows a value.
    pub symbol: &'static str,
    /// What a difference of one is in, and any other difference: `point` and `points`.
    pub of_difference: [&'static str; 2],
    /// A value is multiplied by it before it is written.
    pub factor: f64,
    /// How many decimals are written.
    pub decimals: usize,
}

/// A share, shown in per cent. A difference is in points.
pub const PERCENT: Unit = Unit { symbol: "%", of_difference: ["point", "points"], factor: 100.0, decimals: 2 };

/// The natural unit of information.
pub const NATS: Unit = Unit { symbol: "nats", of_difference: ["nats", "nats"], factor: 1.0, decimals: 3 };

/// What all shares have in common: 0 to 1, and higher is better.
pub const SHARE: About = About {
    title: "share",
    unit: PERCENT,
    bounds: (0.0, 1.0),
    higher_is_better: true,
    negligible: Some(0.01),
    assumed_deviations: [0.005, 0.01, 0.02],
};

impl About {
    /// Whether `a` is a better value than `b`.
    pub fn better(&self, a: f64, b: f64) -> bool {
        if self.higher_is_better { a > b } else { a < b }
    }

    /// The least and the greatest value that a difference of two values can have.
    pub fn bounds_of_difference(&self) -> (f64, f64) {
        let (least, most) = self.bounds;
        (least - most, most - least)
    }

    /// Whether values can differ by more than `distance`.
    pub fn can_differ_by_more_than(&self, distance: f64) -> bool {
        distance < self.bounds_of_difference().1
    }
}

/// A proper score of probabilities that has no unit.
const PLAIN: Unit = Unit { symbol: "", of_difference: ["", ""], factor: 1.0, decimals: 4 };

/// Declares the metrics, in the order in which files of the store have them; reports have them in the reverse order. Those of
/// `every` are computed of all trials, those `on_request` only where a spec chooses and ranks by them: they take longer, or are of
/// one label.
///
/// Attributes before a metric's name are those of its field in [`Scores`]. Records made before a metric of `every` was declared do
/// not have it, so a new one takes `#[serde(default = …)]` with a function that gives NaN.
macro_rules! metrics {
    (
        every { $($(#[doc = $doc:literal])+ $variant:ident, $(#[$of_field:meta])* $name:ident: $about:expr;)+ }
        on_request { $($(#[doc = $asked_doc:literal])+ $asked:ident, $asked_name:ident: $asked_about:expr;)+ }
    ) => {
        /// A metric of predictions on one part of a split. Reported as `part_metric`, e.g. `validation_macro_f1`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Metric {
            $($(#[doc = $doc])+ $variant,)+
            $($(#[doc = $asked_doc])+ $asked,)+
        }

        impl Metric {
            /// The metrics of every trial, in the order of files.
            pub const STORED: [Metric; N_METRICS] = [$(Metric::$variant),+];

            /// The metrics of those trials only whose spec chooses by them.
            pub const ON_REQUEST: [Metric; N_ON_REQUEST] = [$(Metric::$asked),+];

            /// The names of all metrics with `validation_` in front: of every trial, then those on request.
            pub const VALIDATION_NAMES: [&str; N_METRICS + N_ON_REQUEST] = [
                $(concat!("validation_", stringify!($name)),)+
                $(concat!("validation_", stringify!($asked_name)),)+
            ];

            /// The name used in specs and records.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Metric::$variant => stringify!($name),)+
                    $(Metric::$asked => stringify!($asked_name),)+
                }
            }

            /// How the metric is shown, and what is assumed about it.
            pub const fn about(self) -> About {
                match self {
                    $(Metric::$variant => $about,)+
                    $(Metric::$asked => $asked_about,)+
                }
            }
        }

        /// The results on one set of predictions.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
        pub struct Scores {
            $($(#[doc = $doc])+ $(#[$of_field])* pub $name: f64,)+
            $(
                $(#[doc = $asked_doc])+
                #[serde(default, skip_serializing_if = "Option::is_none")]
                pub $asked_name: Option<f64>,
            )+
        }

        impl Scores {
            /// The scores whose value of each metric of every trial is `value`'s, without those on request.
            pub fn from_fn(mut value: impl FnMut(Metric) -> f64) -> Self {
                Self { $($name: value(Metric::$variant),)+ ..Self::default() }
            }

            /// The value of `metric`; NaN for one on request that was not requested.
            pub fn get(&self, metric: Metric) -> f64 {
                match metric {
                    $(Metric::$variant => self.$name,)+
                    $(Metric::$asked => self.$asked_name.unwrap_or(f64::NAN),)+
                }
            }

            /// Puts the value of `metric`.
            #[must_use]
            pub fn with(mut self, metric: Metric, value: f64) -> Self {
                match metric {
                    $(Metric::$variant => self.$name = value,)+
                    $(Metric::$asked => self.$asked_name = Some(value),)+
                }
                self
            }

            /// The metric on request that these hold, if they hold one.
            pub fn requested(&self) -> Option<Metric> {
                [$(self.$asked_name.map(|_| Metric::$asked)),+].into_iter().flatten().next()
            }
        }

        const N_METRICS: usize = [$(stringify!($name)),+].len();

        const N_ON_REQUEST: usize = [$(stringify!($asked_name)),+].len();
    };
}

metrics! {
    every {
        /// Mean negative log-likelihood of the true label, in nats; lower is better.
        Loss, loss: About {
            title: "loss",
            unit: NATS,
            bounds: (0.0, f64::INFINITY),
            higher_is_better: false,
            negligible: None,
            assumed_deviations: [0.01, 0.03, 0.1],
        };

        /// Share of examples whose most probable label is the true one, 0 to 1.
        Accuracy, accuracy: About { title: "accuracy", ..SHARE };

        /// Unweighted mean of the F1 score, 0 to 1, over the labels that have a true or a predicted example; a label with
        /// neither is left out.
        MacroF1, macro_f1: About { title: "macro-F1", ..SHARE };
    }
    on_request {
        /// The Brier score: mean squared distance of the probabilities from the truth, of one label where there are two, else
        /// summed over labels (0 to 2); lower is better.
        Brier, brier: About {
            title: "Brier score",
            unit: PLAIN,
            bounds: (0.0, 2.0),
            higher_is_better: false,
            negligible: None,
            assumed_deviations: [0.002, 0.005, 0.01],
        };

        /// Area under the ROC curve, 0 to 1: of the positive label, or else the mean over labels, each against the others.
        RocAuc, roc_auc: About { title: "ROC-AUC", ..SHARE };

        /// Average precision, 0 to 1: of the positive label, or else the mean over labels, each against the others.
        AveragePrecision, average_precision: About { title: "average precision", ..SHARE };

        /// F1 of the positive label, 0 to 1, where each example is predicted to have its most probable label.
        F1, f1: About { title: "F1 of the positive label", ..SHARE };

        /// Highest recall, 0 to 1, at a precision of at least `report.recall_at_precision`: of the positive label, or else the mean
        /// over labels, each against the others.
        RecallAtPrecision, recall_at_precision: About { title: "recall at the chosen precision", ..SHARE };
    }
}

impl Metric {
    /// The metrics of every trial, in the order of reports.
    pub const ALL: [Metric; N_METRICS] = reversed(Metric::STORED);

    /// The names of all metrics: of every trial in [`Metric::ALL`]'s order, then those on request.
    pub const NAMES: [&str; N_METRICS + N_ON_REQUEST] = names(Metric::ALL, Metric::ON_REQUEST);

    /// What specs choose and rank by where they name nothing else.
    pub const DEFAULT: Metric = Metric::MacroF1;

    /// What training minimises: the one metric that is recorded of training rows too.
    pub const TRAINED: Metric = Metric::Loss;

    /// The metric that every reader knows, for a place next to another one.
    pub const FAMILIAR: Metric = Metric::Accuracy;

    /// The metric that is called `name` in specs and records.
    pub fn named(name: &str) -> Option<Metric> {
        Metric::ALL.into_iter().chain(Metric::ON_REQUEST).find(|metric| metric.name() == name)
    }

    /// Whether only those trials have it whose spec asks for it.
    pub fn is_on_request(self) -> bool {
        Metric::ON_REQUEST.contains(&self)
    }

    /// Whether it is of one label, so that with more than two labels the spec must name it.
    pub fn is_of_one_label(self) -> bool {
        self == Metric::F1
    }

    /// Whether it takes a positive label, where there is one.
    pub fn takes_positive(self) -> bool {
        self.is_on_request() && self != Metric::Brier
    }

    /// Whether it takes a precision.
    pub fn takes_precision(self) -> bool {
        self == Metric::RecallAtPrecision
    }

    /// The metrics that a report on `primary` shows, in the order of reports: those of every trial, after `primary` if that is on
    /// request.
    pub fn shown_with(primary: Metric) -> impl Iterator<Item = Metric> {
        Some(primary).filter(|metric| metric.is_on_request()).into_iter().chain(Metric::ALL)
    }

    /// The name used in running text.
    pub const fn title(self) -> &'static str {
        self.about().title
    }

    /// Whether a larger value is a better one.
    pub const fn higher_is_better(self) -> bool {
        self.about().higher_is_better
    }

    /// Whether `a` is a better value than `b`.
    pub fn better(self, a: f64, b: f64) -> bool {
        self.about().better(a, b)
    }
}

/// A metric on request, with what it depends on besides predictions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Requested {
    /// The metric, one of [`Metric::ON_REQUEST`].
    pub metric: Metric,
    /// The label that is looked for; `None` for the mean over labels, or where the metric takes none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub positive: Option<String>,
    /// The least precision, above 0, at most 1; `None` where the metric takes none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub precision: Option<f64>,
}

const fn reversed(metrics: [Metric; N_METRICS]) -> [Metric; N_METRICS] {
    let mut reversed = metrics;
    let mut index = 0;
    while index < N_METRICS {
        reversed[N_METRICS - 1 - index] = metrics[index];
        index += 1;
    }
    reversed
}

const fn names(
    every: [Metric; N_METRICS],
    on_request: [Metric; N_ON_REQUEST],
) -> [&'static str; N_METRICS + N_ON_REQUEST] {
    let mut names = [""; N_METRICS + N_ON_REQUEST];
    let mut index = 0;
    while index < names.len() {
        names[index] = if index < N_METRICS { every[index].name() } else { on_request[index - N_METRICS].name() };
        index += 1;
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_has_one_name_in_specs_records_and_scores() {
        let scores = serde_json::to_value(Scores::from_fn(|_| 0.5)).unwrap();
        for metric in Metric::ALL {
            assert_eq!(serde_json::to_value(metric).unwrap(), metric.name());
            assert_eq!(scores[metric.name()], 0.5);
        }
        assert_eq!(scores.as_object().unwrap().len(), Metric::ALL.len());
        for metric in Metric::ON_REQUEST {
            let scores = Scores::from_fn(|_| 0.5).with(metric, 0.25);
            let json = serde_json::to_value(scores).unwrap();
            assert_eq!((&json[metric.name()], scores.get(metric)), (&serde_json::json!(0.25), 0.25));
            assert_eq!(serde_json::from_value::<Scores>(json).unwrap(), scores);
            assert_eq!((Metric::named(metric.name()), scores.requested()), (Some(metric), Some(metric)));
        }
    }

    #[test]
    fn scores_are_stored_in_the_declared_order() {
        let scores = Scores::from_fn(|metric| if metric == Metric::Loss { 2.0 } else { 0.5 });
        let json = serde_json::to_string(&scores).unwrap();
        let at = |metric: &Metric| json.find(metric.name()).unwrap();
        assert!(Metric::STORED.iter().is_sorted_by_key(at), "{json}");
        assert_eq!(json, r#"{"loss":2.0,"accuracy":0.5,"macro_f1":0.5}"#);
    }

    #[test]
    fn a_declaration_agrees_with_itself() {
        for metric in Metric::ALL.into_iter().chain(Metric::ON_REQUEST) {
            let About { title, bounds: (least, most), negligible, assumed_deviations, .. } = metric.about();
            assert!(!title.is_empty() && least < most, "{metric:?}");
            let distances = assumed_deviations.into_iter().chain(negligible);
            let is_possible = |distance: f64| distance > 0.0 && metric.about().can_differ_by_more_than(distance);
            assert!(distances.into_iter().all(is_possible), "{metric:?}");
            assert!(metric.better(least, most) != metric.higher_is_better());
        }
    }

    #[test]
    fn only_a_bounded_metric_bounds_differences() {
        let of = |metric: Metric| metric.about().bounds_of_difference();
        assert_eq!(of(Metric::Accuracy), (-1.0, 1.0));
        assert_eq!(of(Metric::Loss), (f64::NEG_INFINITY, f64::INFINITY));
    }
}
