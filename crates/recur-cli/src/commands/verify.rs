//! `recur verify` and `recur reproduce`: a report, an experiment or a trial, executed again and compared byte for byte.

use super::available_cores;
use crate::args::{Level, Reproduce, SpecArgs, Verify};
use crate::difference::{self, Difference};
use crate::environment::machine_kind;
use crate::error::{CliError, Exit};
use crate::keeper::Cadence;
use crate::logging;
use crate::output::print;
use crate::pipeline::{self, Prepared};
use crate::progress::Screen;
use crate::sweep::{Sweep, cancel_on_interrupt};
use crate::trial_log::TrialLogs;
use recur_core::model::Determinism;
use recur_core::random::StreamPath;
use recur_core::registry::Registry;
use recur_core::selection::{Finding, Selection};
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
        let mut lines = vec![format!("{what}: {}", if self.differences.is_empty() { "verified" } else { "DIFFERS" })];
        lines.extend(self.differences.iter().take(TOLD).map(|difference| format!("  differs: {difference}")));
        if self.differences.len() > TOLD {
            lines.push(format!("  … and {} differences more", self.differences.len() - TOLD));
        }
        lines.extend(self.proven.iter().map(|line| format!("  {line}")));
        lines.extend(self.unproven.iter().map(|line| format!("  not proven: {line}")));
        print(&lines.join("\n"))?;
        Ok(if self.differences.is_empty() { Exit::Success } else { Exit::Different })
    }
}

impl Verification<'_> {
    /// A report: from the spec that stands in it.
    fn report(&self, path: &Path, args: &Verify) -> Result<Verdict, CliError> {
        let markdown =
            std::fs::read_to_string(path).map_err(|source| CliError::ReadReport { path: path.to_owned(), source })?;
        let making = Making::read(&markdown).ok_or_else(|| CliError::NoReport { path: path.to_owned() })?;
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
        pipeline::conclude(&prepared, &findings, &scratch.store, self.registry, &scratch.reports)?;
        self.compare_trials(&prepared, &again, &scratch.store, &mut verdict);
        let folder = path.parent().unwrap_or(Path::new(""));
        match difference::of_reports(folder, &scratch.reports, &prepared.plan.name) {
            Some(difference) => {
                verdict.differences.push(difference);
                verdict.unproven.extend(self.machine_note(&prepared));
            }
            None => verdict.proven.push(format!("{} and its figures are the same bytes", path.display())),
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
        let spec_args =
            SpecArgs { spec: path.to_owned(), overrides: args.overrides.clone(), store: args.store.clone() };
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
        pipeline::conclude(&prepared, &findings, &scratch.store, self.registry, &scratch.reports)?;
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
        let args = SpecArgs { spec, overrides: Vec::new(), store: path.to_owned() };
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
        if let Ok(Some(test)) = pipeline::stored_test(trial, store, labels)
            && let Some(selection) = Selection::testified(&prepared.plan, trial, &test)
        {
            pipeline::test_record(prepared, &selection, trial, target, self.registry)?;
        }
        self.compare_trials(prepared, &[trial], target, &mut verdict);
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

    fn sweep<'a>(&'a self, prepared: &'a Prepared, store: &'a Store) -> Sweep<'a> {
        Sweep { prepared, store, registry: self.registry, jobs: self.jobs, cadence: Cadence::Off }
    }

    /// Executes the trials again, or a sample of them, on a scratch store; the others are taken over from the store, as are
    /// those of models of grade `machine` that were made on another kind of machine. Gives what was found of all, and the
    /// trials that were executed.
    fn sweep_again<'a>(
        &self,
        prepared: &'a Prepared,
        sample: Option<usize>,
        scratch: &Scratch,
        verdict: &mut Verdict,
    ) -> Result<(Vec<Finding>, Vec<&'a Trial>), CliError> {
        let (again, taken) = self.divide(prepared, sample, verdict);
        if !taken.is_empty() {
            let missing = || CliError::SampleWithoutStore { n_missing: taken.len() };
            let store = self.store.as_ref().ok_or_else(missing)?;
            if taken.iter().any(|id| !matches!(store.find(id), Found::Record(_))) {
                return Err(missing());
            }
            store.export(scratch.store.root(), Some(&taken))?;
        }
        let findings = self.sweep(prepared, &scratch.store).run(&self.screen, &self.logs)?;
        let portable = again.iter().filter(|trial| self.grade(trial) == Determinism::Portable).count();
        verdict.proven.push(format!("{} of {} trials executed again", again.len(), prepared.trials.len()));
        if portable > 0 {
            verdict.proven.push(format!("{portable} of them of grade portable: the same bytes on every machine"));
        }
        if again.len() > portable {
            let n = again.len() - portable;
            verdict.proven.push(format!(
                "{n} of them of grade machine: the same bytes on machines of this kind ({})",
                machine_kind()
            ));
        }
        Ok((findings, again))
    }

    /// The trials to execute again, and those to take over.
    fn divide<'a>(
        &self,
        prepared: &'a Prepared,
        sample: Option<usize>,
        verdict: &mut Verdict,
    ) -> (Vec<&'a Trial>, Vec<TrialId>) {
        let mut order: Vec<&Trial> = prepared.trials.iter().collect();
        if let Some(size) = sample.filter(|size| *size < order.len()) {
            StreamPath::root(prepared.plan.seed).child("verify/sample").stream().shuffle(&mut order);
            verdict.unproven.push(format!("{} trials outside of the sample", order.len() - size));
            order.truncate(size);
        }
        let elsewhere = |trial: &Trial| {
            let made_on = self.store.as_ref()?.environment(&trial.id)?.machine_kind;
            (self.grade(trial) == Determinism::Machine && made_on != machine_kind()).then_some(made_on)
        };
        let mut n_elsewhere = 0;
        order.retain(|trial| {
            let Some(made_on) = elsewhere(trial) else { return true };
            n_elsewhere += 1;
            if n_elsewhere == 1 {
                let model = &trial.identity.model;
                verdict
                    .unproven
                    .push(format!("trials of {model}, grade machine: made on {made_on}, this is {}", machine_kind()));
            }
            false
        });
        let taken = prepared.trials.iter().filter(|trial| order.iter().all(|again| again.id != trial.id));
        let taken = taken.map(|trial| trial.id.clone()).collect();
        (order, taken)
    }

    fn grade(&self, trial: &Trial) -> Determinism {
        self.registry.get(&trial.identity.model).map_or(Determinism::None, |plugin| plugin.determinism())
    }

    fn machine_note(&self, prepared: &Prepared) -> Option<String> {
        let models: Vec<&str> = prepared.plan.models();
        let is_of_machine =
            |model: &&str| self.registry.get(model).is_ok_and(|p| p.determinism() == Determinism::Machine);
        let of_machine: Vec<&str> = models.into_iter().filter(is_of_machine).collect();
        (!of_machine.is_empty()).then(|| {
            format!(
                "{} are of grade machine: on another kind of machine their figures may differ",
                of_machine.join(", ")
            )
        })
    }

    /// Compares the stored folders of `trials` with those in `again`.
    fn compare_trials(&self, prepared: &Prepared, trials: &[&Trial], again: &Store, verdict: &mut Verdict) {
        let Some(store) = &self.store else { return };
        let labels = prepared.data.dataset.label_names();
        let mut n_equal = 0;
        for trial in trials {
            let damaged = match store.find(&trial.id) {
                Found::Missing => continue,
                Found::Damaged(problem) => Some(problem),
                Found::Record(_) => None,
            };
            let difference = difference::of_trials(&store.trial(&trial.id), &again.trial(&trial.id), labels);
            match (difference, damaged) {
                (Some(difference), _) => verdict.differences.push(difference),
                (None, Some(problem)) => {
                    verdict.differences.push(Difference::new(store.trial(&trial.id).display(), problem.to_string()));
                }
                (None, None) => n_equal += 1,
            }
        }
        if n_equal > 0 {
            verdict.proven.push(format!("{n_equal} stored trials in {} are the same bytes", store.root().display()));
        }
    }
}

/// What must be as it was before executing anything again makes sense: data, code, numeric contract.
fn premises(prepared: &Prepared, making: &Making) -> Option<Difference> {
    let facts = &prepared.data.facts;
    for (file, digest) in &facts.files {
        let then = making.files.get(file).map_or("nothing", String::as_str);
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

/// The arguments in a report's command: `just experiment SPEC [--set PATH=VALUE]…`.
fn spec_args(command: &str, store: &Path) -> Option<SpecArgs> {
    let words = shlex::split(command)?;
    let [just, experiment, spec, rest @ ..] = words.as_slice() else { return None };
    let (pairs, []) = rest.as_chunks::<2>() else { return None };
    let is_right = just == "just" && experiment == "experiment" && pairs.iter().all(|[set, _]| set == "--set");
    let overrides = pairs.iter().map(|[_, change]| change.parse().ok()).collect::<Option<_>>()?;
    is_right.then(|| SpecArgs { spec: PathBuf::from(spec), overrides, store: store.to_owned() })
}

/// A store and a folder for reports that are gone afterwards.
struct Scratch {
    store: Store,
    reports: PathBuf,
    _folder: tempfile::TempDir,
}

impl Scratch {
    fn new() -> Result<Self, CliError> {
        let folder = tempfile::Builder::new().prefix("recur-verify-").tempdir().map_err(CliError::Scratch)?;
        let store = Store::open(&folder.path().join("runs"))?;
        Ok(Self { store, reports: folder.path().join("reports"), _folder: folder })
    }
}
