//! An experiment before its first trial: from a spec to its plan, its data and its trials.

use crate::decisions::Decisions;
use crate::environment::WorkingFolder;
use crate::error::ExperimentError;
use crate::invocation::Invocation;
use crate::parallel::{available_cores, in_parallel};
use crate::primary_metric;
use crate::scoring::Scored;
use recur_analysis::{Analysis, AnalysisError, ModelStages, Outcomes, ReplicateSplit, SplitSizes};
use recur_core::data_warning::DataWarning;
use recur_core::digest::Digest;
use recur_core::division;
use recur_core::facts::DataFacts;
use recur_core::metric::Requested;
use recur_core::noun::Noun;
use recur_core::plan::{Plan, UnusedSettings};
use recur_core::registry::Registry;
use recur_core::replicate::Replicate;
use recur_core::search::Budget;
use recur_core::selection::TrialOutcome;
use recur_core::settings::Division;
use recur_core::split::SplitError;
use recur_core::trial::{InitialWeights, Trial};
use recur_ingest::{Ingested, ingest};
use recur_report::{MadeFrom, Provenance, SpecSource};
use recur_spec::Spec;
use recur_store::read_weights;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

/// An experiment: a spec, its data and its trials. It is made by [`Experiment::prepare`], and changes nothing on disk.
pub struct Experiment {
    pub(crate) registry: Registry,
    pub(crate) spec: Spec,
    pub(crate) plan: Plan,
    pub(crate) data: Arc<Ingested>,
    /// What its trials compute besides the metrics that all have.
    pub(crate) requested: Option<Requested>,
    pub(crate) trials: Vec<Trial>,
    pub(crate) shorter: Vec<Trial>,
    pub(crate) decisions: Decisions,
    pub(crate) replicates: Arc<Vec<Replicate>>,
    pub(crate) splits: Arc<Vec<ReplicateSplit>>,
    warnings: Vec<DataWarning>,
    pub(crate) unused: Vec<UnusedSettings>,
    pub(crate) sees_validation: Vec<String>,
    pub(crate) eliminated: Vec<Option<Budget>>,
    pub(crate) stages: Vec<ModelStages>,
    /// Where it runs.
    pub(crate) folder: WorkingFolder,
}

impl fmt::Debug for Experiment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, n_trials) = (&self.plan.name, self.trials.len());
        f.debug_struct("Experiment").field("name", name).field("n_trials", &n_trials).finish_non_exhaustive()
    }
}

impl Experiment {
    /// Reads the data of `spec`, divides it, and names the trials. The models are those of `registry`.
    ///
    /// Paths in the spec are relative to the working folder of the process. What of the data may mislead is logged.
    ///
    /// # Errors
    /// If the data or a file of initial weights cannot be used, the data cannot be divided as the spec asks, or the spec names
    /// a model that nobody registered.
    pub fn prepare(spec: Spec, registry: &Registry) -> Result<Self, ExperimentError> {
        let plan = spec.plan();
        let weights = initial_weights(&spec)?;
        let data = ingest(&plan.data, plan.split.group, Path::new(""))?;
        let facts = &data.facts;
        tracing::info!(
            "{}: {} with {} labels, {} duplicates",
            facts.source,
            plan.report.noun.counted(facts.rows, |n| n.to_string()),
            facts.rows_by_label.len(),
            facts.duplicates
        );
        let requested = primary_metric::requested(&plan, &data)?;
        data.notes.iter().for_each(|note| tracing::warn!("{note}"));
        let replicates = replicates(&plan, &data)?;
        if let Some(requested) = &requested {
            primary_metric::check_rows(requested, &plan, &data, &replicates)?;
        }
        let splits: Vec<ReplicateSplit> =
            replicates.iter().map(|replicate| ReplicateSplit::of(&data.dataset, &replicate.split)).collect();
        let warnings = data_warnings(&plan, &data, &splits);
        let mut experiment = Self {
            registry: registry.clone(),
            decisions: Decisions::new(&spec, weights),
            spec,
            plan,
            data: Arc::new(data),
            requested,
            trials: Vec::new(),
            shorter: Vec::new(),
            replicates: Arc::new(replicates),
            splits: Arc::new(splits),
            warnings,
            unused: Vec::new(),
            sees_validation: Vec::new(),
            eliminated: Vec::new(),
            stages: Vec::new(),
            folder: WorkingFolder::new(Path::new(".")),
        };
        experiment.decide()?;
        let Self { data, plan, warnings, unused, sees_validation, .. } = &experiment;
        warn(&data.facts.source, warnings, &plan.report.noun, unused);
        for model in sees_validation {
            tracing::warn!(
                "{model} is given the validation rows with their labels: its validation results may be too good"
            );
        }
        Ok(experiment)
    }

    /// The models.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// The spec, every default filled in.
    pub fn spec(&self) -> &Spec {
        &self.spec
    }

    /// Every configuration, spelled out; of a search, those that are proposed so far.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The data set, and what became of the rows of its source.
    pub fn data(&self) -> &Ingested {
        &self.data
    }

    /// The trials: replicate by replicate, configurations in the order of the plan. In a race or a search, those that are
    /// decided so far.
    pub fn trials(&self) -> &[Trial] {
        &self.trials
    }

    /// What the trials of each replicate share: how the rows are divided, and where random numbers come from.
    pub fn replicates(&self) -> &[Replicate] {
        &self.replicates
    }

    /// The sizes of the parts of each replicate, and the labels that they lack.
    pub fn splits(&self) -> &[ReplicateSplit] {
        &self.splits
    }

    /// What of the data may mislead.
    pub fn warnings(&self) -> &[DataWarning] {
        &self.warnings
    }

    /// What the spec asks of training and a model does not use.
    pub fn unused(&self) -> &[UnusedSettings] {
        &self.unused
    }

    /// Analyses the outcomes of all trials: every number that a report, a table or an export shows. It takes some seconds with
    /// large test sets, so it is made once and handed to all outputs.
    ///
    /// # Errors
    /// If the outcomes are not those of this experiment.
    pub fn analyse(&self, trials: &[TrialOutcome], scored: &Scored) -> Result<Analysis, AnalysisError> {
        Analysis::of(&self.outcomes(trials, scored))
    }

    /// What an analysis is made from.
    pub fn outcomes<'a>(&'a self, trials: &'a [TrialOutcome], scored: &'a Scored) -> Outcomes<'a> {
        Outcomes {
            plan: &self.plan,
            facts: &self.data.facts,
            label_names: self.data.dataset.label_names(),
            trials,
            selection: &scored.selection,
            tests: &scored.tests,
            unscored: &scored.unscored,
            splits: &self.splits,
            unused: &self.unused,
            sees_validation: &self.sees_validation,
            eliminated: &self.eliminated,
            stages: &self.stages,
            comparison: None,
        }
    }

    /// How many rows the parts of a split have, as means over replicates.
    pub fn sizes(&self) -> SplitSizes {
        SplitSizes::mean(&self.splits)
    }

    /// How a report of this experiment is made that a program was asked for by `invocation`. Nothing in it depends on the machine.
    pub fn provenance(&self, invocation: Invocation) -> Provenance {
        let Invocation { program, prefix, command, spec_path, overrides, plugins } = invocation;
        let resolved_spec = self.spec.resolved_yaml();
        Provenance {
            program,
            prefix,
            command,
            recur_version: env!("CARGO_PKG_VERSION").to_owned(),
            numeric_contract: recur_core::NUMERIC_CONTRACT,
            store_link: None,
            made_from: MadeFrom::Experiment(SpecSource { spec_path, overrides, plugins, resolved_spec }),
        }
    }

    /// How the rows are divided on each of `replicates`, whatever their characters.
    ///
    /// # Errors
    /// If the data cannot be divided.
    pub fn divisions(&self, replicates: Range<u32>) -> Result<Vec<Digest>, ExperimentError> {
        let digest = |replicate: &Replicate| division::digest(&self.data.dataset, &replicate.split);
        replicates.map(|index| Ok(digest(&*self.replicate(index)?))).collect()
    }

    /// The replicate `index`, which may be beyond those of the plan.
    pub(crate) fn replicate(&self, index: u32) -> Result<Cow<'_, Replicate>, ExperimentError> {
        match self.replicates.get(index as usize) {
            Some(replicate) => Ok(Cow::Borrowed(replicate)),
            None => Ok(Cow::Owned(replicate(&self.plan, &self.data, index)?)),
        }
    }
}

/// All are known before the first trial, so that no run ends at a later one.
fn replicates(plan: &Plan, data: &Ingested) -> Result<Vec<Replicate>, ExperimentError> {
    let indices: Vec<u32> = (0..plan.replicates).collect();
    in_parallel(&indices, available_cores(), |index| replicate(plan, data, *index)).into_iter().collect()
}

fn replicate(plan: &Plan, data: &Ingested, index: u32) -> Result<Replicate, ExperimentError> {
    let failed = |source: SplitError| ExperimentError::Split { data: data.facts.source.clone(), source };
    Replicate::new(&data.dataset, &plan.split, plan.seed, index).map_err(failed)
}

/// Logs what of the data and the settings may mislead: the same for every command.
fn warn(source: &str, warnings: &[DataWarning], noun: &Noun, unused: &[UnusedSettings]) {
    for warning in warnings {
        tracing::warn!("{source}: {}", warning.plain(noun));
    }
    for unused in unused {
        if unused.of_the_objective().next().is_some() {
            tracing::warn!("{unused}");
        } else {
            tracing::info!("{unused}");
        }
    }
}

/// What of the data may mislead, known before the first trial.
fn data_warnings(plan: &Plan, data: &Ingested, splits: &[ReplicateSplit]) -> Vec<DataWarning> {
    let facts = &data.facts;
    let labels = data.dataset.label_names();
    let of = labels.len() as u64;
    let names = |indices: BTreeSet<u16>| -> Vec<String> {
        indices.into_iter().map(|label| labels[usize::from(label)].clone()).collect()
    };
    let untested: Vec<BTreeSet<u16>> =
        splits.iter().map(|split| split.untested_labels.iter().copied().collect()).collect();
    let sometimes: BTreeSet<u16> = untested.iter().flatten().copied().collect();
    let never: BTreeSet<u16> =
        sometimes.iter().filter(|label| untested.iter().all(|labels| labels.contains(label))).copied().collect();
    let untrained: BTreeSet<u16> = splits.iter().flat_map(|split| &split.untrained_labels).copied().collect();
    let lacking = |labels: BTreeSet<u16>, warning: &dyn Fn(Vec<String>) -> DataWarning| {
        (!labels.is_empty()).then(|| warning(names(labels)))
    };
    let of_splits = [
        DataWarning::few_rows(facts, &plan.split),
        lacking(&sometimes - &never, &|labels| DataWarning::Untested { labels, of, on_every_replicate: false }),
        lacking(never, &|labels| DataWarning::Untested { labels, of, on_every_replicate: true }),
        lacking(untrained, &|labels| DataWarning::Untrained { labels, of }),
        facts
            .published
            .filter(|published| published.texts_in_two + published.groups_in_two > 0)
            .map(DataWarning::Overlap),
        unused_share(plan, facts),
    ];
    let rejected = DataWarning::rejected(facts, data.rejects.first().map(ToString::to_string));
    rejected.into_iter().chain(facts.warnings.iter().cloned()).chain(of_splits.into_iter().flatten()).collect()
}

/// A share of validation rows that the data has no use for.
fn unused_share(plan: &Plan, facts: &DataFacts) -> Option<DataWarning> {
    let Division::Published { validation } = plan.split.division else { return None };
    // Whether the default was given cannot be known.
    let is_given = validation != 0.1;
    let has_validation = facts.published.is_some_and(|published| published.rows[1] > 0);
    (is_given && has_validation).then_some(DataWarning::UnusedValidationShare { validation })
}

/// The files of weights that models start from.
fn initial_weights(spec: &Spec) -> Result<InitialWeights, ExperimentError> {
    let paths: BTreeSet<&String> = spec.models.iter().filter_map(|model| model.weights.as_ref()).collect();
    let read = |path: &String| {
        let file = read_weights(Path::new(path)).map_err(ExperimentError::InitialWeights)?;
        Ok((path.clone(), Arc::new(file)))
    };
    paths.into_iter().map(read).collect()
}
