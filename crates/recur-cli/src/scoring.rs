//! What the commands share after the last trial: from records to the choice, its test figures and the report.

use crate::clock::{Started, unix_seconds};
use crate::environment::gather;
use crate::error::{CliError, Exit, with_causes};
use crate::output::{decimals, table};
use crate::pipeline::{Prepared, plugins_option};
use crate::shell::quoted;
use crate::sweep::in_parallel;
use recur_core::metric::Metric;
use recur_core::model::{Determinism, ModelError};
use recur_core::plan::Plan;
use recur_core::record::{Outcome, TestRecord};
use recur_core::registry::Registry;
use recur_core::selection::{Finding, Selection, mean_validation};
use recur_core::trial::{Trial, TrialId};
use recur_external::{ExternalError, Problem};
use recur_ingest::{read_predictions, write_predictions};
use recur_report::{Cost, Destination, ReportInput, Unscored};
use recur_store::{Environment, FoundExperiment, FoundTest, Kept, Store, TestScores};
use recur_train::{TestSetError, score_test_set};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;

/// Which store has a trial.
pub(crate) trait StoreOf: Sync {
    /// The one that has `trial`, or gets what is made of it.
    fn store_of(&self, trial: &TrialId) -> &Store;
}

impl StoreOf for Store {
    fn store_of(&self, _: &TrialId) -> &Store {
        self
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
    stores: &impl StoreOf,
    registry: &Registry,
    jobs: usize,
) -> Result<Scored, CliError> {
    let selection = Selection::choose(&prepared.plan, findings);
    let chosen: Vec<&Finding> = findings.iter().filter(|f| selection.is_tested_trial(&f.trial)).collect();
    let environment = OnceLock::new();
    let score = |finding: &&Finding| {
        let store = stores.store_of(&finding.trial.id);
        let environment = || environment.get_or_init(|| gather(store, jobs, prepared.code)).clone();
        test_record(prepared, &selection, &finding.trial, store, registry, environment)
    };
    let (mut tests, mut unscored) = (Vec::new(), Vec::new());
    for (finding, scored) in chosen.iter().zip(in_parallel(&chosen, jobs, score)) {
        match scored {
            Ok(test) => tests.push(test),
            // Nothing failed: a report without this model would be a poorer one for no reason of its own.
            Err(error @ CliError::TestSet(TestSetError::Model { .. })) if is_only_read(&error) => return Err(error),
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

/// Whether a plugin was not started because the command only reads.
fn is_only_read(error: &CliError) -> bool {
    let CliError::TestSet(TestSetError::Model { source: ModelError::Other(cause), .. }) = error else { return false };
    matches!(cause.downcast_ref(), Some(ExternalError::Process { problem: Problem::OnlyRead, .. }))
}

/// What an experiment ends with.
pub(crate) struct Conclusion {
    pub(crate) summary: String,
    pub(crate) exit: Exit,
}

/// Chooses by validation, scores the chosen on test, writes the report.
pub(crate) fn conclude<'a>(
    prepared: &Prepared,
    findings: &[Finding],
    stores: &impl StoreOf,
    registry: &Registry,
    jobs: usize,
    destination: impl Into<Destination<'a>>,
) -> Result<Conclusion, CliError> {
    let scored = &score(prepared, findings, stores, registry, jobs)?;
    let Scored { selection, tests, unscored } = scored;
    let plan = &prepared.plan;
    let input = prepared.report_input(findings, scored);
    let destination = destination.into();
    let written = recur_report::write(&input, destination)?;
    recur_report::write_costs(&input, &costs(&input, stores), destination)?;
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
    if let Some(hint) = predict_hint(prepared, findings, selection, stores) {
        summary.push_str(&hint);
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
    let title = crate::progress::title(&prepared.plan, trial);
    let _under_way = crate::allocator::under_way(&format!("{title} ({}), scored on test", trial.id.short()));
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
    let predictions = write_predictions(&record.predictions, dataset.label_names());
    let may_differ = registry.get(&trial.identity.model)?.determinism() == Determinism::None;
    let kept = match may_differ {
        true => store.keep_first_test(&scores, &predictions, &environment),
        false => store.keep_test(&scores, &predictions, &environment),
    };
    match kept? {
        // Another run scored it meanwhile, and what it kept counts.
        Kept::Passed => match stored_test(trial, store, dataset.label_names()) {
            Ok(Some(kept)) => Ok(kept),
            _ => Ok(record),
        },
        _ => Ok(record),
    }
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
pub(crate) fn costs(input: &ReportInput<'_>, stores: &impl StoreOf) -> BTreeMap<TrialId, Cost> {
    let chosen = input.findings.iter().filter(|finding| input.selection.is_tested_trial(&finding.trial));
    let cost = |finding: &Finding| {
        let store = stores.store_of(&finding.trial.id);
        let environment = store.environment(&finding.trial.id)?;
        let machine = format!("{}, {}, {} trials at once", environment.cpu, environment.platform, environment.jobs);
        let prediction_seconds = store.test_environment(&finding.trial.id).map(|test| test.seconds);
        let cost = Cost { seconds: environment.seconds, resumed: environment.resumed, prediction_seconds, machine };
        Some((finding.trial.id.clone(), cost))
    };
    chosen.filter_map(cost).collect()
}

/// Which configuration is best on validation, and how to predict with it.
fn predict_hint(
    prepared: &Prepared,
    findings: &[Finding],
    selection: &Selection,
    stores: &impl StoreOf,
) -> Option<String> {
    let plan = &prepared.plan;
    let configuration = best_configuration(plan, findings, selection)?;
    let is_first = |finding: &&Finding| finding.trial.configuration == configuration && finding.trial.replicate == 0;
    let first = &findings.iter().find(is_first)?.trial.id;
    let best = &plan.configurations[configuration];
    let plugins = plugins_option(prepared.plugins.as_deref());
    let store = stores.store_of(first);
    let root = store.root();
    let option = if root == Path::new("runs") {
        String::new()
    } else {
        format!(" --store {}", quoted(&root.display().to_string()))
    };
    // The experiment's name means its last run, which another spec or another `--set` may have been.
    let is_last_run = match store.find_experiment(&plan.name) {
        FoundExperiment::Experiment(stored) => stored.trials.iter().any(|trial| trial.id == *first),
        FoundExperiment::Missing | FoundExperiment::Damaged(_) => false,
    };
    let (whose, model) = if is_last_run {
        ("Its best replicate", format!("{option} --model {}", quoted(&format!("{}/{}", plan.name, best.model))))
    } else {
        ("Its replicate 0", format!(" --model {}", quoted(&store.weights_path(first).display().to_string())))
    };
    Some(format!("\nBest on validation: {}. {whose} predicts: recur predict{plugins}{model} NAME", best.title()))
}

/// The chosen configuration with the best mean on validation.
pub(crate) fn best_configuration(plan: &Plan, findings: &[Finding], selection: &Selection) -> Option<usize> {
    let metric = selection.metric();
    let mean = |configuration| mean_validation(plan, findings, configuration, metric);
    let chosen = selection.chosen().iter().filter_map(|chosen| chosen.configuration);
    let scored = chosen.filter_map(|configuration| Some((configuration, mean(configuration)?)));
    scored.reduce(|best, other| if metric.better(other.1, best.1) { other } else { best }).map(|(index, _)| index)
}

/// A small table: one row a model.
fn results(plan: &Plan, findings: &[Finding], selection: &Selection, tests: &[TestRecord]) -> String {
    let metric = selection.metric();
    let tested = if metric == Metric::Accuracy { vec![metric] } else { vec![metric, Metric::Accuracy] };
    let row = |chosen: &recur_core::selection::Chosen| {
        let is_its = |finding: &&Finding| {
            let of_replicate = chosen.by_replicate.get(finding.trial.replicate as usize).copied().flatten();
            of_replicate == Some(finding.trial.configuration)
        };
        let own: Vec<&Finding> = findings.iter().filter(is_its).collect();
        if own.is_empty() {
            let mut row = vec![chosen.model.clone(), "no configuration finished".to_owned(), "–".to_owned()];
            row.extend(tested.iter().map(|_| "–".to_owned()));
            return row;
        }
        let of_validation = |finding: &&Finding| Some(finding.record.validation()?.get(metric));
        let validation = recur_stats::mean(&own.iter().filter_map(of_validation).collect::<Vec<_>>());
        let values: Vec<_> = own
            .iter()
            .filter_map(|finding| tests.iter().find(|test| test.id == finding.trial.id))
            .map(|test| test.scores)
            .collect();
        let mean = |metric| {
            let values: Vec<f64> =
                values.iter().map(|scores: &recur_core::metric::Scores| scores.get(metric)).collect();
            let mean = recur_stats::mean(&values).map_or("–".to_owned(), decimals);
            recur_stats::standard_deviation(&values).map_or(mean.clone(), |sd| format!("{mean} ± {}", decimals(sd)))
        };
        let mut row = vec![
            match chosen.counts().into_keys().collect::<Vec<_>>().as_slice() {
                [only] => plan.configurations[*only].title(),
                _ => format!("{} (chosen for each replicate)", chosen.model),
            },
            values.len().to_string(),
            validation.map_or("–".to_owned(), decimals),
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
