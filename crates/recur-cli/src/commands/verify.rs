//! `recur verify` and `recur reproduce`: a report, an experiment or a trial, executed again and compared byte for byte.

mod execution;
mod permission;
mod subject;
mod verdict;

use crate::args::{Level, Reproduce, SpecArgs, Verify};
use crate::difference::{self, Difference};
use crate::error::{CliError, Exit};
use crate::logging;
use crate::output::print;
use crate::pipeline::{self, Prepared};
use crate::plugins;
use crate::progress::Screen;
use crate::scoring;
use crate::signals::{CANCEL, cancel_on_interrupt};
use crate::stores;
use crate::watch::Watchers;
use execution::{Executed, Scratch};
use permission::{Permission, command_of, store_option};
use recur_core::registry::Registry;
use recur_core::selection::Selection;
use recur_core::trial::TrialId;
use recur_experiment::shell::quoted;
use recur_experiment::{CheckpointInterval, Code, RunOptions, TrialLogs, available_cores, stored_test};
use recur_report::{Making, PARTS, Signature};
use recur_store::{Found, Store, layout};
use std::path::{Path, PathBuf};
use subject::{GivenReport, Subject};
use verdict::Verdict;

/// What is executed again, and where what came of it the first time is.
struct Verification<'a> {
    registry: &'a Registry,
    permission: &'a Permission,
    store: Option<Store>,
    jobs: usize,
    /// How trials are executed again.
    options: RunOptions<'a>,
}

/// Verifies a report, an experiment or a trial, with the models of `builtin` and those of plugins that may be started.
pub(crate) fn run(args: &Verify, level: Level, plugins: Option<&Path>, builtin: &Registry) -> Result<Exit, CliError> {
    let subject = Subject::of(&args.what, &args.store)?;
    let allowed = args.allow_plugins.as_deref();
    let permission = &match &subject {
        Subject::Report(report) => Permission::new(plugins, allowed, report.args.plugins.as_deref()),
        Subject::Spec(_) => Permission::of_spec(plugins.or(allowed)),
        // No text names a folder: the one that is allowed is the one to use.
        Subject::Trial(_) => Permission::new(plugins.or(allowed), allowed, None),
    };
    let registry = &plugins::beside(builtin, permission.folder.as_deref())?;
    let screen = Screen::new();
    let watchers = Watchers::new(&screen);
    let logs = logging::start(level, &screen, None);
    cancel_on_interrupt();
    let store = stores::to_read_if_any(&args.store)?;
    let jobs = args.jobs.map_or_else(available_cores, usize::from);
    let verification =
        Verification { registry, permission, store, jobs, options: options(&watchers, logs, Code::OfProgram) };
    let verdict = match subject {
        Subject::Report(report) => verification.report(&report, args)?,
        Subject::Spec(path) => verification.spec(&path, args)?,
        Subject::Trial(prefix) => verification.trial(&prefix, args)?,
    };
    verdict.print(&args.what)
}

/// Makes a trial of the store again, into a folder of its own.
pub(crate) fn reproduce(
    args: &Reproduce,
    level: Level,
    plugins: Option<&Path>,
    builtin: &Registry,
) -> Result<Exit, CliError> {
    let allowed = args.allow_plugins.as_deref();
    let permission = &Permission::new(plugins.or(allowed), allowed, None);
    let registry = &plugins::beside(builtin, permission.folder.as_deref())?;
    let screen = Screen::new();
    let watchers = Watchers::new(&screen);
    let logs = logging::start(level, &screen, None);
    cancel_on_interrupt();
    let store = stores::to_read_if_any(&args.store)?;
    let verification =
        Verification { registry, permission, store, jobs: 1, options: options(&watchers, logs, Code::WithoutDiff) };
    let (id, prepared) = verification.stored_trial(&args.trial, &args.store)?;
    let command = format!("recur reproduce {}{}", quoted(&args.trial), store_option(&args.store));
    permission.check(&args.trial, prepared.plan(), &command)?;
    let target = args.to.clone().unwrap_or_else(|| PathBuf::from("reproduced").join(id.as_str()));
    let is_empty = |folder: &Path| std::fs::read_dir(folder).map_or(true, |mut entries| entries.next().is_none());
    if target.exists() && !is_empty(&target) {
        return Err(CliError::NotFresh { folder: target });
    }
    stores::check_elsewhere(&target, &args.store)?;
    let fresh = stores::to_write(&target)?;
    let verdict = verification.again(&id, &prepared, &fresh)?;
    print(&format!("made again: {}", fresh.trial(&id).display()))?;
    verdict.print(id.short())
}

/// No checkpoints: what is executed again is not kept.
fn options<'a>(watchers: &'a Watchers<'_>, logs: TrialLogs, code: Code) -> RunOptions<'a> {
    let (observers, checkpoints) = (watchers.all(), CheckpointInterval::Off);
    let kernels = crate::kernels();
    RunOptions { observers, checkpoints, kernels, code, logs, cancel: &CANCEL, ..RunOptions::default() }
}

impl Verification<'_> {
    /// A report: from the spec that is in it.
    fn report(&self, report: &GivenReport, args: &Verify) -> Result<Verdict, CliError> {
        let GivenReport { path, text, making, args: spec_args } = report;
        let name = spec_args.spec.display().to_string();
        let spec = recur_spec::parse(making.resolved_spec.as_bytes(), &name, &[], self.registry)
            .map_err(|errors| CliError::Spec(Box::new(errors)))?;
        self.permission.check(&args.what, &spec.plan(), &command_of(args))?;
        let mut verdict = Verdict::default();
        verdict.differences.extend(self.spec_file(spec_args, making)?);
        if !verdict.differences.is_empty() {
            return Ok(verdict);
        }
        let prepared = Prepared::new(spec, spec_args, self.registry)?;
        verdict.n_trials = prepared.trials().len();
        verdict.differences.extend(premises(&prepared, making));
        if !verdict.differences.is_empty() {
            return Ok(verdict);
        }
        let scratch = Scratch::new()?;
        let Executed { findings, again, stores } = self.sweep_again(&prepared, args.sample, &scratch, &mut verdict)?;
        scoring::conclude(&prepared, &findings, &stores, self.jobs, &self.options, &scratch.reports)?;
        self.compare_trials(&prepared, &again, &scratch.store, &mut verdict);
        let folder = path.parent().unwrap_or(Path::new(""));
        match difference::of_report(path, text.as_bytes(), folder, &scratch.reports, &prepared.plan().name) {
            Some(difference) => {
                verdict.differences.push(difference);
                verdict.unproven.extend(self.grade_notes(&prepared));
            }
            None => {
                // The report's signature is of every result: those of a trial that no store has are in it, too.
                verdict.n_equal = again.len();
                let same = format!("{}, its figures and its HTML page are the same bytes", path.display());
                verdict.proven.push(same);
            }
        }
        Ok(verdict)
    }

    /// Whether the spec's file, where it still stands, says what the report's spec says.
    fn spec_file(&self, args: &SpecArgs, making: &Making) -> Result<Option<Difference>, CliError> {
        // The report's text says where it is: it may be anything.
        if !args.spec.is_file() {
            tracing::info!("{} is gone: the spec within the report is used", args.spec.display());
            return Ok(None);
        }
        let now = pipeline::read_spec(args, self.registry)?.resolved_yaml();
        let differs = (now != making.resolved_spec)
            .then(|| difference::of_bytes(making.resolved_spec.as_bytes(), now.as_bytes()));
        Ok(differs.map(|what| {
            let what = what.replace("made again", "the spec now says");
            Difference::new(args.spec.display(), format!("the report's spec, {what}"))
        }))
    }

    /// An experiment: every trial (or some) against the store, then its report.
    fn spec(&self, path: &Path, args: &Verify) -> Result<Verdict, CliError> {
        let spec_args = SpecArgs {
            spec: path.to_owned(),
            overrides: args.overrides.clone(),
            store: args.store.clone(),
            plugins: None,
        };
        let prepared = Prepared::read(&spec_args, self.registry)?;
        let n_trials = prepared.trials().len();
        let found = |id: &TrialId| self.store.as_ref().is_some_and(|store| store.trial(id).symlink_metadata().is_ok());
        let n_missing = prepared.trials().iter().filter(|trial| !found(&trial.id)).count();
        if n_missing > 0 {
            return Err(CliError::TrialsMissing {
                n_missing,
                n_trials,
                spec: path.to_owned(),
                store: args.store.clone(),
            });
        }
        let (scratch, mut verdict) = (Scratch::new()?, Verdict::of_trials(n_trials));
        let Executed { findings, again, stores } = self.sweep_again(&prepared, args.sample, &scratch, &mut verdict)?;
        prepared.score(&findings, &stores, self.jobs, &self.options)?;
        verdict.n_equal = self.compare_trials(&prepared, &again, &scratch.store, &mut verdict);
        Ok(verdict)
    }

    /// A trial of the store.
    fn trial(&self, prefix: &str, args: &Verify) -> Result<Verdict, CliError> {
        let (id, prepared) = self.stored_trial(prefix, &args.store)?;
        self.permission.check(prefix, prepared.plan(), &command_of(args))?;
        let scratch = Scratch::new()?;
        self.again(&id, &prepared, &scratch.store)
    }

    /// The trial whose id begins with `prefix`, and its experiment of one configuration from the spec in its folder.
    fn stored_trial(&self, prefix: &str, path: &Path) -> Result<(TrialId, Prepared), CliError> {
        let unknown = || CliError::NoSuchTrial { trial: prefix.to_owned(), store: path.to_owned() };
        let store = self.store.as_ref().ok_or_else(unknown)?;
        let ids = store.trials_of_prefix(prefix)?;
        let id = match ids.as_slice() {
            [] => return Err(unknown()),
            [id] => id.clone(),
            several => {
                let ids = several.iter().take(5).map(|id| id.to_string()).collect();
                return Err(CliError::AmbiguousTrial { model: prefix.to_owned(), ids });
            }
        };
        let spec = store.trial(&id).join(layout::SPEC);
        let args = SpecArgs { spec, overrides: Vec::new(), store: path.to_owned(), plugins: None };
        let prepared = Prepared::of_trial(&id, &args, store, self.registry)?;
        Ok((id, prepared))
    }

    /// Makes the trial `id` again in `target` and compares it with the store's.
    fn again(&self, id: &TrialId, prepared: &Prepared, target: &Store) -> Result<Verdict, CliError> {
        let mut verdict = Verdict { n_executed: 1, ..Verdict::of_trials(1) };
        let store = self.store.as_ref().expect("the trial was found in it");
        let Some(trial) = prepared.trials().iter().find(|trial| trial.id == *id) else {
            verdict.n_executed = 0;
            verdict.differences.push(self.other_identity(id, prepared, store));
            return Ok(verdict);
        };
        let trials = std::slice::from_ref(trial);
        if prepared.train(trials, target, &self.executor(), &self.options)?.iter().any(Option::is_none) {
            return Err(CliError::Stopped);
        }
        let labels = prepared.data().dataset.label_names();
        if let Ok(Some(test)) = stored_test(trial, store, labels)
            && let Some(selection) = Selection::testified(prepared.plan(), trial, &test)
        {
            let environment = || prepared.environment(target, 1, self.options.code, self.options.kernels);
            prepared.test_record(&selection, trial, target, environment, &self.options)?;
        }
        verdict.n_equal = self.compare_trials(prepared, &[trial], target, &mut verdict);
        if let Some(reason) = self.no_proof(trial) {
            verdict.unproven.push(reason);
            let differences = std::mem::take(&mut verdict.differences);
            verdict.unproven.extend(differences.iter().map(|difference| format!("it differs here: {difference}")));
        }
        Ok(verdict)
    }

    /// Why the spec of a stored trial does not lead to its id any more.
    fn other_identity(&self, id: &TrialId, prepared: &Prepared, store: &Store) -> Difference {
        let folder = store.trial(id);
        let place = folder.display();
        let Found::Record(record) = store.find(id) else {
            return Difference::new(place, "its record cannot be read (recur store check tells more)");
        };
        let now = prepared.trials().iter().rfind(|trial| trial.replicate == record.identity.replicate);
        let json =
            |identity| serde_json::to_value(identity).expect("an identity holds no map with other keys than strings");
        let path =
            now.and_then(|now| difference::json_path(&json(&record.identity), &json(&now.identity), String::new()));
        match path {
            Some((path, then, now)) => {
                Difference::new(place, format!("was made with {path} {then}, which is now {now}"))
            }
            None => Difference::new(place, "its spec does not lead to it"),
        }
    }
}

/// What must be as it was before executing anything again makes sense: data, code, numeric contract.
fn premises(prepared: &Prepared, making: &Making) -> Option<Difference> {
    let facts = &prepared.data().facts;
    for (file, digest) in &facts.files {
        let then = making.digest_of(file).unwrap_or("nothing");
        if then != digest.as_str() {
            let what = format!("SHA-256 is {digest}, the report was made from {then}");
            return Some(Difference::new(format!("data file {file}"), what));
        }
    }
    let now = [
        ("data", facts.dataset.short().to_owned()),
        ("code", Signature::code_of(prepared.trials().iter().map(|trial| &trial.identity))),
        ("contract", recur_core::NUMERIC_CONTRACT.to_string()),
    ];
    now.into_iter().find_map(|(part, now)| {
        let then = making.signature.get(part);
        let meaning = PARTS.iter().find(|(name, _)| *name == part).map_or("", |(_, meaning)| meaning);
        (then != now)
            .then(|| Difference::new(part, format!("{meaning}: the report was made with {then}, this is {now}")))
    })
}
