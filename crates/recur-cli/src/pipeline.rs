//! What the commands share: from a spec to its trials, and from records to a report.

use crate::args::SpecArgs;
use crate::clock::{Started, unix_seconds};
use crate::commands::available_cores;
use crate::environment::gather;
use crate::error::{CliError, Exit, with_causes};
use crate::output::table;
use crate::sweep::{in_parallel, stored};
use recur_core::digest::Digest;
use recur_core::division;
use recur_core::metric::Metric;
use recur_core::plan::Plan;
use recur_core::record::{Outcome, TestRecord};
use recur_core::registry::Registry;
use recur_core::selection::{Finding, Selection, mean_validation};
use recur_core::split::Split;
use recur_core::trial::{InitialWeights, Trial, TrialId, trials};
use recur_ingest::{Ingested, ingest, read_predictions, write_predictions};
use recur_report::{Cost, HowTo, ReportInput, SplitSizes, Unscored};
use recur_spec::{Override, Spec};
use recur_store::{Environment, FoundTest, Store, TestScores, read_weights};
use recur_train::{TestSetError, score_test_set, split_of};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// An experiment before its first trial.
pub(crate) struct Prepared {
    pub(crate) spec: Spec,
    pub(crate) plan: Plan,
    pub(crate) data: Ingested,
    pub(crate) trials: Vec<Trial>,
    sizes: SplitSizes,
    how_to: HowTo,
    /// The folder of plugins, where one was named.
    plugins: Option<PathBuf>,
}

/// Reads and checks the spec.
pub(crate) fn read_spec(args: &SpecArgs, registry: &Registry) -> Result<Spec, CliError> {
    let text = std::fs::read(&args.spec).map_err(|source| CliError::ReadSpec {
        path: args.spec.clone(),
        source,
        others: specs_beside(&args.spec),
    })?;
    recur_spec::parse(&text, &args.spec.display().to_string(), &args.overrides, registry)
        .map_err(|errors| CliError::Spec(Box::new(errors)))
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

impl Prepared {
    /// Reads and checks the spec, reads the data, and names the trials.
    pub(crate) fn read(args: &SpecArgs, registry: &Registry) -> Result<Self, CliError> {
        Self::new(read_spec(args, registry)?, args, registry)
    }

    /// Reads the data of `spec` and names the trials.
    pub(crate) fn new(spec: Spec, args: &SpecArgs, registry: &Registry) -> Result<Self, CliError> {
        let plan = spec.plan();
        let weights = initial_weights(&plan)?;
        let data = ingest(&plan.data, plan.split.group, Path::new(""))?;
        let facts = &data.facts;
        tracing::info!(
            "{}: {} names with {} labels, {} rows rejected, {} duplicates",
            facts.source,
            facts.rows,
            facts.rows_by_label.len(),
            data.rejects.len(),
            facts.duplicates
        );
        let split = split_of(&plan, &data.dataset, 0);
        let split = split.map_err(|source| CliError::Split { data: facts.source.clone(), source })?;
        let sizes = SplitSizes { train: split.train.len(), validation: split.validation.len(), test: split.test.len() };
        let trials = trials(&plan, data.dataset.digest(), registry, &weights, recur_train::PROCEDURE)?;
        let how_to = how_to(&spec, args);
        Ok(Self { spec, plan, data, trials, sizes, how_to, plugins: args.plugins.clone() })
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
            sizes: self.sizes,
            how_to: &self.how_to,
            respelt: &[],
            baseline_is_chosen: false,
        }
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

/// `word` as a shell reads it as one.
pub(crate) fn quoted(word: &str) -> String {
    shlex::try_quote(word).map_or_else(|_| word.to_owned(), std::borrow::Cow::into_owned)
}

/// The records of an experiment whose trials have all been run.
pub(crate) fn stored_findings(prepared: &Prepared, store: &Store, spec: &Path) -> Result<Vec<Finding>, CliError> {
    let trials = &prepared.trials;
    let records = in_parallel(trials, available_cores(), |trial| stored(store, trial));
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

/// The chosen configurations, and the test figures of each of their trials.
pub(crate) struct Scored {
    pub(crate) selection: Selection,
    pub(crate) tests: Vec<TestRecord>,
    /// Those whose model failed on the test rows: the next run tries them again.
    pub(crate) unscored: Vec<Unscored>,
}

/// Chooses by validation and scores the chosen on test, so many at once, as far as the store has no test figures of them.
pub(crate) fn score(
    prepared: &Prepared,
    findings: &[Finding],
    store: &Store,
    registry: &Registry,
    jobs: usize,
) -> Result<Scored, CliError> {
    let selection = Selection::choose(&prepared.plan, findings);
    let chosen: Vec<&Finding> = findings.iter().filter(|f| selection.contains(f.trial.configuration)).collect();
    let environment = OnceLock::new();
    let environment = || environment.get_or_init(|| gather(store, jobs)).clone();
    let score = |finding: &&Finding| test_record(prepared, &selection, &finding.trial, store, registry, environment);
    let (mut tests, mut unscored) = (Vec::new(), Vec::new());
    for (finding, scored) in chosen.iter().zip(in_parallel(&chosen, jobs, score)) {
        match scored {
            Ok(test) => tests.push(test),
            Err(CliError::TestSet(TestSetError::Model { source, .. })) => {
                let (trial, reason) = (finding.trial.id.clone(), with_causes(&source));
                tracing::warn!("trial {} could not be scored on test: {reason}", trial.short());
                unscored.push(Unscored { trial, reason });
            }
            Err(error) => return Err(error),
        }
    }
    Ok(Scored { selection, tests, unscored })
}

/// What an experiment ends with.
pub(crate) struct Conclusion {
    pub(crate) summary: String,
    pub(crate) exit: Exit,
}

/// Chooses by validation, scores the chosen on test, writes the report.
pub(crate) fn conclude(
    prepared: &Prepared,
    findings: &[Finding],
    store: &Store,
    registry: &Registry,
    jobs: usize,
    reports: &Path,
) -> Result<Conclusion, CliError> {
    let scored = &score(prepared, findings, store, registry, jobs)?;
    let Scored { selection, tests, unscored } = scored;
    let plan = &prepared.plan;
    let input = prepared.report_input(findings, scored);
    let written = recur_report::write(&input, reports)?;
    recur_report::write_costs(&input, &costs(&input, store), reports)?;
    let n_unfinished = findings.iter().filter(|f| !matches!(f.record.outcome, Outcome::Finished { .. })).count();
    let mut summary = format!("{}\n\n{}\n", results(plan, findings, selection, tests), written.answer);
    if n_unfinished > 0 {
        summary.push_str(&format!("\n{n_unfinished} of {} trials did not finish: see the report.", findings.len()));
    }
    if !unscored.is_empty() {
        summary.push_str(&format!(
            "\n{} of {} chosen trials could not be scored on test: see the report. All trials are kept, and the same \
             command tries again.",
            unscored.len(),
            scored.tests.len() + scored.unscored.len()
        ));
    }
    summary.push_str(&format!("\nReport: {}", written.report.display()));
    summary.push_str(&format!("\nThe same as one page, to sort and filter: {}", written.html.display()));
    if let Some((title, path)) = best_weights(plan, findings, selection, store) {
        summary.push_str(&format!(
            "\nBest on validation: {title}. Ask replicate 0: recur predict{} --model {} NAME",
            plugins_option(prepared.plugins.as_deref()),
            path.display()
        ));
    }
    let exit = if n_unfinished + unscored.len() == 0 { Exit::Success } else { Exit::SomeTrialsFailed };
    Ok(Conclusion { summary, exit })
}

/// The test figures of a chosen trial: those of the store, or made now, and kept where the store may be written.
pub(crate) fn test_record(
    prepared: &Prepared,
    selection: &Selection,
    trial: &Trial,
    store: &Store,
    registry: &Registry,
    environment: impl Fn() -> Environment,
) -> Result<TestRecord, CliError> {
    let dataset = &prepared.data.dataset;
    match stored_test(trial, store, dataset.label_names()) {
        Ok(Some(record)) => return Ok(record),
        Ok(None) => {}
        Err(problem) => {
            tracing::warn!("the test figures of trial {} are made again: {problem}", trial.id.short());
        }
    }
    let unreadable = |source| CliError::Weights { folder: store.trial(&trial.id), source };
    let weights = store.weights(&trial.id).map_err(unreadable)?;
    let (started, started_unix) = (Started::now(), unix_seconds());
    let clock = || started.elapsed();
    let (record, took) = score_test_set(&prepared.plan, dataset, registry, selection, trial, &weights, clock)?;
    if !store.can_write() {
        return Ok(record);
    }
    let scores = TestScores { id: record.id.clone(), scores: record.scores };
    let environment =
        Environment { started_unix, finished_unix: unix_seconds(), seconds: took.as_secs_f64(), ..environment() };
    store.keep_test(&scores, &write_predictions(&record.predictions, dataset.label_names()), &environment)?;
    Ok(record)
}

/// The test figures of a trial in the store, if there are any.
///
/// # Errors
/// What is wrong with them, in words.
pub(crate) fn stored_test(trial: &Trial, store: &Store, label_names: &[String]) -> Result<Option<TestRecord>, String> {
    match store.find_test(&trial.id) {
        FoundTest::Missing => Ok(None),
        FoundTest::Damaged(problem) => Err(problem.to_string()),
        FoundTest::Test(test) => {
            let predictions = read_predictions(&test.predictions, label_names).map_err(|error| error.to_string())?;
            Ok(Some(TestRecord { id: trial.id.clone(), scores: test.scores.scores, predictions }))
        }
    }
}

/// What the chosen trials took, as far as the store knows.
pub(crate) fn costs(input: &ReportInput<'_>, store: &Store) -> BTreeMap<TrialId, Cost> {
    let chosen = input.findings.iter().filter(|finding| input.selection.contains(finding.trial.configuration));
    let cost = |finding: &Finding| {
        let environment = store.environment(&finding.trial.id)?;
        let machine = format!("{}, {}, {} trials at once", environment.cpu, environment.platform, environment.jobs);
        let prediction_seconds = store.test_environment(&finding.trial.id).map(|test| test.seconds);
        let cost = Cost { seconds: environment.seconds, resumed: environment.resumed, prediction_seconds, machine };
        Some((finding.trial.id.clone(), cost))
    };
    chosen.filter_map(cost).collect()
}

/// The title of the chosen configuration with the best validation figure, and the weights of its replicate 0.
fn best_weights(plan: &Plan, findings: &[Finding], selection: &Selection, store: &Store) -> Option<(String, PathBuf)> {
    let metric = selection.metric();
    let mut best: Option<(usize, f64)> = None;
    for configuration in selection.chosen().iter().filter_map(|chosen| chosen.configuration) {
        let mean = mean_validation(plan, findings, configuration, metric)?;
        if best.is_none_or(|(_, best)| metric.better(mean, best)) {
            best = Some((configuration, mean));
        }
    }
    let (configuration, _) = best?;
    let is_first = |finding: &&Finding| finding.trial.configuration == configuration && finding.trial.replicate == 0;
    let finding = findings.iter().find(is_first)?;
    Some((plan.configurations[configuration].title(), store.weights_path(&finding.trial.id)))
}

/// A small table: one row a model.
fn results(plan: &Plan, findings: &[Finding], selection: &Selection, tests: &[TestRecord]) -> String {
    let metric = selection.metric();
    let tested = if metric == Metric::Accuracy { vec![metric] } else { vec![metric, Metric::Accuracy] };
    let row = |chosen: &recur_core::selection::Chosen| {
        let Some(configuration) = chosen.configuration else {
            let mut row = vec![chosen.model.clone(), "no configuration finished".to_owned(), "–".to_owned()];
            row.extend(tested.iter().map(|_| "–".to_owned()));
            return row;
        };
        let validation = mean_validation(plan, findings, configuration, metric);
        let values: Vec<_> = findings
            .iter()
            .filter(|finding| finding.trial.configuration == configuration)
            .filter_map(|finding| tests.iter().find(|test| test.id == finding.trial.id))
            .map(|test| test.scores)
            .collect();
        let mean = |metric| {
            let values: Vec<f64> =
                values.iter().map(|scores: &recur_core::metric::Scores| scores.get(metric)).collect();
            let mean = recur_stats::mean(&values).map_or("–".to_owned(), |mean| format!("{mean:.4}"));
            recur_stats::standard_deviation(&values).map_or(mean.clone(), |sd| format!("{mean} ± {sd:.4}"))
        };
        let mut row = vec![
            plan.configurations[configuration].title(),
            values.len().to_string(),
            validation.map_or("–".to_owned(), |mean| format!("{mean:.4}")),
        ];
        row.extend(tested.iter().map(|metric| mean(*metric)));
        row
    };
    let rows: Vec<Vec<String>> = selection.chosen().iter().map(row).collect();
    let titles = tested.iter().map(|metric| format!("test {}", metric.title()));
    let mut header = vec!["model".to_owned(), "replicates".to_owned(), format!("validation {}", metric.title())];
    header.extend(titles);
    table(&header.iter().map(String::as_str).collect::<Vec<_>>(), &rows, 1)
}
