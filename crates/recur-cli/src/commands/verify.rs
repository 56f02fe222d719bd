//! `recur verify` and `recur reproduce`: a report, an experiment or a trial, executed again and compared byte for byte.

mod permission;
mod subject;
mod verdict;

use crate::args::{Level, Reproduce, Verify};
use crate::error::{CliError, Exit};
use crate::logging;
use crate::output::print;
use crate::plugins;
use crate::progress::Screen;
use crate::scoring;
use crate::signals::{CANCEL, cancel_on_interrupt};
use crate::stores;
use crate::watch::Watchers;
use permission::{Permission, command_of};
use recur_core::digest::Digest;
use recur_core::trial::TrialId;
use recur_core::visible::visible;
use recur_experiment::shell::quoted;
use recur_experiment::{
    CheckpointInterval, Code, Difference, Executed, LookupError, Program, RequestedExperiment, RunOptions, Scratch,
    SpecRequest, TrialLogs, Verdict, Verifier, available_cores, of_bytes, of_report, store_option,
};
use recur_report::{PARTS, ReportRecord, Signature};
use recur_store::layout;
use std::path::{Path, PathBuf};
use subject::{GivenReport, Subject};
use verdict::print_verdict;

/// What is executed again, and where what came of it the first time is.
struct Verification<'a> {
    program: &'a Program<'a>,
    permission: &'a Permission,
    verifier: Verifier<'a>,
}

/// Verifies a report, an experiment or a trial, with the models of `builtin` and those of plugins that may be started.
pub(crate) fn run(
    args: &Verify,
    level: Level,
    plugins: Option<&Path>,
    builtin: &Program<'_>,
) -> Result<Exit, CliError> {
    let subject = Subject::of(&args.what, &args.store)?;
    let allowed = args.allow_plugins.as_deref();
    let permission = &match &subject {
        Subject::Report(report) => Permission::new(plugins, allowed, report.request.plugins.as_deref()),
        Subject::Spec(_) => Permission::of_spec(plugins.or(allowed)),
        // No text names a folder: the one that is allowed is the one to use.
        Subject::Trial(_) => Permission::new(plugins.or(allowed), allowed, None),
    };
    let registry = &plugins::beside(builtin.registry, permission.folder.as_deref())?;
    let program = &Program { registry, ..*builtin };
    let screen = Screen::new();
    let watchers = Watchers::new(&screen);
    let logs = logging::start(level, &screen, None);
    cancel_on_interrupt();
    let stored = stores::to_read_if_any(&args.store)?;
    let jobs = args.jobs.map_or_else(available_cores, usize::from);
    let verification = Verification {
        program,
        permission,
        verifier: Verifier { stored, jobs, options: options(&watchers, logs, Code::OfProgram) },
    };
    let verdict = match subject {
        Subject::Report(report) => verification.report(&report, args)?,
        Subject::Spec(path) => verification.spec(&path, args)?,
        Subject::Trial(prefix) => verification.trial(&prefix, args)?,
    };
    print_verdict(&verdict, &args.what)
}

/// Makes a trial of the store again, into a folder of its own.
pub(crate) fn reproduce(
    args: &Reproduce,
    level: Level,
    plugins: Option<&Path>,
    builtin: &Program<'_>,
) -> Result<Exit, CliError> {
    let allowed = args.allow_plugins.as_deref();
    let permission = &Permission::new(plugins.or(allowed), allowed, None);
    let registry = &plugins::beside(builtin.registry, permission.folder.as_deref())?;
    let program = &Program { registry, ..*builtin };
    let screen = Screen::new();
    let watchers = Watchers::new(&screen);
    let logs = logging::start(level, &screen, None);
    cancel_on_interrupt();
    let stored = stores::to_read_if_any(&args.store)?;
    let verification = Verification {
        program,
        permission,
        verifier: Verifier { stored, jobs: 1, options: options(&watchers, logs, Code::WithoutDiff) },
    };
    let (id, prepared) = verification.stored_trial(&args.trial, &args.store)?;
    let command = format!("recur reproduce {}{}", quoted(&args.trial), store_option(&args.store));
    permission.check(&args.trial, prepared.plan(), &command)?;
    let target = args.to.clone().unwrap_or_else(|| PathBuf::from("reproduced").join(id.as_str()));
    let is_empty = |folder: &Path| std::fs::read_dir(folder).map_or(true, |mut entries| entries.next().is_none());
    if target.exists() && !is_empty(&target) {
        return Err(CliError::new(format!("{} is not empty", target.display()))
            .hint("name a folder that is empty or not there yet: --to DIR".to_owned()));
    }
    stores::check_elsewhere(&target, &args.store)?;
    let fresh = stores::to_write(&target)?;
    let verdict = verification.verifier.again(&id, &prepared, &fresh)?;
    print(&format!("made again: {}", fresh.trial(&id).display()))?;
    print_verdict(&verdict, id.short())
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
        let GivenReport { path, text, record, source, request } = report;
        let spec = SpecRequest::of_file(&request.path).parse(source.resolved_spec.as_bytes(), self.program.registry)?;
        self.permission.check(&args.what, &spec.plan(), &command_of(args))?;
        let plan = spec.plan();
        let mut verdict = Verdict::of_trials(plan.configurations.len() * plan.replicates as usize);
        verdict.differences.extend(self.spec_file(request, &source.resolved_spec)?);
        if !verdict.differences.is_empty() {
            return Ok(verdict);
        }
        let mut prepared = RequestedExperiment::new(spec, request, self.program)?;
        self.take_command(&mut prepared, record, request, &mut verdict);
        verdict.n_trials = prepared.trials().len();
        verdict.differences.extend(premises(&prepared, record));
        if !verdict.differences.is_empty() {
            return Ok(verdict);
        }
        let scratch = Scratch::new()?;
        let Executed { findings, again, stores } =
            self.verifier.sweep_again(&prepared, args.sample, &scratch, &mut verdict)?;
        scoring::conclude(&prepared, &findings, &stores, self.verifier.jobs, &self.verifier.options, &scratch.reports)?;
        self.verifier.compare_trials(&prepared, &again, &scratch.store, &mut verdict);
        let folder = path.parent().unwrap_or(Path::new(""));
        match of_report(path, text.as_bytes(), folder, &scratch.reports, &prepared.plan().name) {
            Some(difference) => {
                verdict.differences.push(difference);
                verdict.unproven.extend(self.verifier.grade_notes(&prepared));
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

    /// The command that a report shows depends on the program, and on the folder in which it was started: where it is that of
    /// this program or of `just`, it is taken over.
    fn take_command(
        &self,
        prepared: &mut RequestedExperiment,
        record: &ReportRecord,
        request: &SpecRequest,
        verdict: &mut Verdict,
    ) {
        let made = &record.provenance;
        let known = ["just", self.program.name].map(|prefix| request.command(prefix));
        if made.program != self.program.name {
            let note = "the command in the report: the program is called";
            verdict.unproven.push(format!("{note} {} there, and {} here", visible(&made.program), self.program.name));
        } else if !known.contains(&made.command) {
            return;
        }
        prepared.provenance.program.clone_from(&made.program);
        prepared.provenance.command.clone_from(&made.command);
    }

    /// Whether the spec's file, where it still stands, says what the report's spec says.
    fn spec_file(&self, request: &SpecRequest, then: &str) -> Result<Option<Difference>, CliError> {
        // The report's text says where it is: it may be anything.
        if !request.path.is_file() {
            tracing::info!("there is no file {}: the spec of the report is used", request.path.display());
            return Ok(None);
        }
        // The report names the file: nothing of what is in it is shown, unless it is a spec.
        let Ok(now) = request.read(self.program.registry) else {
            let what = "cannot be read as a spec now (recur plan shows why), and was the spec of the report";
            return Ok(Some(Difference::new(request.path.display(), what)));
        };
        let now = now.resolved_yaml();
        let differs = (now != then).then(|| of_bytes(then.as_bytes(), now.as_bytes()));
        Ok(differs.map(|what| {
            let what = what.replace("made again", "the spec now says");
            Difference::new(request.path.display(), format!("the report's spec, {what}"))
        }))
    }

    /// An experiment: every trial (or some) against the store, then its report.
    fn spec(&self, path: &Path, args: &Verify) -> Result<Verdict, CliError> {
        let request = SpecRequest { overrides: args.overrides.clone(), ..SpecRequest::of_file(path) };
        let prepared = RequestedExperiment::read(&request, self.program)?;
        let n_trials = prepared.trials().len();
        let found = |id: &TrialId| {
            self.verifier.stored.as_ref().is_some_and(|store| store.trial(id).symlink_metadata().is_ok())
        };
        let n_missing = prepared.trials().iter().filter(|trial| !found(&trial.id)).count();
        if n_missing > 0 {
            let (spec, store) = (path.to_owned(), args.store.clone());
            return Err(LookupError::TrialsMissing { n_missing, n_trials, spec, store }.into());
        }
        let (scratch, mut verdict) = (Scratch::new()?, Verdict::of_trials(n_trials));
        let Executed { findings, again, stores } =
            self.verifier.sweep_again(&prepared, args.sample, &scratch, &mut verdict)?;
        prepared.score(&findings, &stores, self.verifier.jobs, &self.verifier.options)?;
        verdict.n_equal = self.verifier.compare_trials(&prepared, &again, &scratch.store, &mut verdict);
        Ok(verdict)
    }

    /// A trial of the store.
    fn trial(&self, prefix: &str, args: &Verify) -> Result<Verdict, CliError> {
        let (id, prepared) = self.stored_trial(prefix, &args.store)?;
        self.permission.check(prefix, prepared.plan(), &command_of(args))?;
        let scratch = Scratch::new()?;
        Ok(self.verifier.again(&id, &prepared, &scratch.store)?)
    }

    /// The trial whose id begins with `prefix`, and its experiment of one configuration from the spec in its folder.
    fn stored_trial(&self, prefix: &str, path: &Path) -> Result<(TrialId, RequestedExperiment), CliError> {
        let unknown = || LookupError::NoSuchTrial { trial: prefix.to_owned(), store: path.to_owned() };
        let store = self.verifier.stored.as_ref().ok_or_else(unknown)?;
        let ids = store.trials_of_prefix(prefix)?;
        let id = match ids.as_slice() {
            [] => return Err(unknown().into()),
            [id] => id.clone(),
            several => {
                let ids = several.iter().take(5).map(|id| id.to_string()).collect();
                return Err(LookupError::AmbiguousTrial { prefix: prefix.to_owned(), ids }.into());
            }
        };
        let spec = store.trial(&id).join(layout::SPEC);
        let prepared = RequestedExperiment::of_trial(&id, &SpecRequest::of_file(spec), store, self.program)?;
        Ok((id, prepared))
    }
}

/// What must be as it was before executing anything again makes sense: data, code, numeric contract.
fn premises(prepared: &RequestedExperiment, record: &ReportRecord) -> Option<Difference> {
    let facts = &prepared.data().facts;
    for (file, digest) in &facts.files {
        let then = record.files.get(file).map_or("nothing", Digest::as_str);
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
        let then = record.signature.get(part);
        let meaning = PARTS.iter().find(|(name, _)| *name == part).map_or("", |(_, meaning)| meaning);
        (then != now)
            .then(|| Difference::new(part, format!("{meaning}: the report was made with {then}, this is {now}")))
    })
}
