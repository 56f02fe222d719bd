//! A small data set, plans over it, and an observer that remembers.

use crate::toy::Toy;
use recur_core::dataset::{Alphabet, Dataset, LabelledText};
use recur_core::event::Event;
use recur_core::metric::Metric;
use recur_core::model::{Cancel, Kernels, ModelPlugin};
use recur_core::noun::Noun;
use recur_core::params::Params;
use recur_core::plan::{Configuration, Plan};
use recur_core::record::TrialRecord;
use recur_core::registry::Registry;
use recur_core::replicate::Replicate;
use recur_core::settings::{DataSettings, Group, ReportSettings, SplitSettings, TrainingLength, TrainingSettings};
use recur_core::trial::{InitialWeights, Trial, TrialNames};
use recur_train::{How, Observer, Sweep, SweepError, TrialResult, run_sweep};
use std::sync::Mutex;

/// Texts of each label: `la`, `lb` and `lc`. A text begins with its label's character.
pub const PER_LABEL: [usize; 3] = [30, 20, 10];

const CHARACTERS: &str = "abcdefghijklm";

/// 60 texts; every tenth of a label has the second character that misleads the toy.
pub fn dataset() -> Dataset {
    let character = |at: usize| CHARACTERS.chars().nth(at).expect("13 letters");
    let text = |label: usize, i: usize| {
        let second = if i.is_multiple_of(10) { 12 } else { i % 12 };
        format!("{}{}{}{}", character(label), character(second), character(i / 12), character(i % 12))
    };
    let row = |label: usize, i: usize| LabelledText {
        label: format!("l{}", character(label)),
        text: text(label, i),
        group: text(label, i),
        raw: i.is_multiple_of(4).then(|| format!("*{}", text(label, i))),
    };
    let rows = (0..3).flat_map(|label| (0..PER_LABEL[label]).map(move |i| row(label, i)));
    Dataset::new(rows.collect(), Alphabet::new(CHARACTERS.chars(), false))
}

/// A plan of three epochs and one replicate.
pub fn plan(configurations: &[(&dyn ModelPlugin, Params)]) -> Plan {
    let configuration = |(plugin, params): &(&dyn ModelPlugin, Params)| Configuration {
        model: plugin.about().id.to_owned(),
        plugin: plugin.about().id.to_owned(),
        params: params.clone(),
        training: None,
        settings: Params::default(),
        swept: vec![],
        weights: None,
    };
    Plan {
        name: "it".to_owned(),
        question: String::new(),
        seed: 7,
        data: DataSettings::of("memory"),
        split: SplitSettings::shares(0.6, 0.2, 0.2, Group::None, true),
        training: TrainingSettings { length: TrainingLength::Epochs(3), batch_size: 4, ..TrainingSettings::default() },
        configurations: configurations.iter().map(configuration).collect(),
        spaces: Vec::new(),
        without_effect: Vec::new(),
        search: None,
        race: None,
        halving: None,
        replicates: 1,
        report: ReportSettings {
            noun: Noun::text(),
            primary: Metric::MacroF1,
            baseline: None,
            equivalence_margin: None,
            ..ReportSettings::default()
        },
    }
}

/// A plan of the toy alone, one configuration a behaviour.
pub fn plan_of(toy: &Toy, behaviours: &[&str]) -> Plan {
    let configuration = |behaviour: &&str| (toy as &dyn ModelPlugin, Toy::params(behaviour, 0));
    plan(&behaviours.iter().map(configuration).collect::<Vec<_>>())
}

/// A registry of `plugins`.
pub fn registry(plugins: &[&'static dyn ModelPlugin]) -> Registry {
    let mut registry = Registry::new();
    registry.register_all(plugins);
    registry
}

type OnEvent<'a> = Box<dyn Fn(&Event<'_>) + Sync + 'a>;

/// Remembers what was kept, in the order of plan, and does as reported on events.
#[derive(Default)]
pub struct Watch<'a> {
    /// Trials that were kept, in the order in which they ended.
    pub kept: Mutex<Vec<(Trial, TrialResult)>>,
    /// Called on each event.
    pub on_event: Option<OnEvent<'a>>,
    /// The trial that cannot be kept.
    pub refused: Option<usize>,
}

impl Watch<'_> {
    /// What was kept, sorted by replicate and configuration.
    pub fn into_kept(self) -> Vec<(Trial, TrialResult)> {
        let mut kept = self.kept.into_inner().unwrap();
        kept.sort_by_key(|(trial, _)| (trial.replicate, trial.configuration));
        kept
    }
}

impl Observer for Watch<'_> {
    fn event(&self, event: Event<'_>) {
        if let Some(on_event) = &self.on_event {
            on_event(&event);
        }
    }

    fn keep(
        &self,
        trial: &Trial,
        result: &TrialResult,
    ) -> Result<Option<TrialRecord>, Box<dyn std::error::Error + Send + Sync>> {
        if self.refused == Some(trial.configuration) {
            return Err("the disk is full".into());
        }
        self.kept.lock().unwrap().push((trial.clone(), result.clone()));
        Ok(None)
    }
}

/// How [`dataset`] is divided on each replicate of `plan`.
pub fn replicates(plan: &Plan) -> Vec<Replicate> {
    let replicate = |index| Replicate::new(&dataset(), &plan.split, plan.seed, index).unwrap();
    (0..plan.replicates).map(replicate).collect()
}

/// To run on `jobs` threads.
pub fn how<'a>(jobs: usize, cancel: &'a Cancel, observer: &'a dyn Observer) -> How<'a> {
    How { jobs, kernels: Kernels::widest(), cancel, observer }
}

/// Every configuration of `plan` on every replicate of [`dataset`]: replicate by replicate, configurations in the order
/// of the plan.
pub fn trials(plan: &Plan, registry: &Registry) -> Vec<Trial> {
    trials_from(plan, registry, &InitialWeights::new())
}

/// As [`trials`], of configurations that start from `weights`.
pub fn trials_from(plan: &Plan, registry: &Registry, weights: &InitialWeights) -> Vec<Trial> {
    let (dataset, procedure) = (dataset(), recur_train::PROCEDURE);
    let names =
        TrialNames { plan, dataset: dataset.digest(), raw_texts: None, registry, weights, procedure, requested: None };
    let configurations = 0..plan.configurations.len();
    let pairs = (0..plan.replicates).flat_map(|replicate| configurations.clone().map(move |of| (of, replicate)));
    pairs.map(|(configuration, replicate)| names.trial(configuration, replicate, None).unwrap()).collect()
}

/// Runs all of `plan` on [`dataset`].
pub fn sweep(
    plan: &Plan,
    registry: &Registry,
    jobs: usize,
    cancel: &Cancel,
    watch: &Watch<'_>,
) -> Result<Sweep, SweepError> {
    let dataset = dataset();
    let trials = trials(plan, registry);
    run_sweep(&trials, &replicates(plan), &dataset, registry, how(jobs, cancel, watch))
}

/// Runs all of `plan` on two threads: what was kept, in the order of the plan.
pub fn results(plan: &Plan, registry: &Registry) -> Vec<TrialResult> {
    let watch = Watch::default();
    sweep(plan, registry, 2, &Cancel::new(), &watch).unwrap();
    watch.into_kept().into_iter().map(|(_, result)| result).collect()
}
