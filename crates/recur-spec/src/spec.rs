//! A checked spec, and the plan that it makes.

use crate::entry::ModelEntry;
use crate::except::{Exception, LeftOut};
use recur_core::params::Params;
use recur_core::plan::{Configuration, Plan, WithoutEffect};
use recur_core::search::{Halving, Race, SearchSettings};
use recur_core::settings::{DataSettings, ReportSettings, Source, SplitSettings, TrainingSettings};
use recur_core::space::Point;
use serde_yaml::Mapping;

/// A spec without errors, every default filled in. [`crate::parse`] makes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Spec {
    /// Names the report, the log and the figures.
    pub name: String,
    /// The first comment of the file, on one line.
    pub question: String,
    /// The root seed.
    pub seed: u64,
    /// Where texts come from.
    pub data: DataSettings,
    /// How they are divided.
    pub split: SplitSettings,
    /// How models that learn step by step are trained.
    pub training: TrainingSettings,
    /// The models, each name once, in the order of the spec.
    pub models: Vec<ModelEntry>,
    /// Combinations of values that are left out of all models' sweeps.
    pub except: Vec<Exception>,
    /// What exceptions leave out, model by model.
    pub left_out: Vec<LeftOut>,
    /// Combinations that are the same as others, model by model.
    pub without_effect: Vec<WithoutEffect>,
    /// How configurations are proposed; `None` trains every combination.
    pub search: Option<SearchSettings>,
    /// Which configurations are trained on more replicates; `None` trains all on all.
    pub race: Option<Race>,
    /// Which configurations are trained for more epochs; `None` trains all to the end.
    pub halving: Option<Halving>,
    /// Trials of each configuration.
    pub replicates: u32,
    /// What the report compares.
    pub report: ReportSettings,
    /// The limit that the number of trials was checked against.
    pub max_trials: u64,
}

impl Spec {
    /// What a spec says that says nothing, not even what it must.
    pub(crate) fn of_defaults() -> Self {
        Self {
            name: String::new(),
            question: String::new(),
            seed: 0,
            data: DataSettings::of(""),
            split: SplitSettings::default(),
            training: TrainingSettings::default(),
            models: Vec::new(),
            except: Vec::new(),
            left_out: Vec::new(),
            without_effect: Vec::new(),
            search: None,
            race: None,
            halving: None,
            replicates: 5,
            report: ReportSettings::default(),
            max_trials: 100_000,
        }
    }

    /// The plan: every configuration spelled out. At most [`Spec::max_trials`] trials, for the check counted them.
    pub fn plan(&self) -> Plan {
        Plan {
            name: self.name.clone(),
            question: self.question.clone(),
            seed: self.seed,
            data: self.data.clone(),
            split: self.split.clone(),
            training: self.training.clone(),
            configurations: self.models.iter().flat_map(|model| model.configurations.clone()).collect(),
            spaces: self.models.iter().filter(|model| self.is_searched(model)).map(ModelEntry::space).collect(),
            without_effect: self.without_effect.clone(),
            search: self.search.clone(),
            race: self.race.clone(),
            halving: self.halving,
            replicates: self.replicates,
            report: self.report.clone(),
        }
    }

    /// Puts what `map` gives for a path instead of each path that the spec has: those of its data, and of the weights that models
    /// start from.
    pub fn map_paths(&mut self, map: &mut dyn FnMut(&str) -> String) {
        match &mut self.data.source {
            Source::All(place) => *place = map(place),
            Source::Parts { train, validation, test } => {
                [train, test].into_iter().chain(validation).for_each(|place| *place = map(place));
            }
        }
        for model in self.models.iter_mut().filter(|model| model.weights.is_some()) {
            model.weights = model.weights.as_deref().map(&mut *map);
            for configuration in &mut model.configurations {
                configuration.weights.clone_from(&model.weights);
            }
        }
    }

    /// Whether the configurations of `model`, one of this spec's, are proposed by a search.
    pub fn is_searched(&self, model: &ModelEntry) -> bool {
        self.search.is_some() && model.is_searchable()
    }

    /// The configuration at `point` of the space of the model that reports call `model`; `None` if the spec has none of this name.
    ///
    /// # Panics
    /// If the point is not one of its space.
    pub fn configuration(&self, model: &str, point: &Point) -> Option<Configuration> {
        let entry = self.models.iter().find(|entry| entry.name == model)?;
        Some(entry.at(point, &self.training))
    }

    /// The spec of one trial: `configuration`, which must be one of this spec's, and nothing else, with as many replicates as reach
    /// `replicate`, or as many as the folds make. Whether test rows are fixed stays as this spec decided it.
    ///
    /// # Panics
    /// If no model of the spec is the configuration's.
    #[must_use]
    pub fn of_trial(&self, configuration: &Configuration, replicate: u32) -> Self {
        let is_its_model = |entry: &&ModelEntry| entry.name == configuration.model;
        let entry = self.models.iter().find(is_its_model).expect("a configuration of this spec");
        let training = configuration.training.as_ref().unwrap_or(&self.training).clone();
        let alone = Configuration {
            model: entry.id.clone(),
            training: None,
            settings: Params::default(),
            swept: Vec::new(),
            ..configuration.clone()
        };
        // Field by field: a copy of all configurations for each trial takes seconds with ten thousand of them.
        let model = ModelEntry {
            id: entry.id.clone(),
            name: entry.id.clone(),
            params: configuration.params.clone(),
            own_training: Mapping::new(),
            grids: vec![Vec::new()],
            except: Vec::new(),
            may_be_searched: true,
            configurations: vec![alone],
            conditions: entry.conditions.clone(),
            training: entry.training.clone(),
            weights: entry.weights.clone(),
            regime: entry.regime,
        };
        Self {
            name: self.name.clone(),
            question: self.question.clone(),
            seed: self.seed,
            data: self.data.clone(),
            split: self.split.clone(),
            training,
            models: vec![model],
            except: Vec::new(),
            left_out: Vec::new(),
            without_effect: Vec::new(),
            search: None,
            race: None,
            halving: None,
            max_trials: self.max_trials,
            replicates: self.split.division.replicates().unwrap_or(replicate + 1),
            report: ReportSettings { baseline: None, ..self.report.clone() },
        }
    }
}
