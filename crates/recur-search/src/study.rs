//! The decisions about all models.

use crate::outcome::Results;
use crate::proposals::Proposals;
use crate::race::StageResult;
use crate::study_of_model::{Keep, Stage, StudyOfModel};
use recur_core::metric::Metric;
use recur_core::search::{Budget, Halving, Race, SearchSettings};
use recur_core::space::{Point, Space};

/// What decides which trials are needed, besides their results.
#[derive(Clone, Debug, PartialEq)]
pub struct StudySettings {
    /// The root of all random numbers.
    pub seed: u64,
    /// What configurations are compared by.
    pub metric: Metric,
    /// On how many replicates a configuration is trained that is never eliminated.
    pub replicates: u32,
    /// Whether configurations go out early. Its last number of replicates is `replicates`.
    pub race: Option<Race>,
    /// How configurations are proposed. With a race, the first stage has the search's replicates.
    pub search: Option<SearchSettings>,
    /// Whether configurations are stopped after a few epochs.
    pub halving: Option<Halving>,
}

/// The configurations of a model.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidates {
    /// Where they come from.
    pub source: Source,
    /// The epochs of a full training; `None` for a model that is not trained in epochs: it is never stopped.
    pub epochs: Option<u32>,
}

/// Where the configurations of a model come from.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// So many are known.
    Listed(usize),
    /// They are proposed.
    Searched(Space),
}

/// A trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Needed {
    /// The model, in the order in which the study got them.
    pub model: usize,
    /// The configuration, counted for each model in the order of the list or of the proposals.
    pub configuration: usize,
    /// The replicate, from 0.
    pub replicate: u32,
    /// After how many epochs it stops; `None` at the end of the training.
    pub epochs: Option<u32>,
}

/// Which trials are needed, as a function of settings and results.
///
/// - Without a search and without a race, every configuration is trained on every replicate.
/// - In a race, the configurations of a stage are trained on its replicates. The best of each model go on to the next
///   stage, by the mean over those replicates. A configuration with a trial that diverged counts as worst. Equals go on
///   in the order of the list. The race of a model goes on when its stage is complete, whatever other models do.
/// - In a search, the configurations are proposed one after the other, and trained on the first replicates. Proposal `i`
///   knows the results of proposals 0 to `i - ahead`, so a trial without a result keeps later proposals back. Random and
///   Sobol points know no results, so they are all proposed at once. When all results are there, the race goes on with
///   its later stages. Without a race, all proposals are trained on the remaining replicates.
/// - With halving, the first stage of a model is cut by epochs: its configurations are compared after a few epochs, and the best
///   of them are trained on. A search then knows what its proposals came to after the fewest epochs.
#[derive(Clone, Debug)]
pub struct Study {
    models: Vec<StudyOfModel>,
}

impl Study {
    /// A study of these models, in which nothing is decided yet.
    ///
    /// # Panics
    /// If a model is searched and the settings have no search.
    pub fn new(settings: StudySettings, models: Vec<Candidates>) -> Self {
        let model = |(index, candidates)| study_of_model(&settings, index, candidates);
        Self { models: models.into_iter().enumerate().map(model).collect() }
    }

    /// Decides all that the results allow, and returns the trials that are needed and have no result, ordered by replicate,
    /// then model, then configuration. A model needs trials of one length at a time. If there are none, all is decided.
    ///
    /// It may be called at any time, with more results. What is decided depends on the results only: not on how often
    /// this was called, nor on results that a decision does not know.
    pub fn decide(&mut self, results: &dyn Results) -> Vec<Needed> {
        let mut needed = Vec::new();
        for study in &mut self.models {
            study.advance(results);
            needed.extend(study.missing(results));
        }
        needed.sort_by_key(|trial| (trial.replicate, trial.model, trial.configuration));
        needed
    }

    /// A wrong study, to test the tests: it uses all results that have arrived.
    #[cfg(test)]
    pub(crate) fn knowing_arrivals(mut self) -> Self {
        self.models.iter_mut().filter_map(|study| study.proposals.as_mut()).for_each(Proposals::know_arrivals);
        self
    }

    /// What was proposed for a model, trials without a result included. Empty for a list.
    pub fn points(&self, model: usize) -> &[Point] {
        self.models[model].proposals.as_ref().map_or(&[], Proposals::points)
    }

    /// How many configurations a model has so far.
    pub fn n_configurations(&self, model: usize) -> usize {
        self.models[model].n_configurations()
    }

    /// Whether a search ended early because all points of its space are proposed.
    pub fn is_exhausted(&self, model: usize) -> bool {
        self.models[model].proposals.as_ref().is_some_and(Proposals::is_exhausted)
    }

    /// What a configuration was trained for when it went out; none if it did not.
    pub fn eliminated(&self, model: usize, configuration: usize) -> Option<Budget> {
        self.models[model].eliminated[configuration]
    }

    /// How many stages a model has, those that did not begin included.
    pub fn n_stages(&self, model: usize) -> usize {
        self.models[model].n_stages()
    }

    /// The stages that began, for one model. A search is the first one.
    pub fn stages(&self, model: usize) -> Vec<StageResult> {
        self.models[model].stages()
    }

    /// An upper bound of all trials that this study needs, those with a result included. A training that is stopped and goes on
    /// counts once.
    pub fn most_trials(&self) -> u64 {
        self.models.iter().fold(0, |sum, study| sum.saturating_add(study.most_trials()))
    }

    /// Whether all was decided and no trial was missing when [`Study::decide`] was called last.
    pub fn is_complete(&self) -> bool {
        self.models.iter().all(StudyOfModel::is_complete)
    }
}

fn study_of_model(settings: &StudySettings, index: usize, candidates: Candidates) -> StudyOfModel {
    let StudySettings { seed, metric, halving, .. } = settings;
    // Of so few all go on.
    let is_few = matches!(candidates.source, Source::Listed(n) if n as u64 <= Race::FEWEST);
    let rungs = halving.zip(candidates.epochs).filter(|_| !is_few);
    let rungs = rungs.map(|(halving, epochs)| (halving, halving.rungs(epochs)));
    let (search, n_listed, proposals) = match candidates.source {
        Source::Listed(n_configurations) => (None, n_configurations, None),
        Source::Searched(space) => {
            let search = settings.search.as_ref().expect("a searched model comes with settings of the search");
            (Some(search), 0, Some(Proposals::new(*seed, *metric, search.clone(), &space)))
        }
    };
    let schedule = schedule(settings, search, rungs);
    StudyOfModel::new(index, *metric, schedule, n_listed, proposals)
}

/// The stages of a model.
fn schedule(
    settings: &StudySettings,
    search: Option<&SearchSettings>,
    rungs: Option<(Halving, Vec<u32>)>,
) -> Vec<Stage> {
    let race = settings.race.iter().flat_map(|race| race.replicates.iter().copied());
    let first = search.map(|search| search.replicates);
    let all = first.into_iter().chain(race.filter(|&replicates| first.is_none_or(|first| replicates > first)));
    let mut all: Vec<u32> = all.collect();
    if all.last().is_none_or(|&last| last < settings.replicates) {
        all.push(settings.replicates);
    }
    let keeps_all_or_races = settings.race.clone().map_or(Keep::All, Keep::Race);
    let of_rung = |(halving, epochs): (Halving, u32)| Stage {
        budget: Budget { replicates: all[0], epochs: Some(epochs) },
        keep: Keep::Halving(halving),
    };
    let rungs = rungs.into_iter().flat_map(|(halving, rungs)| rungs.into_iter().map(move |epochs| (halving, epochs)));
    let full = |&replicates: &u32| Stage { budget: Budget::full(replicates), keep: keeps_all_or_races.clone() };
    rungs.map(of_rung).chain(all.iter().map(full)).collect()
}
