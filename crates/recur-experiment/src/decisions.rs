//! Which trials an experiment has: all at once for a grid, and for a race or a search as far as results decide it.

use crate::Experiment;
use crate::error::ExperimentError;
use crate::parallel::in_parallel;
use crate::stored_record::stored_record;
use recur_analysis::{ModelStages, Stage};
use recur_core::metric::Metric;
use recur_core::record::{Outcome, TrialRecord};
use recur_core::trial::{InitialWeights, Trial, TrialId, TrialNames};
use recur_search::{Candidates, Needed, Results, StageResult, Study, StudySettings, TrialResult};
use recur_spec::{ModelEntry, Spec};
use recur_store::Store;
use std::collections::{BTreeMap, HashMap};
use std::fmt;

/// Records of trials by their ids.
pub(crate) type Records = BTreeMap<TrialId, TrialRecord>;

/// A model's configuration on a replicate; configurations are counted for each model.
type Place = (usize, usize, u32);

/// What is decided of an experiment.
#[derive(Debug)]
pub(crate) struct Decisions {
    study: Study,
    /// The files of weights that the plan starts from.
    pub(crate) weights: InitialWeights,
    results: Known,
    /// Those that were named, in so far as they are needed.
    named: HashMap<Place, Trial>,
    /// Without a result.
    needed: Vec<Place>,
}

/// The results that are known.
#[derive(Debug, Default)]
struct Known(HashMap<Place, TrialResult>);

impl Results for Known {
    fn result(&self, model: usize, configuration: usize, replicate: u32) -> Option<TrialResult> {
        self.0.get(&(model, configuration, replicate)).copied()
    }
}

impl Decisions {
    pub(crate) fn new(spec: &Spec, weights: InitialWeights) -> Self {
        let candidates = |model: &ModelEntry| match spec.is_searched(model) {
            true => Candidates::Searched(model.space()),
            false => Candidates::Listed { model: model.name.clone(), n_configurations: model.configurations.len() },
        };
        let settings = StudySettings {
            seed: spec.seed,
            metric: spec.report.primary,
            replicates: spec.replicates,
            race: spec.race.clone(),
            search: spec.search.clone(),
        };
        let study = Study::new(settings, spec.models.iter().map(candidates).collect());
        Self { study, weights, results: Known::default(), named: HashMap::new(), needed: Vec::new() }
    }

    /// How many replicates a configuration is trained on, as far as it is decided.
    fn n_replicates(&self, model: usize, configuration: usize, all: u32) -> u32 {
        let stage = || self.study.stages(model).last().map_or(all, |stage| stage.replicates);
        self.study.eliminated(model, configuration).unwrap_or_else(stage)
    }
}

/// How far the race or the search of a model is.
#[derive(Clone, Debug, PartialEq)]
pub struct StudyProgress {
    /// What reports call the model.
    pub model: String,
    /// The stage that runs, from 1, and of how many.
    pub stage: (usize, usize),
    /// What the stage trains: configurations, on so many replicates.
    pub n_configurations: usize,
    /// Replicates of each.
    pub replicates: u32,
    /// Of how many configurations these are proposals, where a search is on.
    pub of_search: Option<u32>,
    /// The best mean on validation over the replicates of the first stage.
    pub best: Option<f64>,
    /// The metric of `best`.
    pub metric: Metric,
}

impl fmt::Display for StudyProgress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { model, stage: (stage, n_stages), n_configurations, replicates, of_search, best, metric } = self;
        write!(f, "{model}: ")?;
        match of_search {
            Some(all) => write!(f, "{n_configurations} of {all} configurations proposed")?,
            None => {
                write!(f, "stage {stage} of {n_stages}, {n_configurations} configurations on {replicates} replicates")?
            }
        }
        match best {
            Some(best) => write!(f, ", best validation {} so far {best:.4}", metric.title()),
            None => Ok(()),
        }
    }
}

impl Experiment {
    /// How far the race or the search of each model is that is not complete.
    pub fn study_progress(&self) -> Vec<StudyProgress> {
        let metric = self.plan.report.primary;
        let running = |(index, stages): (usize, &ModelStages)| {
            let last = stages.stages.last().filter(|last| last.n_went_on.is_none())?;
            let search = self.plan.search.as_ref().filter(|_| stages.method.is_some());
            let n_stages = self.plan.race.as_ref().map_or(1, |race| race.replicates.len());
            Some(StudyProgress {
                model: stages.model.clone(),
                stage: (stages.stages.len(), n_stages),
                n_configurations: last.n_entered,
                replicates: last.replicates,
                of_search: search.filter(|_| stages.stages.len() == 1).map(|search| search.configurations),
                best: self.best_so_far(index, stages.stages[0].replicates, metric),
                metric,
            })
        };
        self.stages.iter().enumerate().filter_map(running).collect()
    }

    /// The best mean of a model over the first `replicates` replicates.
    fn best_so_far(&self, model: usize, replicates: u32, metric: Metric) -> Option<f64> {
        let results = &self.decisions.results;
        let mean = |configuration: usize| {
            let result = |replicate| match results.result(model, configuration, replicate)? {
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
        self.plan.race.is_some() || self.plan.search.is_some()
    }

    /// Whether it is known which trials there are: what is needed without a result decides nothing more. It always is for a grid.
    pub fn is_decided(&self) -> bool {
        !self.is_adaptive() || self.decisions.needed.iter().all(|(model, ..)| self.is_in_last_stage(*model))
    }

    /// Whether no result of a model decides which other trials it has.
    fn is_in_last_stage(&self, model: usize) -> bool {
        let Some(ModelStages { method, is_exhausted, stages, .. }) = self.stages.get(model) else { return true };
        let Some(last) = stages.last() else { return false };
        let may_propose = match &self.plan.search {
            Some(search) if method.is_some() && stages.len() == 1 => {
                !is_exhausted && last.n_entered < search.configurations as usize
            }
            _ => false,
        };
        last.replicates == self.plan.replicates && !may_propose
    }

    /// The most trials that there can be.
    pub fn most_trials(&self) -> u64 {
        self.decisions.study.most_trials()
    }

    /// How far the race or the search of each model is, in the order of the spec; nothing for a grid.
    pub fn stages(&self) -> &[ModelStages] {
        &self.stages
    }

    /// After how many replicates each configuration of the plan was eliminated; nothing for a grid.
    pub fn eliminated(&self) -> &[Option<u32>] {
        &self.eliminated
    }

    fn progress(&self) -> (Vec<ModelStages>, Vec<Option<u32>>) {
        if !self.is_adaptive() {
            return (Vec::new(), Vec::new());
        }
        let study = &self.decisions.study;
        let stage = |stage: StageResult| Stage {
            replicates: stage.replicates,
            n_entered: stage.n_entered,
            n_went_on: stage.n_went_on,
        };
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
        let primary = self.plan.report.primary;
        let mut is_new = false;
        for place in &self.decisions.needed {
            let record = records.get(&self.decisions.named[place].id);
            let result = record.and_then(|record| match &record.outcome {
                Outcome::Finished { .. } => {
                    record.validation().map(|validation| TrialResult::Finished(validation.get(primary)))
                }
                Outcome::Diverged { .. } => Some(TrialResult::Diverged),
                Outcome::Failed { .. } => None,
            });
            if let Some(result) = result {
                is_new = true;
                self.decisions.results.0.insert(*place, result);
            }
        }
        if is_new {
            self.decide()?;
        }
        Ok(is_new)
    }

    /// Decides all that the known results allow: the configurations of the plan, and the trials.
    pub(crate) fn decide(&mut self) -> Result<(), ExperimentError> {
        let Self { decisions, .. } = self;
        let needed = decisions.study.decide(&decisions.results);
        decisions.needed = needed
            .iter()
            .map(|Needed { model, configuration, replicate }| (*model, *configuration, *replicate))
            .collect();
        let mut places: Vec<Place> = Vec::new();
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
            for configuration in 0..self.decisions.study.n_configurations(index) {
                let n_replicates = self.decisions.n_replicates(index, configuration, self.plan.replicates);
                places.extend((0..n_replicates).map(|replicate| (index, configuration, replicate)));
            }
        }
        (self.stages, self.eliminated) = self.progress();
        places.sort_by_key(|(model, configuration, replicate)| (*replicate, *model, *configuration));
        self.name_trials(&places, &firsts)?;
        self.unused = self.plan.unused_settings(&self.registry)?;
        Ok(())
    }

    /// Names the trials at `places`; `firsts` holds the first configuration of each model in the plan.
    fn name_trials(&mut self, places: &[Place], firsts: &[usize]) -> Result<(), ExperimentError> {
        let names = TrialNames {
            plan: &self.plan,
            dataset: self.data.dataset.digest(),
            registry: &self.registry,
            weights: &self.decisions.weights,
            procedure: recur_train::PROCEDURE,
        };
        let mut trials = Vec::with_capacity(places.len());
        let mut named = std::mem::take(&mut self.decisions.named);
        for place @ (model, configuration, replicate) in places {
            let configuration = firsts[*model] + configuration;
            let trial = match named.get_mut(place) {
                Some(trial) => {
                    trial.configuration = configuration;
                    trial.clone()
                }
                None => {
                    let trial = names.trial(configuration, *replicate)?;
                    named.insert(*place, trial.clone());
                    trial
                }
            };
            trials.push(trial);
        }
        self.decisions.named = named;
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
