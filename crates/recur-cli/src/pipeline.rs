//! What the commands share before the first trial: from a spec to its plan, its data and its trials.

use crate::args::SpecArgs;
use crate::commands::available_cores;
use crate::environment::Code;
use crate::error::CliError;
use crate::scoring::Scored;
use crate::shell::quoted;
use crate::sweep::{in_parallel, stored};
use recur_core::data_warning::DataWarning;
use recur_core::digest::Digest;
use recur_core::division;
use recur_core::facts::DataFacts;
use recur_core::plan::{Plan, UnusedSettings};
use recur_core::registry::Registry;
use recur_core::selection::Finding;
use recur_core::settings::Division;
use recur_core::split::{Split, SplitError};
use recur_core::trial::{InitialWeights, Trial, TrialId, trials};
use recur_ingest::{Ingested, ingest, read_regular};
use recur_report::{HowTo, ReplicateSplit, ReportInput, SplitSizes};
use recur_spec::{Override, Spec};
use recur_store::{Store, read_weights};
use recur_train::split_of;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// An experiment before its first trial.
pub(crate) struct Prepared {
    pub(crate) spec: Spec,
    pub(crate) plan: Plan,
    pub(crate) data: Ingested,
    pub(crate) trials: Vec<Trial>,
    /// How the rows are divided, one entry a replicate.
    pub(crate) splits: Vec<ReplicateSplit>,
    /// What of the data may mislead.
    pub(crate) warnings: Vec<DataWarning>,
    /// What the spec asks of training and a model does not use.
    pub(crate) unused: Vec<UnusedSettings>,
    pub(crate) how_to: HowTo,
    /// The folder of plugins, where one was named.
    pub(crate) plugins: Option<PathBuf>,
    /// What is recorded of the code that runs.
    pub(crate) code: Code,
}

/// The most bytes of a spec that are read; what a spec may have is less, and checked with its text.
const MOST_BYTES_OF_SPEC: u64 = 16 << 20;

/// Reads and checks the spec.
pub(crate) fn read_spec(args: &SpecArgs, registry: &Registry) -> Result<Spec, CliError> {
    let text = read_regular(&args.spec, MOST_BYTES_OF_SPEC).map_err(|source| CliError::ReadSpec {
        path: args.spec.clone(),
        source,
        others: specs_beside(&args.spec),
    })?;
    parse_spec(&text, args, registry)
}

/// The specs in the folder of `path`, for a hint.
fn specs_beside(path: &Path) -> Vec<String> {
    let folder = path.parent().unwrap_or(Path::new(""));
    // The parent of a bare file name is empty, and no folder.
    let listed = if folder == Path::new("") { Path::new(".") } else { folder };
    let Ok(entries) = std::fs::read_dir(listed) else { return Vec::new() };
    let mut specs: Vec<String> = entries
        .filter_map(|entry| Some(folder.join(entry.ok()?.file_name())))
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml"))
        .map(|path| path.display().to_string())
        .collect();
    specs.sort();
    specs
}

/// Checks the `text` of the spec at `args.spec`, which was read already.
pub(crate) fn parse_spec(text: &[u8], args: &SpecArgs, registry: &Registry) -> Result<Spec, CliError> {
    recur_spec::parse(text, &args.spec.display().to_string(), &args.overrides, registry)
        .map_err(|errors| CliError::Spec(Box::new(errors)))
}

impl Prepared {
    /// Reads and checks the spec, reads the data, and names the trials.
    pub(crate) fn read(args: &SpecArgs, registry: &Registry) -> Result<Self, CliError> {
        Self::new(read_spec(args, registry)?, args, registry)
    }

    /// The spec of a stored trial, compared with its digest, and its data.
    pub(crate) fn of_trial(
        id: &TrialId,
        args: &SpecArgs,
        store: &Store,
        registry: &Registry,
    ) -> Result<Self, CliError> {
        let damaged = |problem| CliError::DamagedTrial { trial: id.short().to_owned(), problem: Box::new(problem) };
        let text = store.spec(id).map_err(damaged)?;
        Self::new(parse_spec(&text, args, registry)?, args, registry)
    }

    /// Reads the data of `spec` and names the trials.
    pub(crate) fn new(spec: Spec, args: &SpecArgs, registry: &Registry) -> Result<Self, CliError> {
        let plan = spec.plan();
        let weights = initial_weights(&plan)?;
        let data = ingest(&plan.data, plan.split.group, Path::new(""))?;
        let facts = &data.facts;
        tracing::info!(
            "{}: {} names with {} labels, {} duplicates",
            facts.source,
            facts.rows,
            facts.rows_by_label.len(),
            facts.duplicates
        );
        data.notes.iter().for_each(|note| tracing::warn!("{note}"));
        let splits = splits(&plan, &data)?;
        let unused = plan.unused_settings(registry)?;
        let warnings = data_warnings(&plan, &data, &splits);
        warn(&facts.source, &warnings, &unused);
        let trials = trials(&plan, data.dataset.digest(), registry, &weights, recur_train::PROCEDURE)?;
        let how_to = how_to(&spec, args);
        Ok(Self {
            spec,
            plan,
            data,
            trials,
            splits,
            warnings,
            unused,
            how_to,
            plugins: args.plugins.clone(),
            code: Code::WithoutDiff,
        })
    }

    /// What the report of these records is made from.
    pub(crate) fn report_input<'a>(&'a self, findings: &'a [Finding], scored: &'a Scored) -> ReportInput<'a> {
        ReportInput {
            plan: &self.plan,
            facts: &self.data.facts,
            label_names: self.data.dataset.label_names(),
            findings,
            selection: &scored.selection,
            tests: &scored.tests,
            unscored: &scored.unscored,
            splits: &self.splits,
            unused: &self.unused,
            how_to: &self.how_to,
            respelt: &[],
            baseline_is_chosen: false,
        }
    }

    /// How many rows the parts of a split have, as means over replicates.
    pub(crate) fn sizes(&self) -> SplitSizes {
        SplitSizes::mean(&self.splits)
    }

    /// Keeps only `replicate`, as the first.
    pub(crate) fn keep_replicate(&mut self, replicate: u32) {
        self.plan.replicates = 1;
        self.splits = self.splits.get(replicate as usize).cloned().into_iter().collect();
    }

    /// How the rows are divided on each replicate, whatever their letters.
    pub(crate) fn divisions(&self) -> Result<Vec<Digest>, CliError> {
        let split = |replicate| split_of(&self.plan, &self.data.dataset, replicate);
        let digest = |split: &Split| division::digest(&self.data.dataset, split);
        let divisions = (0..self.plan.replicates).map(|replicate| split(replicate).map(|split| digest(&split)));
        divisions
            .collect::<Result<_, _>>()
            .map_err(|source| CliError::Split { data: self.data.facts.source.clone(), source })
    }
}

/// How the rows are divided on each replicate: all are known before the first trial, so that no run ends at a later one.
fn splits(plan: &Plan, data: &Ingested) -> Result<Vec<ReplicateSplit>, CliError> {
    let replicates: Vec<u32> = (0..plan.replicates).collect();
    let split = |replicate: &u32| -> Result<ReplicateSplit, SplitError> {
        Ok(ReplicateSplit::of(&data.dataset, &split_of(plan, &data.dataset, *replicate)?))
    };
    let splits: Result<Vec<_>, _> = in_parallel(&replicates, available_cores(), split).into_iter().collect();
    splits.map_err(|source| CliError::Split { data: data.facts.source.clone(), source })
}

/// Logs what of the data and the settings may mislead: the same for every command.
fn warn(source: &str, warnings: &[DataWarning], unused: &[UnusedSettings]) {
    for warning in warnings {
        tracing::warn!("{source}: {warning}");
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
            .filter(|published| published.names_in_two + published.groups_in_two > 0)
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

/// The files of weights that the plan starts from.
fn initial_weights(plan: &Plan) -> Result<InitialWeights, CliError> {
    let paths: BTreeSet<&String> = plan.configurations.iter().filter_map(|c| c.weights.as_ref()).collect();
    let read = |path: &String| {
        let file = read_weights(Path::new(path)).map_err(CliError::InitialWeights)?;
        Ok((path.clone(), Arc::new(file)))
    };
    paths.into_iter().map(read).collect()
}

/// How to get the same report again. Nothing here depends on the machine.
fn how_to(spec: &Spec, args: &SpecArgs) -> HowTo {
    let spec_path = args.spec.display().to_string();
    let change = |change: &Override| format!(" --set {}", quoted(&format!("{}={}", change.path, change.value)));
    let changes = args.overrides.iter().map(change).collect::<String>();
    HowTo {
        command: format!("just experiment {}{}{changes}", quoted(&spec_path), plugins_option(args.plugins.as_deref())),
        spec_path,
        recur_version: env!("CARGO_PKG_VERSION").to_owned(),
        // A report that is committed cannot name its own commit.
        commit: None,
        resolved_spec: spec.resolved_yaml(),
        numeric_contract: recur_core::NUMERIC_CONTRACT,
    }
}

/// The option that names the folder of plugins, with a blank before it; nothing where none was named.
pub(crate) fn plugins_option(folder: Option<&Path>) -> String {
    folder.map(|folder| format!(" --plugins {}", quoted(&folder.display().to_string()))).unwrap_or_default()
}

/// The records of an experiment whose trials have all been run.
pub(crate) fn stored_findings(prepared: &Prepared, store: &Store, spec: &Path) -> Result<Vec<Finding>, CliError> {
    let trials = &prepared.trials;
    let records = in_parallel(trials, available_cores(), |trial| stored(store, trial));
    let records = records.into_iter().collect::<Result<Vec<_>, CliError>>()?;
    let finding = |(trial, record): (&Trial, Option<_>)| Some(Finding { trial: trial.clone(), record: record? });
    let findings: Vec<Finding> = trials.iter().zip(records).filter_map(finding).collect();
    let (n_missing, n_trials) = (trials.len() - findings.len(), trials.len());
    match n_missing {
        0 => Ok(findings),
        _ => {
            let (spec, store) = (spec.to_owned(), store.root().to_owned());
            Err(CliError::TrialsMissing { n_missing, n_trials, spec, store })
        }
    }
}
