//! A sweep as recur runs it: split, train, validate, choose, score on test, report. Only the learner is synthetic.

use crate::fixture::{Experiment, Outline, Sketch, integers, labels, no_mishap};
use crate::learner::{Task, World};
use recur_analysis::{Analysis, ReplicateSplit, standings};
use recur_core::metric::{Metric, Scores};
use recur_core::noun::Noun;
use recur_core::random::StreamPath;
use recur_core::record::{Prediction, TestRecord};
use recur_core::search::Race;
use recur_core::selection::{Selection, TrialOutcome};
use recur_core::settings::{Group, SplitSettings, TestRows};
use recur_core::split::Split;
use recur_search::{Candidates, Needed, Results, Source, Study, StudySettings, TrialResult};
use recur_stats::{Confusion, mean, standard_deviation};
use std::ops::Range;

/// How a sweep is divided.
#[derive(Clone, Copy)]
pub struct Design {
    pub test_rows: TestRows,
    pub replicates: u32,
}

impl Design {
    fn split(self) -> SplitSettings {
        SplitSettings { test_rows: self.test_rows, ..SplitSettings::shares(0.6, 0.2, 0.2, Group::Text, true) }
    }
}

/// Every configuration of a task, trained and scored on every replicate. A report sees the test results of chosen ones only.
pub struct Trained {
    world: World,
    splits: Vec<Split>,
    /// (r, configurations)
    results: Vec<Vec<Predicted>>,
}

/// The predictions of one configuration on one replicate.
struct Predicted {
    validation: Vec<u16>,
    test: Vec<u16>,
    new: Vec<u16>,
}

impl Trained {
    /// Another data set and other splits for each `seed`.
    pub fn new(task: &Task, design: Design, seed: u64) -> Self {
        let root = StreamPath::root(seed);
        let world = task.draw(&root.child("task"));
        let split = |replicate| Split::new(&world.dataset, &design.split(), &root, replicate).unwrap();
        let new_rows = world.new_rows();
        let splits: Vec<Split> = (0..design.replicates).map(split).collect();
        let of_split = |split: &Split| {
            let is_trained = world.trained(split);
            let predicted = |configuration| Predicted {
                validation: world.predictions(configuration, &is_trained, &split.validation),
                test: world.predictions(configuration, &is_trained, &split.test),
                new: world.predictions(configuration, &is_trained, &new_rows),
            };
            (0..task.clear.len()).map(predicted).collect()
        };
        let results = splits.iter().map(of_split).collect();
        Self { world, splits, results }
    }

    fn validation_accuracy(&self, replicate: usize, configuration: usize) -> f64 {
        self.world.accuracy(&self.splits[replicate].validation, &self.results[replicate][configuration].validation)
    }

    /// Of any configuration, chosen or not: to measure a choice, not to make it.
    pub fn test_accuracy(&self, replicate: usize, configuration: usize) -> f64 {
        self.world.accuracy(&self.splits[replicate].test, &self.results[replicate][configuration].test)
    }

    fn new_accuracy(&self, replicate: usize, configuration: usize) -> f64 {
        self.world.accuracy(&self.world.new_rows(), &self.results[replicate][configuration].new)
    }

    /// How much better the configurations `chosen`, one a replicate, are on test than the mean of all in `among`, which
    /// nobody chose; a mean over replicates. It takes out what all configurations share: hard and easy test rows.
    pub fn gain_on_test(&self, chosen: &[usize], among: Range<usize>) -> f64 {
        gain(chosen, among, |replicate, configuration| self.test_accuracy(replicate, configuration))
    }

    /// As [`gain_on_test`](Self::gain_on_test), on the new rows of the task.
    pub fn gain_on_new_rows(&self, chosen: &[usize], among: Range<usize>) -> f64 {
        gain(chosen, among, |replicate, configuration| self.new_accuracy(replicate, configuration))
    }

    /// The sample standard deviation over replicates of the difference in test accuracy of the task's first two configurations,
    /// squared, and the variance that the test examples add to its mean: that of a row's difference, over the number of rows.
    pub fn variances(&self) -> [f64; 2] {
        let replicates = 0..self.splits.len();
        let difference = |replicate| self.test_accuracy(replicate, 0) - self.test_accuracy(replicate, 1);
        let differences: Vec<f64> = replicates.clone().map(difference).collect();
        let deviation = standard_deviation(&differences).unwrap();
        let rows = &self.splits[0].test;
        let is_right = |replicate: usize, configuration: usize, place: usize| {
            f64::from(u8::from(self.results[replicate][configuration].test[place] == self.world.label(rows[place])))
        };
        let of_row = |place: usize| {
            let differences = replicates.clone().map(|r| is_right(r, 0, place) - is_right(r, 1, place));
            mean(&differences.collect::<Vec<_>>()).unwrap()
        };
        let of_rows = standard_deviation(&(0..rows.len()).map(of_row).collect::<Vec<_>>()).unwrap();
        [deviation * deviation, of_rows * of_rows / rows.len() as f64]
    }

    fn test_record(&self, replicate: usize, configuration: usize, n_labels: usize) -> (Scores, Vec<Prediction>) {
        let predicted = &self.results[replicate][configuration].test;
        let prediction = |(row, predicted): (&u32, &u16)| {
            let label = self.world.label(*row);
            let (wrong, loss) = (u16::from(label != *predicted), if label == *predicted { -0.1 } else { -2.0 });
            Prediction {
                text: self.world.dataset.texts()[*row as usize].clone(),
                label,
                predicted: *predicted,
                log_probability: -0.1,
                label_log_probability: loss,
                label_rank: wrong,
                log_probabilities: (0..n_labels)
                    .map(|i| if i == usize::from(*predicted) { -0.1 } else { -2.0 })
                    .collect(),
            }
        };
        let predictions: Vec<Prediction> = self.splits[replicate].test.iter().zip(predicted).map(prediction).collect();
        let confusion = Confusion::of(n_labels, predictions.iter().map(|p| (p.label, p.predicted)));
        let (accuracy, macro_f1) = (confusion.accuracy().unwrap(), confusion.macro_f1().unwrap());
        (Scores { loss: 0.1 + 1.9 * (1.0 - accuracy), accuracy, macro_f1, ..Scores::default() }, predictions)
    }
}

fn gain(chosen: &[usize], among: Range<usize>, accuracy: impl Fn(usize, usize) -> f64) -> f64 {
    let of_replicate = |(replicate, chosen): (usize, &usize)| {
        let all: Vec<f64> = among.clone().map(|configuration| accuracy(replicate, configuration)).collect();
        accuracy(replicate, *chosen) - mean(&all).unwrap()
    };
    mean(&chosen.iter().enumerate().map(of_replicate).collect::<Vec<_>>()).unwrap()
}

/// The validation results that a race asks for.
struct Validated<'a> {
    models: &'a Models,
    trained: &'a Trained,
}

impl Results for Validated<'_> {
    fn result(&self, Needed { configuration, replicate, .. }: Needed) -> Option<TrialResult> {
        let configuration = self.models.configurations[configuration];
        Some(TrialResult::Finished(self.trained.validation_accuracy(replicate as usize, configuration)))
    }
}

/// Models of a report, each with its configurations of the task.
pub struct Models {
    experiment: Experiment,
    /// By configuration of the plan, that of the task.
    configurations: Vec<usize>,
}

/// Ids of models, in the order of the spec.
pub const IDS: [&str; 4] = ["one", "two", "three", "four"];

impl Models {
    pub fn new(design: Design, n_labels: u16, models: &[Range<usize>], baseline: Option<&'static str>) -> Self {
        let sketch = |(id, configurations): (&&'static str, &Range<usize>)| {
            let values: Vec<i64> = configurations.clone().map(|configuration| configuration as i64).collect();
            let axes = if values.len() > 1 { vec![("features", integers(&values))] } else { Vec::new() };
            Sketch { id, axes, skill: 0.5, n_epochs: 1, mishap: no_mishap }
        };
        let outline = Outline {
            name: "selection",
            question: "",
            labels: labels(&["a", "b", "c", "d"][..usize::from(n_labels)]),
            models: IDS.iter().zip(models).map(sketch).collect(),
            replicates: design.replicates,
            n_test: 32,
            noun: Noun::text(),
            primary: Metric::Accuracy,
            baseline,
            n_tested_labels: usize::from(n_labels),
        };
        let mut experiment = outline.experiment();
        experiment.plan.split = design.split();
        Self { experiment, configurations: models.iter().cloned().flatten().collect() }
    }

    /// Chooses by the validation results of `trained` and scores what is chosen.
    pub fn run(&mut self, trained: &Trained) -> &mut Self {
        self.validate(trained);
        self.experiment.selection = Selection::choose(&self.experiment.plan, &self.experiment.trials);
        self.score(trained);
        self
    }

    /// As [`run`](Self::run) without scores on test, but one configuration is chosen for all replicates by its mean over all
    /// of them, whatever rows they are tested on.
    pub fn choose_pooled(&mut self, trained: &Trained) -> &mut Self {
        self.validate(trained);
        let mut plan = self.experiment.plan.clone();
        plan.split.test_rows = TestRows::Fixed;
        self.experiment.selection = Selection::choose(&plan, &self.experiment.trials);
        self
    }

    /// As [`choose_pooled`](Self::choose_pooled) among those that a race leaves: it trains a configuration on more replicates only
    /// where it was good on the first ones.
    pub fn choose_raced(&mut self, trained: &Trained, race: &Race) -> &mut Self {
        self.validate(trained);
        let experiment = &self.experiment;
        let n_configurations = experiment.plan.configurations.len();
        let settings = StudySettings {
            seed: 0,
            metric: experiment.plan.report.primary,
            replicates: experiment.plan.replicates,
            race: Some(race.clone()),
            search: None,
            halving: None,
        };
        let mut study =
            Study::new(settings, vec![Candidates { source: Source::Listed(n_configurations), epochs: None }]);
        let results = Validated { models: self, trained };
        assert!(study.decide(&results).is_empty() && study.is_complete());
        let is_left = |outcome: &&TrialOutcome| study.eliminated(0, outcome.trial.configuration).is_none();
        let left: Vec<TrialOutcome> = experiment.trials.iter().filter(is_left).cloned().collect();
        let mut plan = experiment.plan.clone();
        plan.split.test_rows = TestRows::Fixed;
        self.experiment.selection = Selection::choose(&plan, &left);
        self
    }

    fn validate(&mut self, trained: &Trained) {
        for outcome in &mut self.experiment.trials {
            let (replicate, configuration) = (outcome.trial.replicate as usize, outcome.trial.configuration);
            let accuracy = trained.validation_accuracy(replicate, self.configurations[configuration]);
            outcome.record.epochs[0].validation.accuracy = accuracy;
        }
    }

    fn score(&mut self, trained: &Trained) {
        let experiment = &mut self.experiment;
        let chosen = experiment.trials.iter().filter(|outcome| experiment.selection.is_tested_trial(&outcome.trial));
        let test = |outcome: &TrialOutcome| {
            let configuration = self.configurations[outcome.trial.configuration];
            let replicate = outcome.trial.replicate as usize;
            let (scores, predictions) = trained.test_record(replicate, configuration, experiment.label_names.len());
            TestRecord { id: outcome.trial.id.clone(), scores, thresholds: None, predictions }
        };
        experiment.tests = chosen.map(test).collect();
        let split = |split: &Split| ReplicateSplit::of(&trained.world.dataset, split);
        experiment.splits = trained.splits.iter().map(split).collect();
    }

    /// The configurations of the task that a model is tested with, one a replicate.
    pub fn chosen(&self, model: usize) -> Vec<usize> {
        let by_replicate = &self.experiment.selection.chosen()[model].by_replicate;
        by_replicate.iter().map(|chosen| self.configurations[chosen.unwrap()]).collect()
    }

    /// The verdict on each model, in the order of the spec.
    pub fn standing(&self) -> Vec<String> {
        let found = standings(&self.experiment.outcomes(), N_RESAMPLES).unwrap();
        found.into_iter().map(|(_, standing)| standing.word().to_owned()).collect()
    }

    /// All that can be said of the models.
    pub fn analysis(&self) -> Analysis {
        Analysis::resampled(&self.experiment.outcomes(), N_RESAMPLES).unwrap()
    }

    /// As if each replicate had test rows of its own: the variance over test examples is then no source of its own.
    pub fn standing_by_replicates_only(&mut self) -> Vec<String> {
        let planned = self.experiment.plan.split.test_rows;
        self.experiment.plan.split.test_rows = TestRows::PerReplicate;
        let standing = self.standing();
        self.experiment.plan.split.test_rows = planned;
        standing
    }
}

/// Resamples of the test groups, whose variance they give to within 6 %.
const N_RESAMPLES: usize = 128;
