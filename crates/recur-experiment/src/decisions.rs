//! Which trials an experiment has: all at once for a grid, and for a race, halving or a search as far as results decide it.

use crate::Experiment;
use crate::error::ExperimentError;
use crate::parallel::in_parallel;
use crate::stored_record::stored_record;
use recur_analysis::{ModelStages, Stage};
use recur_core::metric::Metric;
use recur_core::plan::Configuration;
use recur_core::record::{Outcome, TrialRecord};
use recur_core::search::Budget;
use recur_core::trial::{InitialWeights, Trial, TrialId, TrialNames};
use recur_search::{Candidates, Needed, Results, Source, StageResult, Study, StudySettings, TrialResult};
use recur_spec::{ModelEntry, Spec};
use recur_store::Store;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;

/// Records of trials by their ids.
pub(crate) type Records = BTreeMap<TrialId, TrialRecord>;

/// What is decided of an experiment.
#[derive(Debug)]
pub(crate) struct Decisions {
    study: Study,
    /// The files of weights that the plan starts from.
    pub(crate) weights: InitialWeights,
    results: Known,
    /// Those that were named, in so far as they are needed.
    named: BTreeMap<Needed, Trial>,
    /// Where each of them is: two models may share a trial.
    places: HashMap<TrialId, Vec<Needed>>,
    /// The first configuration of each model in the plan.
    firsts: Vec<usize>,
    /// Without a result.
    needed: Vec<Needed>,
}

/// The most trials that an experiment of `spec` can have.
pub(crate) fn most_trials(spec: &Spec) -> u64 {
    Decisions::new(spec, InitialWeights::default()).study.most_trials()
}

/// The results that are known.
#[derive(Debug, Default)]
struct Known(HashMap<Needed, TrialResult>);

impl Results for Known {
    fn result(&self, trial: Needed) -> Option<TrialResult> {
        self.0.get(&trial).copied()
    }
}

impl Decisions {
    pub(crate) fn new(spec: &Spec, weights: InitialWeights) -> Self {
        let candidates = |model: &ModelEntry| Candidates {
            source: match spec.is_searched(model) {
                true => Source::Searched(model.space()),
                false => Source::Listed(model.configurations.len()),
            },
            epochs: model.epochs().filter(|_| spec.halving.is_some()),
        };
        let settings = StudySettings {
            seed: spec.seed,
            metric: spec.report.primary,
            replicates: spec.replicates,
            race: spec.race.clone(),
            search: spec.search.clone(),
            halving: spec.halving,
        };
        let study = Study::new(settings, spec.models.iter().map(candidates).collect());
        Self {
            study,
            weights,
            results: Known::default(),
            named: BTreeMap::new(),
            places: HashMap::new(),
            firsts: Vec::new(),
            needed: Vec::new(),
        }
    }

    /// What each configuration of a model is trained for, as far as it is decided.
    fn budgets(&self, model: usize, all: u32) -> Vec<Budget> {
        let stage = self.study.stages(model).last().map_or(Budget::full(all), |stage| stage.budget);
        let configurations = 0..self.study.n_configurations(model);
        configurations.map(|configuration| self.study.eliminated(model, configuration).unwrap_or(stage)).collect()
    }
}

/// How far the race, the halving or the search of a model is.
#[derive(Clone, Debug, PartialEq)]
pub struct StudyProgress {
    /// What reports call the model.
    pub model: String,
    /// The stage that runs, from 1, and of how many.
    pub stage: (usize, usize),
    /// What the stage trains: configurations, on so many replicates.
    pub n_configurations: usize,
    /// What each is trained for.
    pub budget: Budget,
    /// Of how many configurations these are proposals, where a search is on.
    pub of_search: Option<u32>,
    /// The best mean on validation so far, in the last stage that has one.
    pub best: Option<f64>,
    /// The metric of `best`.
    pub metric: Metric,
}

impl fmt::Display for StudyProgress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { model, stage: (stage, n_stages), n_configurations, budget, of_search, best, metric } = self;
        write!(f, "{model}: ")?;
        match of_search {
            Some(all) => write!(f, "{n_configurations} of {all} configurations proposed")?,
            None => {
                let s = if *n_configurations == 1 { "" } else { "s" };
                write!(f, "stage {stage} of {n_stages}, {n_configurations} configuration{s}")?;
                if let Some(epochs) = budget.epochs {
                    write!(f, " for {epochs} epoch{}", if epochs == 1 { "" } else { "s" })?;
                }
                write!(f, " on {} replicate{}", budget.replicates, if budget.replicates == 1 { "" } else { "s" })?;
            }
        }
        match best {
            Some(best) => write!(f, ", best validation {} so far {best:.4}", metric.title()),
            None => Ok(()),
        }
    }
}

impl Experiment {
    /// How far the race, the halving or the search of each model is that is not complete.
    pub fn study_progress(&self) -> Vec<StudyProgress> {
        let metric = self.plan.report.primary;
        let running = |(index, stages): (usize, &ModelStages)| {
            let last = stages.stages.last().filter(|last| last.n_went_on.is_none())?;
            let search = self.plan.search.as_ref().filter(|_| stages.method.is_some());
            Some(StudyProgress {
                model: stages.model.clone(),
                stage: (stages.stages.len(), self.decisions.study.n_stages(index)),
                n_configurations: last.n_entered,
                budget: last.budget,
                of_search: search.filter(|_| stages.stages.len() == 1).map(|search| search.configurations),
                best: stages.stages.iter().rev().find_map(|stage| self.best_so_far(index, stage.budget, metric)),
                metric,
            })
        };
        self.stages.iter().enumerate().filter_map(running).collect()
    }

    /// The best mean of a model after as much training as `budget` says.
    fn best_so_far(&self, model: usize, budget: Budget, metric: Metric) -> Option<f64> {
        let Budget { replicates, epochs } = budget;
        let results = &self.decisions.results;
        let mean = |configuration: usize| {
            let result = |replicate| match results.result(Needed { model, configuration, replicate, epochs })? {
                TrialResult::Finished(value) => Some(value),
                TrialResult::Diverged => None,
            };
            let values = (0..replicates).map(result).collect::<Option<Vec<f64>>>()?;
            Some(values.iter().sum::<f64>() / values.len() as f64)
        };
        let means = (0..self.decisions.study.n_configurations(model)).filter_map(mean);
        means.reduce(|best, next| if metric.better(next, best) { next } else { best })
    }

    /// Whether results decide which trials there are.
    pub fn is_adaptive(&self) -> bool {
        self.plan.race.is_some() || self.plan.search.is_some() || self.plan.halving.is_some()
    }

    /// Whether it is known which trials there are: what is needed without a result decides nothing more. It always is for a grid.
    pub fn is_decided(&self) -> bool {
        !self.is_adaptive() || self.decisions.needed.iter().all(|trial| self.is_in_last_stage(trial.model))
    }

    /// Whether no result of a model decides which other trials it has.
    fn is_in_last_stage(&self, model: usize) -> bool {
        let Some(ModelStages { stages, .. }) = self.stages.get(model) else { return true };
        let Some(last) = stages.last() else { return false };
        last.budget == Budget::full(self.plan.replicates) && !self.may_propose(model)
    }

    /// Whether more configurations of a model may be proposed.
    fn may_propose(&self, model: usize) -> bool {
        let (Some(search), Some(model)) = (&self.plan.search, self.stages.get(model)) else { return false };
        let ModelStages { method, is_exhausted, stages, .. } = model;
        match &stages[..] {
            [only] => method.is_some() && !is_exhausted && only.n_entered < search.configurations as usize,
            _ => false,
        }
    }

    /// The most trials that there can be.
    pub fn most_trials(&self) -> u64 {
        self.decisions.study.most_trials()
    }

    /// How far the race, the halving or the search of each model is, in the order of the spec; nothing for a grid.
    pub fn stages(&self) -> &[ModelStages] {
        &self.stages
    }

    /// What each configuration of the plan was trained for when it was eliminated; nothing for a grid.
    pub fn eliminated(&self) -> &[Option<Budget>] {
        &self.eliminated
    }

    /// All trials: [`Experiment::trials`], and [`Experiment::shorter_trials`].
    pub fn all_trials(&self) -> impl Iterator<Item = &Trial> {
        self.trials.iter().chain(&self.shorter)
    }

    /// The configuration of a trial in the plan as it is now: in a search before other models, theirs move.
    pub fn configuration_of(&self, trial: &Trial) -> &Configuration {
        &self.plan.configurations[self.place_of(trial)]
    }

    /// The index of a trial's configuration in the plan as it is now.
    pub(crate) fn place_of(&self, trial: &Trial) -> usize {
        let Decisions { places, firsts, .. } = &self.decisions;
        let index = |place: &Needed| Some(firsts.get(place.model)? + place.configuration);
        let places = places.get(&trial.id).into_iter().flatten().filter_map(index);
        // Two models may share a trial: their titles differ.
        let is_its = |index: &usize| self.plan.configurations.get(*index).is_some_and(|own| own.title() == trial.title);
        places.into_iter().find(is_its).unwrap_or(trial.configuration)
    }

    /// Whether the result of a trial, if it is needed, decides which others come next.
    pub(crate) fn decides(&self, trial: &Trial) -> bool {
        let places = self.decisions.places.get(&trial.id).into_iter().flatten();
        places.into_iter().any(|place| !self.is_in_last_stage(place.model))
    }

    /// Trials that halving stopped and that went on: [`Experiment::trials`] has a longer one of the same training. Their results
    /// decided which went on.
    pub fn shorter_trials(&self) -> &[Trial] {
        &self.shorter
    }

    /// After how many epochs halving stops a trial.
    pub(crate) fn cut(&self, trial: &Trial) -> Option<u32> {
        trial.identity.stop_after().filter(|_| self.plan.halving.is_some())
    }

    fn progress(&self) -> (Vec<ModelStages>, Vec<Option<Budget>>) {
        if !self.is_adaptive() {
            return (Vec::new(), Vec::new());
        }
        let study = &self.decisions.study;
        let stage =
            |stage: StageResult| Stage { budget: stage.budget, n_entered: stage.n_entered, n_went_on: stage.n_went_on };
        let stages = |(index, model): (usize, &ModelEntry)| ModelStages {
            model: model.name.clone(),
            method: self.spec.search.as_ref().filter(|_| self.spec.is_searched(model)).map(|search| search.method),
            is_exhausted: study.is_exhausted(index),
            stages: study.stages(index).into_iter().map(stage).collect(),
        };
        let eliminated = |model: usize| (0..study.n_configurations(model)).map(move |c| study.eliminated(model, c));
        let models = self.spec.models.iter().enumerate();
        (models.map(stages).collect(), (0..self.spec.models.len()).flat_map(eliminated).collect())
    }

    /// The trials that are needed and have no result, as far as the results that are known decide it; a failed trial has none.
    pub fn needed(&self) -> Vec<Trial> {
        self.decisions.needed.iter().map(|place| self.decisions.named[place].clone()).collect()
    }

    /// Forgets all results, and what they decided.
    ///
    /// # Errors
    /// If a trial cannot be named.
    pub(crate) fn begin_again(&mut self) -> Result<(), ExperimentError> {
        self.decisions = Decisions::new(&self.spec, std::mem::take(&mut self.decisions.weights));
        self.decide()
    }

    /// Takes the results of `records` of needed trials, and decides all that they allow. Whether any was new.
    ///
    /// # Errors
    /// If a trial cannot be named.
    pub(crate) fn take(&mut self, records: &Records) -> Result<bool, ExperimentError> {
        let result = |place: &Needed| Some((*place, self.result(records.get(&self.decisions.named[place].id)?)?));
        let results: Vec<(Needed, TrialResult)> = self.decisions.needed.iter().filter_map(result).collect();
        let is_new = !results.is_empty();
        self.decisions.results.0.extend(results);
        if is_new {
            self.decide()?;
        }
        Ok(is_new)
    }

    /// Takes the result of one trial, and decides all that it allows. Whether other trials are needed now.
    ///
    /// # Errors
    /// If a trial cannot be named.
    pub(crate) fn take_one(&mut self, record: &TrialRecord) -> Result<bool, ExperimentError> {
        let Some(result) = self.result(record) else { return Ok(false) };
        let Decisions { places, needed, results, .. } = &mut self.decisions;
        let places = places.get(&record.id).map(Vec::as_slice).unwrap_or_default();
        needed.retain(|place| !places.contains(place));
        results.0.extend(places.iter().map(|place| (*place, result)));
        let models: Vec<usize> = places.iter().map(|place| place.model).collect();
        // A stage is decided when all of its results are there.
        let is_open = |model| self.decisions.needed.iter().any(|place| place.model == model);
        if models.into_iter().all(|model| is_open(model) && !self.may_propose(model)) {
            return Ok(false);
        }
        let before: HashSet<Needed> = self.decisions.needed.iter().copied().collect();
        let needed = self.decisions.study.decide(&self.decisions.results);
        let is_new = needed.iter().any(|place| !before.contains(place));
        // Where nothing else is needed, the plan is as it was, but for what has ended.
        if is_new {
            self.decide()?
        } else {
            self.decisions.needed = needed
        }
        (self.stages, self.eliminated) = self.progress();
        Ok(is_new)
    }

    /// What a record says of its configuration; none if it failed.
    fn result(&self, record: &TrialRecord) -> Option<TrialResult> {
        match &record.outcome {
            Outcome::Finished { .. } => Some(TrialResult::Finished(record.validation()?.get(self.plan.report.primary))),
            Outcome::Diverged { .. } => Some(TrialResult::Diverged),
            Outcome::Failed { .. } => None,
        }
    }

    /// Decides all that the known results allow: the configurations of the plan, and the trials.
    pub(crate) fn decide(&mut self) -> Result<(), ExperimentError> {
        let Self { decisions, .. } = self;
        decisions.needed = decisions.study.decide(&decisions.results);
        let mut places: Vec<Needed> = Vec::new();
        let mut firsts = Vec::new();
        self.plan.configurations.clear();
        for (index, model) in self.spec.models.iter().enumerate() {
            firsts.push(self.plan.configurations.len());
            if self.spec.is_searched(model) {
                let points = self.decisions.study.points(index).iter();
                let proposed = points.filter_map(|point| self.spec.configuration(&model.name, point));
                self.plan.configurations.extend(proposed);
            } else {
                self.plan.configurations.extend(model.configurations.iter().cloned());
            }
            for (configuration, budget) in self.decisions.budgets(index, self.plan.replicates).into_iter().enumerate() {
                let Budget { replicates, epochs } = budget;
                let place = |replicate| Needed { model: index, configuration, replicate, epochs };
                places.extend((0..replicates).map(place));
            }
        }
        (self.stages, self.eliminated) = self.progress();
        places.sort_by_key(|place| (place.replicate, place.model, place.configuration));
        self.name_trials(&places, &firsts)?;
        self.unused = self.plan.unused_settings(&self.registry)?;
        self.sees_validation = self.plan.sees_validation(&self.registry)?;
        Ok(())
    }

    /// Names the trials at `places`; `firsts` holds the first configuration of each model in the plan.
    fn name_trials(&mut self, places: &[Needed], firsts: &[usize]) -> Result<(), ExperimentError> {
        let procedure = recur_train::procedure(self.requested.as_ref());
        let names = TrialNames {
            plan: &self.plan,
            dataset: self.data.dataset.digest(),
            raw_texts: self.data.dataset.raw_digest(),
            registry: &self.registry,
            weights: &self.decisions.weights,
            procedure: &procedure,
            requested: self.requested.as_ref(),
        };
        let mut trials = Vec::with_capacity(places.len());
        let mut named = std::mem::take(&mut self.decisions.named);
        for place @ Needed { model, configuration, replicate, epochs } in places {
            let configuration = firsts[*model] + configuration;
            let trial = match named.get_mut(place) {
                Some(trial) => {
                    trial.configuration = configuration;
                    trial.clone()
                }
                None => {
                    let trial = names.trial(configuration, *replicate, *epochs)?;
                    self.decisions.places.entry(trial.id.clone()).or_default().push(*place);
                    named.insert(*place, trial.clone());
                    trial
                }
            };
            trials.push(trial);
        }
        // They are named one stage after the other, so that these were needed before.
        let places: HashSet<&Needed> = places.iter().collect();
        let earlier = named.iter().filter(|(place, _)| place.epochs.is_some() && !places.contains(place));
        let placed = |(place, trial): (&Needed, &Trial)| Trial {
            configuration: firsts[place.model] + place.configuration,
            ..trial.clone()
        };
        self.shorter = earlier.map(placed).collect();
        self.decisions.named = named;
        self.decisions.firsts = firsts.to_vec();
        self.trials = trials;
        Ok(())
    }

    /// Decides all that the records of `store` allow, and puts those of the trials into `records`. A trial that failed counts as
    /// missing.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub(crate) fn replay_into(
        &mut self,
        store: &Store,
        jobs: usize,
        records: &mut Records,
    ) -> Result<(), ExperimentError> {
        let look = |trial: &Trial| {
            let record = stored_record(store, &trial.id)?;
            Ok(record.filter(|record| !matches!(record.outcome, Outcome::Failed { .. })))
        };
        self.replay_with(jobs, records, &look)
    }

    /// As [`Experiment::replay_into`], with the records that `look` finds.
    pub(crate) fn replay_with(
        &mut self,
        jobs: usize,
        records: &mut Records,
        look: &(dyn Fn(&Trial) -> Result<Option<TrialRecord>, ExperimentError> + Sync),
    ) -> Result<(), ExperimentError> {
        loop {
            let mut needed = self.needed();
            needed.retain(|trial| !records.contains_key(&trial.id));
            let found = in_parallel(&needed, jobs, look);
            for (trial, record) in needed.iter().zip(found) {
                if let Some(record) = record? {
                    records.insert(trial.id.clone(), record);
                }
            }
            if !self.take(records)? {
                return Ok(());
            }
        }
    }

    /// Decides all that the records of `store` allow: [`Experiment::trials`] and the plan are then what the next run of the
    /// experiment begins with. Of a grid, all is decided.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn replay(&mut self, store: &Store, jobs: usize) -> Result<(), ExperimentError> {
        if !self.is_adaptive() {
            return Ok(());
        }
        self.begin_again()?;
        self.replay_into(store, jobs, &mut Records::new())
    }
}
