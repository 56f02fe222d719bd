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

/// Declares the metrics, in the order in which files of the store have them; reports have them in the reverse order.
///
/// Attributes before a metric's name are those of its field in [`Scores`]. Records made before a metric was declared do
/// not have it, so a new one takes `#[serde(default = …)]` with a function that gives NaN.
macro_rules! metrics {
    ($($(#[doc = $doc:literal])+ $variant:ident, $(#[$of_field:meta])* $name:ident: $about:expr;)+) => {
        /// A metric of predictions on one part of a split. Reported as `part_metric`, e.g. `validation_macro_f1`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Metric {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl Metric {
            /// Every metric, in the order of files.
            pub const STORED: [Metric; N_METRICS] = [$(Metric::$variant),+];

            /// The names in [`Metric::STORED`]'s order, with the part of the split in front.
            pub const VALIDATION_NAMES: [&str; N_METRICS] = [$(concat!("validation_", stringify!($name))),+];

            /// The name used in specs and records.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Metric::$variant => stringify!($name),)+
                }
            }

            /// How the metric is shown, and what is assumed about it.
            pub const fn about(self) -> About {
                match self {
                    $(Metric::$variant => $about,)+
                }
            }
        }

        /// The results on one set of predictions.
        #[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
        pub struct Scores {
            $($(#[doc = $doc])+ $(#[$of_field])* pub $name: f64,)+
        }

        impl Scores {
            /// The scores whose value of each metric is `value`'s.
            pub fn from_fn(mut value: impl FnMut(Metric) -> f64) -> Self {
                Self { $($name: value(Metric::$variant)),+ }
            }

            /// The value of `metric`.
            pub fn get(&self, metric: Metric) -> f64 {
                match metric {
                    $(Metric::$variant => self.$name,)+
                }
            }
        }

        const N_METRICS: usize = [$(stringify!($name)),+].len();
    };
}

metrics! {
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

impl Metric {
    /// Every metric, in the order of reports.
    pub const ALL: [Metric; N_METRICS] = reversed(Metric::STORED);

    /// The names in [`Metric::ALL`]'s order.
    pub const NAMES: [&str; N_METRICS] = names(Metric::ALL);

    /// What specs choose and rank by where they name nothing else.
    pub const DEFAULT: Metric = Metric::MacroF1;

    /// What training minimises: the one metric that is recorded of training rows too.
    pub const TRAINED: Metric = Metric::Loss;

    /// The metric that every reader knows, for a place next to another one.
    pub const FAMILIAR: Metric = Metric::Accuracy;

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

const fn reversed(metrics: [Metric; N_METRICS]) -> [Metric; N_METRICS] {
    let mut reversed = metrics;
    let mut index = 0;
    while index < N_METRICS {
        reversed[N_METRICS - 1 - index] = metrics[index];
        index += 1;
    }
    reversed
}

const fn names(metrics: [Metric; N_METRICS]) -> [&'static str; N_METRICS] {
    let mut names = [""; N_METRICS];
    let mut index = 0;
    while index < N_METRICS {
        names[index] = metrics[index].name();
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
        for metric in Metric::ALL {
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
