//! `recur verify` and `recur reproduce`: a report, an experiment or a trial, executed again and compared byte for byte.

mod execution;

use super::available_cores;
use crate::args::{Level, Reproduce, SpecArgs, Verify};
use crate::difference::{self, Difference};
use crate::environment::gather;
use crate::error::{CliError, Exit};
use crate::logging;
use crate::output::print;
use crate::pipeline::{self, Prepared};
use crate::progress::Screen;
use crate::scoring;
use crate::shell;
use crate::sweep::cancel_on_interrupt;
use crate::trial_log::TrialLogs;
use execution::Scratch;
use recur_core::registry::Registry;
use recur_core::selection::Selection;
use recur_core::trial::{Trial, TrialId};
use recur_report::{Making, PARTS, Signature};
use recur_store::{Found, Store, layout};
use std::path::{Path, PathBuf};

/// What is executed again, and where what came of it the first time stands.
struct Verification<'a> {
    registry: &'a Registry,
    store: Option<Store>,
    jobs: usize,
    screen: Screen,
    logs: TrialLogs,
}

/// What came of it.
#[derive(Default)]
struct Verdict {
    differences: Vec<Difference>,
    proven: Vec<String>,
    unproven: Vec<String>,
}

/// Verifies a report, an experiment or a trial.
pub(crate) fn run(args: &Verify, level: Level, registry: &Registry) -> Result<Exit, CliError> {
    let screen = Screen::new();
    let logs = logging::start(level, &screen, None);
    cancel_on_interrupt();
    let store = Store::open_to_read(&args.store)?;
    let jobs = args.jobs.map_or_else(available_cores, usize::from);
    let verification = Verification { registry, store, jobs, screen, logs };
    let path = Path::new(&args.what);
    let verdict = if path.extension().is_some_and(|extension| extension == "md") {
        verification.report(path, args)?
    } else if path.is_file() {
        verification.spec(path, args)?
    } else {
        verification.trial(&args.what, &args.store)?
    };
    verdict.tell(&args.what)
}

/// Makes a trial of the store again, into a folder of its own.
pub(crate) fn reproduce(args: &Reproduce, level: Level, registry: &Registry) -> Result<Exit, CliError> {
    let screen = Screen::new();
    let logs = logging::start(level, &screen, None);
    cancel_on_interrupt();
    let verification = Verification { registry, store: Store::open_to_read(&args.store)?, jobs: 1, screen, logs };
    let (id, prepared) = verification.stored_trial(&args.trial, &args.store)?;
    let target = args.to.clone().unwrap_or_else(|| PathBuf::from("reproduced").join(id.as_str()));
    let is_empty = |folder: &Path| std::fs::read_dir(folder).map_or(true, |mut entries| entries.next().is_none());
    if target.exists() && !is_empty(&target) {
        return Err(CliError::NotFresh { folder: target });
    }
    let fresh = Store::open(&target)?;
    let verdict = verification.again(&id, &prepared, &fresh)?;
    print(&format!("made again: {}", fresh.trial(&id).display()))?;
    verdict.tell(id.short())
}

impl Verdict {
    /// Tells it, and how the process ends with it.
    fn tell(&self, what: &str) -> Result<Exit, CliError> {
        /// Differences told one by one.
        const TOLD: usize = 10;
        let (title, exit) = match (self.differences.is_empty(), self.proven.is_empty()) {
            (false, _) => ("DIFFERS", Exit::Different),
            (true, false) => ("verified", Exit::Success),
            (true, true) => ("nothing is proven", Exit::Error),
        };
        let mut lines = vec![format!("{what}: {title}")];
        lines.extend(self.differences.iter().take(TOLD).map(|difference| format!("  differs: {difference}")));
        if self.differences.len() > TOLD {
            lines.push(format!("  … and {} differences more", self.differences.len() - TOLD));
        }
        lines.extend(self.proven.iter().map(|line| format!("  {line}")));
        lines.extend(self.unproven.iter().map(|line| format!("  not proven: {line}")));
        print(&lines.join("\n"))?;
        Ok(exit)
    }
}

impl Verification<'_> {
    /// A report: from the spec that stands in it.
    fn report(&self, path: &Path, args: &Verify) -> Result<Verdict, CliError> {
        let markdown =
            std::fs::read_to_string(path).map_err(|source| CliError::ReadReport { path: path.to_owned(), source })?;
        let making = Making::read(&markdown).ok_or_else(|| CliError::NoReport { path: path.to_owned() })?;
        if making.command.starts_with("just compare ") {
            return Err(CliError::IsComparison { path: path.to_owned(), command: making.command });
        }
        let spec_args =
            spec_args(&making.command, &args.store).ok_or_else(|| CliError::NoReport { path: path.to_owned() })?;
        let name = spec_args.spec.display().to_string();
        let spec = recur_spec::parse(making.resolved_spec.as_bytes(), &name, &[], self.registry)
            .map_err(|errors| CliError::Spec(Box::new(errors)))?;
        let mut verdict = Verdict::default();
        verdict.differences.extend(self.spec_file(&spec_args, &making)?);
        if !verdict.differences.is_empty() {
            return Ok(verdict);
        }
        let prepared = Prepared::new(spec, &spec_args, self.registry)?;
        verdict.differences.extend(premises(&prepared, &making));
        if !verdict.differences.is_empty() {
            return Ok(verdict);
        }
        let scratch = Scratch::new()?;
        let (findings, again) = self.sweep_again(&prepared, args.sample, &scratch, &mut verdict)?;
        scoring::conclude(&prepared, &findings, &scratch.store, self.registry, self.jobs, &scratch.reports)?;
        self.compare_trials(&prepared, &again, &scratch.store, &mut verdict);
        let folder = path.parent().unwrap_or(Path::new(""));
        match difference::of_reports(folder, &scratch.reports, &prepared.plan.name) {
            Some(difference) => {
                verdict.differences.push(difference);
                verdict.unproven.extend(self.machine_note(&prepared));
            }
            None => {
                verdict.proven.push(format!("{}, its figures and its HTML page are the same bytes", path.display()))
            }
        }
        Ok(verdict)
    }

    /// Whether the spec's file, where it still stands, says what the report's spec says.
    fn spec_file(&self, args: &SpecArgs, making: &Making) -> Result<Option<Difference>, CliError> {
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
        let n_trials = prepared.trials.len();
        let found =
            |trial: &&Trial| self.store.as_ref().is_some_and(|store| !matches!(store.find(&trial.id), Found::Missing));
        let n_missing = n_trials - prepared.trials.iter().filter(found).count();
        if n_missing > 0 {
            return Err(CliError::TrialsMissing {
                n_missing,
                n_trials,
                spec: path.to_owned(),
                store: args.store.clone(),
            });
        }
        let (scratch, mut verdict) = (Scratch::new()?, Verdict::default());
        let (findings, again) = self.sweep_again(&prepared, args.sample, &scratch, &mut verdict)?;
        scoring::conclude(&prepared, &findings, &scratch.store, self.registry, self.jobs, &scratch.reports)?;
        self.compare_trials(&prepared, &again, &scratch.store, &mut verdict);
        Ok(verdict)
    }

    /// A trial of the store.
    fn trial(&self, prefix: &str, store: &Path) -> Result<Verdict, CliError> {
        let (id, prepared) = self.stored_trial(prefix, store)?;
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
        let prepared = Prepared::read(&args, self.registry)?;
        Ok((id, prepared))
    }

    /// Makes the trial `id` again in `target` and compares it with the store's.
    fn again(&self, id: &TrialId, prepared: &Prepared, target: &Store) -> Result<Verdict, CliError> {
        let mut verdict = Verdict::default();
        let store = self.store.as_ref().expect("the trial was found in it");
        let Some(trial) = prepared.trials.iter().find(|trial| trial.id == *id) else {
            verdict.differences.push(self.other_identity(id, prepared, store));
            return Ok(verdict);
        };
        let trials = std::slice::from_ref(trial);
        let sweep = self.sweep(prepared, target);
        if sweep.train(trials, &self.screen, &self.logs)?.iter().any(Option::is_none) {
            return Err(CliError::Stopped);
        }
        let labels = prepared.data.dataset.label_names();
        if let Ok(Some(test)) = scoring::stored_test(trial, store, labels)
            && let Some(selection) = Selection::testified(&prepared.plan, trial, &test)
        {
            scoring::test_record(prepared, &selection, trial, target, self.registry, || gather(target, 1))?;
        }
        self.compare_trials(prepared, &[trial], target, &mut verdict);
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
        let now = prepared.trials.iter().rfind(|trial| trial.replicate == record.identity.replicate);
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
    let facts = &prepared.data.facts;
    for (file, digest) in &facts.files {
        let then = making.digest_of(file).unwrap_or("nothing");
        if then != digest.as_str() {
            let what = format!("SHA-256 is {digest}, the report was made from {then}");
            return Some(Difference::new(format!("data file {file}"), what));
        }
    }
    let now = [
        ("data", facts.dataset.short().to_owned()),
        ("code", Signature::code_of(prepared.trials.iter().map(|trial| &trial.identity))),
        ("contract", recur_core::NUMERIC_CONTRACT.to_string()),
    ];
    now.into_iter().find_map(|(part, now)| {
        let then = making.signature.get(part);
        let meaning = PARTS.iter().find(|(name, _)| *name == part).map_or("", |(_, meaning)| meaning);
        (then != now)
            .then(|| Difference::new(part, format!("{meaning}: the report was made with {then}, this is {now}")))
    })
}

/// The folder of plugins that a report was made with, where one is to be verified.
pub(crate) fn plugins_of(args: &Verify) -> Option<PathBuf> {
    let path = Path::new(&args.what);
    let is_report = path.extension().is_some_and(|extension| extension == "md");
    let making = Making::read(&is_report.then(|| std::fs::read_to_string(path).ok()).flatten()?)?;
    spec_args(&making.command, &args.store)?.plugins
}

/// The arguments in a report's command: `just experiment SPEC [--plugins DIR] [--set PATH=VALUE]…`.
fn spec_args(command: &str, store: &Path) -> Option<SpecArgs> {
    let words = shell::split(command)?;
    let [just, experiment, spec, rest @ ..] = words.as_slice() else { return None };
    let (plugins, rest) = match rest {
        [option, folder, rest @ ..] if option == "--plugins" => (Some(PathBuf::from(folder)), rest),
        _ => (None, rest),
    };
    let (pairs, []) = rest.as_chunks::<2>() else { return None };
    let is_right = just == "just" && experiment == "experiment" && pairs.iter().all(|[set, _]| set == "--set");
    let overrides = pairs.iter().map(|[_, change]| change.parse().ok()).collect::<Option<_>>()?;
    is_right.then(|| SpecArgs { spec: PathBuf::from(spec), overrides, store: store.to_owned(), plugins })
}
