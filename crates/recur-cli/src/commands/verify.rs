//! `recur verify` and `recur reproduce`: a report, an experiment or a trial, executed again and compared byte for byte.

use crate::args::{Level, Reproduce, Verify};
use crate::error::{CliError, Exit};
use crate::instruction_set;
use crate::plugins;
use crate::stores;
use recur_core::visible::shown;
use recur_experiment::shell::quoted;
use recur_experiment::{
    CheckpointInterval, Code, Conclusion, PluginPermission, Program, RunOptions, SpecPaths, Subject, TrialLogs,
    Verdict, Verification, Verifier, VerifyRequest, available_cores,
};
use recur_terminal::{CANCEL, Screen, Watchers, cancel_on_interrupt, print, start_logs};
use std::path::{Path, PathBuf};

/// Verifies a report, an experiment or a trial, with the models of `builtin` and those of plugins that may be started.
pub(crate) fn run(
    args: &Verify,
    level: Level,
    plugins: Option<&Path>,
    builtin: &Program<'_>,
) -> Result<Exit, CliError> {
    let request = VerifyRequest {
        what: &args.what,
        store: &args.store,
        sample: args.sample,
        overrides: &args.overrides,
        paths: SpecPaths::Project,
        command: &typed_command(),
    };
    let subject = Subject::of(&args.what, &args.store)?;
    let allowed = args.allow_plugins.as_deref();
    let permission = &match &subject {
        Subject::Report(report) => PluginPermission::new(plugins, allowed, report.plugins()),
        Subject::Spec(_) => PluginPermission::of_spec(plugins.or(allowed)),
        // No text names a folder: the one that is allowed is the one to use.
        Subject::Trial(_) => PluginPermission::new(plugins.or(allowed), allowed, None),
    };
    let registry = &plugins::beside(builtin.registry, permission.folder.as_deref())?;
    let program = &Program { registry, ..*builtin };
    let screen = Screen::new();
    let watchers = Watchers::new(&screen);
    let logs = start_logs(level.into(), &screen, None);
    cancel_on_interrupt();
    let stored = stores::to_read_if_any(&args.store)?;
    let jobs = args.jobs.map_or_else(available_cores, usize::from);
    let verifier = Verifier { stored, jobs, options: options(&watchers, logs, Code::OfProgram) };
    let verdict = Verification { program, permission, verifier }.verify(&subject, &request)?;
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
    let permission = &PluginPermission::new(plugins.or(allowed), allowed, None);
    let registry = &plugins::beside(builtin.registry, permission.folder.as_deref())?;
    let program = &Program { registry, ..*builtin };
    let screen = Screen::new();
    let watchers = Watchers::new(&screen);
    let logs = start_logs(level.into(), &screen, None);
    cancel_on_interrupt();
    let stored = stores::to_read_if_any(&args.store)?;
    let verifier = Verifier { stored, jobs: 1, options: options(&watchers, logs, Code::WithoutDiff) };
    let verification = Verification { program, permission, verifier };
    let (id, prepared) = verification.to_reproduce(&args.trial, &args.store, &typed_command())?;
    let target = args.to.clone().unwrap_or_else(|| PathBuf::from("reproduced").join(id.as_str()));
    let is_empty = |folder: &Path| std::fs::read_dir(folder).map_or(true, |mut entries| entries.next().is_none());
    if target.exists() && !is_empty(&target) {
        return Err(CliError::new(format!("{} is not empty", shown(&target)))
            .hint("name a folder that is empty or not there yet: --to DIR".to_owned()));
    }
    stores::check_elsewhere(&target, &args.store)?;
    let fresh = stores::to_write(&target)?;
    let verdict = verification.reproduce(&id, &prepared, &fresh)?;
    print(&format!("made again: {}", shown(fresh.trial(&id))))?;
    print_verdict(&verdict, id.short())
}

/// The command that the user typed, without what allows plugins.
fn typed_command() -> String {
    without_leave(std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()))
}

fn without_leave(mut words: impl Iterator<Item = String>) -> String {
    const LEAVE: &str = "--allow-plugins";
    let mut command = "recur".to_owned();
    while let Some(word) = words.next() {
        if word == LEAVE {
            words.next();
        } else if !word.starts_with(LEAVE) {
            command.push_str(&format!(" {}", quoted(&word)));
        }
    }
    command
}

/// No checkpoints: what is executed again is not kept.
fn options<'a>(watchers: &'a Watchers<'_>, logs: TrialLogs, code: Code) -> RunOptions<'a> {
    let (observers, checkpoints) = (watchers.all(), CheckpointInterval::Off);
    let kernels = instruction_set::kernels();
    RunOptions { observers, checkpoints, kernels, code, logs, cancel: &CANCEL, ..RunOptions::default() }
}

/// Prints a verdict on `what`, and gives how the process ends with it.
fn print_verdict(verdict: &Verdict, what: &str) -> Result<Exit, CliError> {
    print(&format!("{what}: {verdict}"))?;
    Ok(match verdict.conclusion() {
        Conclusion::Verified | Conclusion::VerifiedInPart => Exit::Success,
        Conclusion::Differs => Exit::Different,
        Conclusion::NothingProven | Conclusion::NothingCompared => Exit::NothingCompared,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_shown_as_it_was_typed_without_the_leave_that_is_asked_for() {
        let check = |words: &[&str], expected: &str| {
            assert_eq!(without_leave(words.iter().map(|word| (*word).to_owned())), expected);
        };
        let words = ["reproduce", "ab", "--to", "x y", "--allow-plugins", "no", "--store", "s"];
        check(&words, "recur reproduce ab --to 'x y' --store s");
        check(&["verify", "a.md", "--allow-plugins=no", "--jobs", "2"], "recur verify a.md --jobs 2");
    }
}
