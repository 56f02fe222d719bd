//! A report, an experiment or a trial, executed again on a scratch store and compared byte for byte.

mod error;
mod permission;
mod subject;

pub use error::{NotASubject, VerifyError};
pub use permission::PluginPermission;
pub use subject::{GivenReport, Subject};

use crate::difference::{Difference, of_bytes, of_report};
use crate::error::ExperimentError;
use crate::lookup::{LookupError, first_of};
use crate::places::SpecPaths;
use crate::request::{Program, RequestedExperiment, SpecRequest};
use crate::verdict::Verdict;
use crate::verify::{Executed, Scratch, Verifier};
use recur_core::digest::Digest;
use recur_core::trial::TrialId;
use recur_core::visible::{shown, visible};
use recur_report::{PARTS, ReportRecord, Signature};
use recur_spec::Override;
use recur_store::{Store, layout};
use std::path::{Path, PathBuf};

/// What a user wants to be verified.
#[derive(Clone, Copy, Debug)]
pub struct VerifyRequest<'a> {
    /// The word for it. Messages name it.
    pub what: &'a str,
    /// The store.
    pub store: &'a Path,
    /// So many of the trials are executed again; without it all.
    pub sample: Option<usize>,
    /// Changes of single values of a spec.
    pub overrides: &'a [Override],
    /// Where the relative paths in a spec begin.
    pub paths: SpecPaths,
    /// What the user typed, without what allows plugins: an error that asks for leave shows it.
    pub command: &'a str,
}

/// What is executed again: by which program, with which plugins, and where what came of it the first time is.
#[derive(Debug)]
pub struct Verification<'a> {
    /// The program, with its models and those of plugins that may be started.
    pub program: &'a Program<'a>,
    /// Which plugins may be started.
    pub permission: &'a PluginPermission,
    /// What executes and compares.
    pub verifier: Verifier<'a>,
}

impl Verification<'_> {
    /// Executes `subject` again, and compares.
    ///
    /// # Errors
    /// If it cannot be executed, or would start a plugin that nobody allowed.
    pub fn verify(&self, subject: &Subject, request: &VerifyRequest<'_>) -> Result<Verdict, VerifyError> {
        // What is executed again is what was executed then: nothing of it can be changed.
        let ignored = match subject {
            Subject::Report(_) if !request.overrides.is_empty() => Some("set"),
            Subject::Trial(_) if !request.overrides.is_empty() => Some("set"),
            Subject::Trial(_) if request.sample.is_some() => Some("sample"),
            _ => None,
        };
        if let Some(option) = ignored {
            return Err(VerifyError::OptionOfOthers { what: request.what.to_owned(), option });
        }
        match subject {
            Subject::Report(report) => self.report(report, request),
            Subject::Spec(path) => self.spec(path, request),
            Subject::Trial(prefix) => self.trial(prefix, request),
        }
    }

    /// A report: from the spec that is in it.
    fn report(&self, report: &GivenReport, asked: &VerifyRequest<'_>) -> Result<Verdict, VerifyError> {
        let GivenReport { path, text, record, source, request } = report;
        let request = &SpecRequest { paths: asked.paths, ..request.clone() };
        let spec = SpecRequest::in_report(path).parse(source.resolved_spec.as_bytes(), self.program.registry)?;
        self.permission.check(asked.what, &spec, asked.command)?;
        let plan = spec.plan();
        let mut verdict = Verdict::of_trials(plan.configurations.len() * plan.replicates as usize);
        verdict.differences.extend(self.spec_file(request, &source.resolved_spec));
        if !verdict.differences.is_empty() {
            return Ok(verdict);
        }
        let mut prepared = RequestedExperiment::new(spec, request, self.program)?;
        self.take_command(&mut prepared, record, request, &mut verdict);
        verdict.differences.extend(premises(&prepared, record));
        if !verdict.differences.is_empty() {
            return Ok(verdict);
        }
        let Verifier { jobs, options, .. } = &self.verifier;
        let scratch = Scratch::new()?;
        self.verifier.decide(&mut prepared, asked.sample, &scratch)?;
        verdict.n_trials = prepared.all_trials().count();
        let Executed { outcomes, again, stores } =
            self.verifier.sweep_again(&prepared, asked.sample, &scratch, &mut verdict)?;
        prepared.report(&outcomes, &stores, *jobs, options, &scratch.reports)?;
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
                let same = format!("{}, its figures and its HTML page are the same bytes", shown(path));
                verdict.proven.push(same);
            }
        }
        Ok(verdict)
    }

    /// The commands that a report shows depend on the program, and on the folder in which it was started: where they are those of
    /// this program or of `just`, they are taken over. So is the way to the store.
    fn take_command(
        &self,
        prepared: &mut RequestedExperiment,
        record: &ReportRecord,
        request: &SpecRequest,
        verdict: &mut Verdict,
    ) {
        let made = &record.provenance;
        let Program { name, prefix, other_prefixes, .. } = *self.program;
        prepared.provenance.store_link.clone_from(&made.store_link);
        let mut prefixes = [name, prefix].into_iter().chain(other_prefixes.iter().copied());
        let is_made = |prefix: &str| made.prefix.as_deref() == Some(prefix) && request.command(prefix) == made.command;
        if made.program != self.program.name {
            verdict.unproven.push(format!(
                "the command in the report, of a program that is called {} and not {}: {}",
                visible(&made.program),
                self.program.name,
                visible(&made.command)
            ));
            // Its other commands are not shown, so they have to begin as this one does.
            if made.prefix.as_ref().is_some_and(|prefix| !made.command.starts_with(&format!("{prefix} "))) {
                return;
            }
        } else if !prefixes.any(is_made) {
            return;
        }
        prepared.provenance.prefix.clone_from(&made.prefix);
        prepared.provenance.program.clone_from(&made.program);
        prepared.provenance.command.clone_from(&made.command);
    }

    /// Whether the spec's file, where it is still there, says what the report's spec says.
    fn spec_file(&self, request: &SpecRequest, then: &str) -> Option<Difference> {
        // The report's text says where it is: it may be anything.
        if !request.path.is_file() {
            tracing::info!("there is no file {}: the spec of the report is used", shown(&request.path));
            return None;
        }
        // The report names the file: nothing of what is in it is shown, unless it is a spec.
        let Ok(now) = request.read(self.program.registry) else {
            let prefix = self.program.prefix;
            let what =
                format!("cannot be read as a spec now ({prefix} plan shows why), and was the spec of the report");
            return Some(Difference::new(shown(&request.path), what));
        };
        let now = now.resolved_yaml();
        (now != then).then(|| {
            let what = of_bytes(then.as_bytes(), now.as_bytes()).replace("made again", "the spec now says");
            Difference::new(shown(&request.path), format!("the report's spec, {what}"))
        })
    }

    /// An experiment: every trial, or some of them, against the store.
    fn spec(&self, path: &Path, asked: &VerifyRequest<'_>) -> Result<Verdict, VerifyError> {
        let (overrides, paths) = (asked.overrides.to_vec(), asked.paths);
        let request = SpecRequest { overrides, paths, ..SpecRequest::of_file(path) };
        let mut prepared = RequestedExperiment::read(&request, self.program)?;
        if let Some(store) = &self.verifier.stored {
            prepared.replay(store, self.verifier.jobs)?;
        }
        let n_trials = prepared.all_trials().count();
        let found = |id: &TrialId| {
            self.verifier.stored.as_ref().is_some_and(|store| store.trial(id).symlink_metadata().is_ok())
        };
        let n_missing = prepared.all_trials().filter(|trial| !found(&trial.id)).count();
        let n_missing = if prepared.is_decided() { n_missing } else { prepared.needed().len() };
        if n_missing > 0 {
            let (spec, store) = (path.to_owned(), asked.store.to_owned());
            let command = request.command_to_train(&store);
            return Err(LookupError::TrialsMissing { n_missing, n_trials, spec, store, command }.into());
        }
        let (scratch, mut verdict) = (Scratch::new()?, Verdict::of_trials(n_trials));
        let Executed { outcomes, again, stores } =
            self.verifier.sweep_again(&prepared, asked.sample, &scratch, &mut verdict)?;
        prepared.score(&outcomes, &stores, self.verifier.jobs, &self.verifier.options)?;
        verdict.n_equal = self.verifier.compare_trials(&prepared, &again, &scratch.store, &mut verdict);
        Ok(verdict)
    }

    /// A trial of the store.
    fn trial(&self, prefix: &str, asked: &VerifyRequest<'_>) -> Result<Verdict, VerifyError> {
        let (id, prepared) = self.stored_trial(prefix, asked.store)?;
        self.permission.check(prefix, prepared.spec(), asked.command)?;
        let scratch = Scratch::new()?;
        Ok(self.verifier.again(&id, &prepared, &scratch.store)?)
    }

    /// Which stored trial is to be made again in a store of its own, and its experiment of one configuration. `store` is the path
    /// of the store, and `command` as [`VerifyRequest::command`].
    ///
    /// # Errors
    /// If there is no such trial, it cannot be used, or it would start a plugin that nobody allowed.
    pub fn to_reproduce(
        &self,
        prefix: &str,
        store: &Path,
        command: &str,
    ) -> Result<(TrialId, RequestedExperiment), VerifyError> {
        let (id, prepared) = self.stored_trial(prefix, store)?;
        self.permission.check(prefix, prepared.spec(), command)?;
        Ok((id, prepared))
    }

    /// Makes the stored trial `id` again in `target`, and compares.
    ///
    /// # Errors
    /// If it cannot be executed.
    pub fn reproduce(
        &self,
        id: &TrialId,
        prepared: &RequestedExperiment,
        target: &Store,
    ) -> Result<Verdict, ExperimentError> {
        self.verifier.again(id, prepared, target)
    }

    /// The trial whose id begins with `prefix`, and its experiment of one configuration from the spec in its folder.
    fn stored_trial(&self, prefix: &str, path: &Path) -> Result<(TrialId, RequestedExperiment), VerifyError> {
        let unknown = || LookupError::NoSuchTrial { trial: prefix.to_owned(), store: path.to_owned() };
        let store = self.verifier.stored.as_ref().ok_or_else(unknown)?;
        let ids = store.trials_of_prefix(prefix)?;
        let id = match ids.as_slice() {
            [] => return Err(unknown().into()),
            [id] => id.clone(),
            several => {
                return Err(LookupError::AmbiguousTrial { prefix: prefix.to_owned(), ids: first_of(several) }.into());
            }
        };
        let spec: PathBuf = store.trial(&id).join(layout::SPEC);
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
