//! `recur store`: what is kept, whether it is whole, what nobody needs, and copies of it.

use crate::args::{SpecArgs, StoreArgs, StoreCommand};
use crate::error::{CliError, Exit};
use crate::output::{print, print_error};
use crate::pipeline::Prepared;
use crate::program::Program;
use crate::stores::{self, to_read};
use anstyle::Style;
use indicatif::HumanBytes;
use recur_core::metric::Metric;
use recur_core::record::Outcome;
use recur_core::trial::TrialId;
use recur_core::visible::{visible, visible_json};
use recur_experiment::LookupError;
use recur_store::{Entry, GcOptions, Store};
use std::io::{BufWriter, IsTerminal as _, Write as _};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// Runs a command on the store.
pub(crate) fn run(args: &StoreArgs, program: &Program<'_>) -> Result<Exit, CliError> {
    let path = &args.store;
    match &args.command {
        StoreCommand::Check => check(&to_read(path)?),
        StoreCommand::List { json } => list(&to_read(path)?, *json),
        StoreCommand::Gc { unreferenced, host_gone, dry_run } => {
            gc(path, GcOptions { unreferenced: *unreferenced }, host_gone, *dry_run)
        }
        StoreCommand::Export { to, what } => export(&to_read(path)?, to, what, program),
    }
}

fn check(store: &Store) -> Result<Exit, CliError> {
    let mut problems = Vec::new();
    let summary = store.check(|problem| problems.push(problem.to_string()))?;
    let count = |n: u64, one: &str, several: &str| format!("{n} {}", if n == 1 { one } else { several });
    if summary.elsewhere > 0 {
        let hosts: Vec<String> = store.hosts_elsewhere()?.iter().map(|host| visible(host).into_owned()).collect();
        problems.push(format!(
            "{} of {}, where processes may be writing; if that machine is gone, or was started again since: \
             recur store gc --host-gone HOST",
            count(summary.elsewhere, "scratch folder", "scratch folders"),
            hosts.join(", ")
        ));
    }
    problems.push(format!(
        "{}: {}, {}, {}, {}, {}: {}",
        store.root().display(),
        count(summary.trials, "trial", "trials"),
        count(summary.tests, "test result", "test results"),
        count(summary.checkpoints, "checkpoint", "checkpoints"),
        count(summary.experiments, "experiment", "experiments"),
        HumanBytes(summary.bytes),
        if summary.problems == 0 { "all whole".to_owned() } else { count(summary.problems, "problem", "problems") },
    ));
    print(&problems.join("\n"))?;
    Ok(if summary.problems == 0 { Exit::Success } else { Exit::Different })
}

/// A line a trial: columns on a terminal, CSV elsewhere, JSON lines if asked for.
fn list(store: &Store, json: bool) -> Result<Exit, CliError> {
    let columns = std::io::stdout().is_terminal();
    let mut out = BufWriter::new(std::io::stdout().lock());
    let mut result = Ok(());
    if !json {
        result = out.write_all(if columns { columns_header() } else { csv_header() }.as_bytes());
    }
    let mut problems = 0;
    store.list(|entry| {
        let line = match entry {
            Ok(entry) if json => json_line(&entry),
            Ok(entry) if columns => column_line(&entry),
            Ok(entry) => csv_line(&entry),
            Err(problem) => {
                problems += 1;
                print_error(Style::new(), "", &problem.to_string());
                return ControlFlow::Continue(());
            }
        };
        result = out.write_all(line.as_bytes());
        if result.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    match result.and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => return Err(error.into()),
        _ => {}
    }
    Ok(if problems == 0 { Exit::Success } else { Exit::Different })
}

/// The titles of the columns on a terminal.
fn columns_header() -> String {
    let metrics: String = Metric::ALL.map(|metric| format!(" {:>1$}", metric.title(), width(metric))).concat();
    format!("trial       end     {metrics}  configuration\n")
}

/// The width of a metric's column.
fn width(metric: Metric) -> usize {
    (metric.title().chars().count() + 1).max(8)
}

/// The first line of the table as CSV.
fn csv_header() -> String {
    let metrics: String = Metric::NAMES.map(|name| format!("validation_{name},")).concat();
    format!("trial,model,params,replicate,end,{metrics}parameters,tested\n")
}

fn ended(entry: &Entry) -> &'static str {
    match entry.outcome {
        Outcome::Finished { .. } => "finished",
        Outcome::Diverged { .. } => "diverged",
        Outcome::Failed { .. } => "failed",
    }
}

fn params(entry: &Entry) -> String {
    entry.params.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(", ")
}

fn column_line(entry: &Entry) -> String {
    let value = |metric| entry.validation.map_or("–".to_owned(), |scores| format!("{:.4}", scores.get(metric)));
    let values: String = Metric::ALL.map(|metric| format!(" {:>1$}", value(metric), width(metric))).concat();
    let (id, end) = (entry.id.short(), ended(entry));
    let configuration = format!("{}({})", entry.model, params(entry));
    format!("{id}  {end:<8}{values}  {} replicate {}\n", visible(&configuration), entry.replicate)
}

fn csv_line(entry: &Entry) -> String {
    // The store may be anybody's: no terminal obeys a cell, and no spreadsheet executes one.
    let cell = |text: &str| {
        let safe = visible(text);
        let safe = recur_core::spreadsheet::cell(&safe);
        if safe.contains([',', '"', '\n']) { format!("\"{}\"", safe.replace('"', "\"\"")) } else { safe.into_owned() }
    };
    let value = |metric| entry.validation.map_or_else(String::new, |scores| scores.get(metric).to_string());
    let values: String = Metric::ALL.map(|metric| format!("{},", value(metric))).concat();
    let Entry { id, replicate, n_parameters, has_test, .. } = entry;
    let (model, params, end) = (cell(&entry.model), cell(&params(entry)), ended(entry));
    format!("{id},{model},{params},{replicate},{end},{values}{n_parameters},{has_test}\n")
}

fn json_line(entry: &Entry) -> String {
    let line = serde_json::json!({
        "trial": entry.id,
        "model": entry.model,
        "params": entry.params,
        "replicate": entry.replicate,
        "outcome": entry.outcome,
        "validation": entry.validation,
        "n_parameters": entry.n_parameters,
        "has_test": entry.has_test,
    });
    format!("{}\n", visible_json(&line.to_string()))
}

fn gc(path: &Path, options: GcOptions, hosts: &[String], dry_run: bool) -> Result<Exit, CliError> {
    let mut store = stores::to_read(path)?;
    if !dry_run {
        store = stores::to_write(path)?;
    }
    // What opening it to write has removed is reported as well: a dry run lists it.
    let mut removed = store.cleared().to_vec();
    for host in hosts {
        removed.extend(store.gc_host(host, dry_run)?);
    }
    removed.extend(store.gc(options, dry_run)?);
    let bytes: u64 = removed.iter().map(|removed| removed.bytes).sum();
    let mut lines: Vec<String> =
        removed.iter().map(|removed| format!("{}: {}", removed.path.display(), removed.why)).collect();
    let done = if dry_run { "would be removed" } else { "removed" };
    lines.push(format!("{} {done}, {}", removed.len(), HumanBytes(bytes)));
    print(&lines.join("\n"))?;
    Ok(Exit::Success)
}

/// Copies what is asked for into another store: everything, or the trials of specs and single trials.
fn export(store: &Store, to: &Path, what: &[String], program: &Program<'_>) -> Result<Exit, CliError> {
    let mut ids = Vec::new();
    for word in what {
        ids.extend(trials_of(store, word, program)?);
    }
    stores::check_elsewhere(to, store.root())?;
    let exported = store.export(to, (!what.is_empty()).then_some(&ids))?;
    let mut lines: Vec<String> = exported.problems.iter().map(|problem| format!("not copied: {problem}")).collect();
    lines.extend(exported.conflicts.iter().map(|conflict| format!("conflict: {conflict}")));
    let is_whole = lines.is_empty();
    let (copied, there, to) = (exported.copied, exported.there, to.display());
    lines.push(format!("{copied} trials copied to {to}, {there} were there, {} experiments", exported.experiments));
    print(&lines.join("\n"))?;
    Ok(if is_whole { Exit::Success } else { Exit::Different })
}

/// The trials of a spec, or those whose ids begin with `word`.
fn trials_of(store: &Store, word: &str, program: &Program<'_>) -> Result<Vec<TrialId>, CliError> {
    if Path::new(word).is_file() {
        let args = SpecArgs {
            spec: PathBuf::from(word),
            overrides: Vec::new(),
            store: store.root().to_owned(),
            plugins: None,
        };
        return Ok(Prepared::read(&args, program)?.trials().iter().map(|trial| trial.id.clone()).collect());
    }
    let ids = store.trials_of_prefix(word)?;
    if ids.is_empty() {
        return Err(LookupError::NoSuchTrial { trial: word.to_owned(), store: store.root().to_owned() }.into());
    }
    Ok(ids)
}
