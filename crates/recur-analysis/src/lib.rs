//! Outcomes of trials to numbers with their uncertainty, as one value.
//!
//! [`Analysis::of`] is the entry. [`Outcomes`] holds all that it is made from, and [`Analysis`] every number that any output
//! shows: reports, tables and exports read it and compute nothing. [`PartialAnalysis`] has those of an experiment that is not finished,
//! without any test result. [`Comparison`] merges several experiments, so that the same
//! analysis compares them. Nothing here knows Markdown, a terminal or a store, and no text in it is a sentence.

mod analysis;
mod axes;
mod best_so_far;
mod check;
mod compared;
mod comparison;
mod costs;
mod curves;
mod data;
mod difference;
mod effects;
mod ensemble;
mod equivalence;
mod error;
mod importance;
mod incompatibility;
mod labels;
mod mistakes;
mod model;
mod outcomes;
mod paired;
mod partial;
mod per_example;
mod positive;
mod practical;
mod ranked;
mod reliability;
mod setting;
mod standing;
mod summary;
mod tally;
mod trials;
mod tried;

pub use analysis::{Against, Analysis, standings};
pub use axes::{Axis, SettingDifference, SettingValue, ValuePair};
pub use best_so_far::{BestSoFar, ValidationResult, best_so_far};
pub use compared::ComparedExperiment;
pub use comparison::Comparison;
pub use costs::{Cost, Costs, ModelCosts, TrialCost};
pub use curves::{ConfigurationCurve, Curve, Spread};
pub use data::{Data, LabelRows, Method, Settings};
pub use difference::{Basis, CONFIDENCE, LEVEL, POWER};
pub use effects::{Effect, Marginal, ModelEffect, NotAveraged, PairEffect, WhyNotAveraged, in_order};
pub use ensemble::{Ensemble, EnsembleDifference, Ensembles};
pub use equivalence::{Equivalence, EquivalentTo};
pub use error::AnalysisError;
pub use importance::{Importance, ParameterShare};
pub use incompatibility::Incompatibility;
pub use labels::{LabelDifference, LabelDifferences};
pub use mistakes::{HardExample, HardExamples, Mistake, SureMistake, confused_pairs};
pub use model::{Difference, LabelResult, Model, Probabilities, TOP_K};
pub use outcomes::{ComparisonFacts, DifferentEncoding, Outcomes, ReplicateSplit, SplitSizes, Unscored};
pub use partial::{CostSoFar, ModelCostSoFar, PartialAnalysis, PartialModel, PartialOutcomes, TrialCounts, TrialTime};
pub use per_example::{OnExamples, PerExample, ToBaseline};
pub use positive::{MeanCurve, Positive, PositiveResults};
pub use reliability::{Coverage, Reliability, ReliabilityBin};
pub use setting::DifferingSetting;
pub use standing::{Standing, Verdict};
pub use summary::Summary;
pub use tally::Tally;
pub use trials::{ConfigurationResult, End, TrialResult, Unfinished};
pub use tried::{ModelStages, Proposal, Search, Stage};
// Types of the statistics that are parts of an analysis.
pub use recur_stats::{CALIBRATION_BINS, Confusion, Interval};
