//! `recur check-model`: the battery of `recur-testkit` on one model, on each instruction set, and the comparison with a fresh
//! process. The command starts itself again with its own arguments, so it works for any program that has it.

use crate::args::{CheckModel, Level};
use crate::error::{CliError, Exit};
use indicatif::{ProgressBar, ProgressStyle};
use recur_core::model::ModelPlugin;
use recur_core::nearest::nearest;
use recur_core::params::{ParamValue, Params};
use recur_core::registry::Registry;
use recur_kernels::{Isa, Kernels};
use recur_terminal::{Screen, print, print_json, start_logs, tick};
use recur_testkit::processes::{self, FRESH_PROCESS, Given, INSTRUCTION_SETS};
use recur_testkit::{Battery, Bench, Outcome, bench, check_model_observed, checks};
use serde::Serialize;
use std::process::{Command, Stdio};

/// Runs every check, and prints what became of each.
pub(crate) fn run(args: &CheckModel, level: Level, registry: &Registry) -> Result<Exit, CliError> {
    let screen = Screen::new();
    start_logs(level.into(), &screen, None);
    let plugin = registry.get(&args.id)?;
    let params = params(plugin, &args.params)?;
    let bench = Bench::new(plugin, params, bench::training()).on(crate::kernels());
    if args.digest {
        print(recur_testkit::digest(&bench)?.as_str())?;
        return Ok(Exit::Success);
    }
    let battery = check(&bench);
    if args.json { print_json(&json(&bench, &battery)) } else { print(battery.to_string().trim_end()) }?;
    Ok(if battery.failures().next().is_none() { Exit::Success } else { Exit::ContractBroken })
}

fn check(bench: &Bench) -> Battery {
    let isas: Vec<Isa> = Isa::available().collect();
    let bar = bar(checks().len() + isas.len() + 1);
    // A check's panic is an outcome, told with the others.
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|panic| tracing::debug!("{panic}")));
    let mut battery = check_model_observed(bench, &mut |check, outcome| match outcome {
        None => bar.set_message(check.name),
        Some(_) => bar.inc(1),
    });
    bar.set_message(FRESH_PROCESS.0);
    let fresh = in_process(bench.kernels.isa());
    battery.results.push(processes::fresh_process(bench.plugin, &digest(bench), &fresh));
    bar.inc(1);
    bar.set_message(INSTRUCTION_SETS.0);
    let on = |isa: &Isa| {
        let given =
            Kernels::new(*isa).map_err(|error| error.to_string()).and_then(|kernels| digest(&bench.on(kernels)));
        bar.inc(1);
        (isa.name(), given)
    };
    let given: Vec<(&'static str, Given)> = isas.iter().map(on).collect();
    std::panic::set_hook(hook);
    battery.results.push(processes::instruction_sets(bench.plugin, &given));
    bar.finish_and_clear();
    battery
}

/// The digest of a training in this process.
fn digest(bench: &Bench) -> Given {
    match std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| recur_testkit::digest(bench))) {
        Ok(digest) => digest.map(|digest| digest.as_str().to_owned()).map_err(|error| error.to_string()),
        Err(_) => Err("it panicked".to_owned()),
    }
}

fn bar(n: usize) -> ProgressBar {
    let bar = ProgressBar::new(n as u64);
    let style = ProgressStyle::with_template("{elapsed:>5} {bar:32} {pos}/{len} {msg}");
    bar.set_style(style.expect("the template is valid").progress_chars("━╸─"));
    tick(&bar);
    bar
}

/// The digest of a training in a process of its own: this command again, with its arguments, on `isa`.
fn in_process(isa: Isa) -> Given {
    let program = std::env::current_exe().map_err(|error| format!("the program is not found: {error}"))?;
    let mut command = Command::new(program);
    command.args(std::env::args_os().skip(1)).arg("--digest").env("RECUR_ISA", isa.name());
    let output = command.stdin(Stdio::null()).output().map_err(|error| format!("no process: {error}"))?;
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if output.status.success() {
        return Ok(out.trim().to_owned());
    }
    let last = err.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it said nothing").trim();
    Err(format!("the process ended with {}: {last}", output.status))
}

/// The parameters: `given` as on the command line, defaults for the others.
fn params(plugin: &dyn ModelPlugin, given: &[String]) -> Result<Params, CliError> {
    let mut params = Params::defaults(plugin.about().parameters);
    for text in given {
        let wrong = |problem: String| CliError::new(format!("--set {text}: {problem}"));
        let (name, value) = text.split_once('=').ok_or_else(|| wrong("write PARAM=VALUE".to_owned()))?;
        let names = || plugin.about().parameters.iter().map(|spec| spec.name);
        let Some(spec) = plugin.about().parameters.iter().find(|spec| spec.name == name) else {
            let hint = nearest(name, names()).map(|name| format!(", did you mean `{name}`?")).unwrap_or_default();
            let known = names().collect::<Vec<_>>().join(", ");
            return Err(wrong(format!("{} has no parameter `{name}`{hint}; it has {known}", plugin.about().id)));
        };
        let value = serde_yaml::from_str::<ParamValue>(value).unwrap_or_else(|_| ParamValue::Text(value.to_owned()));
        params = params.with(name, spec.check(&value).map_err(|error| wrong(error.to_string()))?);
    }
    Ok(params)
}

#[derive(Serialize)]
struct Report<'a> {
    model: &'a str,
    params: &'a Params,
    n_ran: usize,
    n_failed: usize,
    checks: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    check: &'a str,
    outcome: &'a str,
    /// What a check in part left out, why it was skipped, or what it found.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reasons: Vec<&'a str>,
}

fn json(bench: &Bench, battery: &Battery) -> String {
    let checks = battery.results.iter().map(|(check, outcome)| row(check, outcome)).collect();
    let report = Report {
        model: battery.model,
        params: &bench.params,
        n_ran: battery.n_ran(),
        n_failed: battery.failures().count(),
        checks,
    };
    serde_json::to_string_pretty(&report).expect("words and numbers are JSON")
}

fn row<'a>(check: &'a str, outcome: &'a Outcome) -> Row<'a> {
    let (outcome, reasons) = match outcome {
        Outcome::Ran => ("passed", vec![]),
        Outcome::RanInPart(parts) => ("in_part", parts.iter().map(String::as_str).collect()),
        Outcome::Skipped(reason) => ("skipped", vec![reason.as_str()]),
        Outcome::Failed(reason) => ("failed", vec![reason.as_str()]),
    };
    Row { check, outcome, reasons }
}
