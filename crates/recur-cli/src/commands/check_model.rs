//! `recur check-model`: the battery of `recur-testkit` on one model, on each instruction set, and the comparison with a fresh
//! process. The command starts itself again with its own arguments, so it works for any program that has it.

use crate::args::{CheckModel, Level};
use crate::error::{CliError, Exit};
use crate::instruction_set;
use recur_core::registry::Registry;
use recur_kernels::{Isa, Kernels};
use recur_terminal::{Screen, bar, print, print_json, start_logs, tick};
use recur_testkit::processes::{self, FRESH_PROCESS, Given, INSTRUCTION_SETS};
use recur_testkit::{Battery, Bench, bench, check_model_observed, checks};
use std::process::{Command, Stdio};

/// Runs every check, and prints what became of each.
pub(crate) fn run(args: &CheckModel, level: Level, registry: &Registry) -> Result<Exit, CliError> {
    let screen = Screen::new();
    start_logs(level.into(), &screen, None);
    let plugin = registry.get(&args.id)?;
    let params = recur_spec::params_of(plugin, &args.params)?;
    let bench = Bench::new(plugin, params, bench::training()).on(instruction_set::kernels());
    if args.digest {
        print(recur_testkit::digest(&bench)?.as_str())?;
        return Ok(Exit::Success);
    }
    let battery = check(&bench);
    if args.json { print_json(&battery.json(&bench.params)) } else { print(battery.to_string().trim_end()) }?;
    Ok(if battery.failures().next().is_none() { Exit::Success } else { Exit::ContractBroken })
}

fn check(bench: &Bench) -> Battery {
    let isas: Vec<Isa> = Isa::available().collect();
    let bar = bar((checks().len() + isas.len() + 1) as u64, "{elapsed:>5} {bar:32} {pos}/{len} {msg}");
    tick(&bar);
    // A check's panic is an outcome, reported with the others.
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
