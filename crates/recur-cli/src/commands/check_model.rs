//! `recur check-model`: the battery of `recur-testkit` on one model, on each instruction set, and the comparison with a fresh
//! process and with one under another libm. The command starts itself again with its own arguments, so it works for any program
//! that has it.

use crate::args::{CheckModel, Level};
use crate::error::{CliError, Exit};
use crate::folder;
use crate::instruction_set;
use indicatif::ProgressBar;
use recur_core::registry::Registry;
use recur_kernels::{Isa, Kernels};
use recur_terminal::{Screen, bar, print, print_json, start_logs, tick};
use recur_testkit::other_libm::{self, OTHER_LIBM, OtherLibm, WithCanary, canary};
use recur_testkit::processes::{self, FRESH_PROCESS, Given, INSTRUCTION_SETS};
use recur_testkit::{Battery, Bench, Outcome, bench, check_model_observed, checks};
use std::io::Write as _;
use std::process::{Command, Stdio};

/// Runs every check, and prints what became of each.
pub(crate) fn run(args: &CheckModel, level: Level, registry: &Registry) -> Result<Exit, CliError> {
    let screen = Screen::new();
    start_logs(level.into(), &screen, None);
    let plugin = registry.get(&args.id)?;
    let params = recur_spec::params_of(plugin, &args.params)?;
    let bench = Bench::new(plugin, params, bench::training()).on(instruction_set::kernels());
    if args.digest {
        print(&format!("{:016x} {}", canary(), recur_testkit::digest(&bench)?.as_str()))?;
        return Ok(Exit::Success);
    }
    let battery = check(&bench);
    if args.json { print_json(&battery.json(&bench.params)) } else { print(&shown(&battery, &bench)) }?;
    Ok(if battery.failures().next().is_none() { Exit::Success } else { Exit::ContractBroken })
}

/// A line a check, what that covers, and how many processes it took.
fn shown(battery: &Battery, bench: &Bench) -> String {
    let started =
        bench.n_built().map_or_else(String::new, |n| format!("\n{n} processes were started, and 2 in fresh ones"));
    format!("{battery}{}{started}", battery.coverage())
}

/// Shows the progress: a bar on a terminal, else a line for each check that ended.
struct Progress {
    bar: ProgressBar,
    n: usize,
    ended: usize,
}

impl Progress {
    fn new(n: usize) -> Self {
        let bar = bar(n as u64, "{elapsed:>5} {bar:32} {pos}/{len} {msg}");
        tick(&bar);
        Self { bar, n, ended: 0 }
    }

    fn begins(&self, check: &'static str) {
        self.bar.set_message(check);
    }

    fn ended(&mut self, check: &str, outcome: &Outcome) {
        self.ended += 1;
        self.bar.inc(1);
        if self.bar.is_hidden() {
            let (seconds, ended, n) = (self.bar.elapsed().as_secs(), self.ended, self.n);
            // Standard error has no buffer; where it is closed, there is nobody to tell.
            let line = format!("{seconds:>5} s  {ended:>2}/{n}  {outcome:<8} {check}\n");
            let _ = std::io::stderr().write_all(line.as_bytes());
        }
    }
}

fn check(bench: &Bench) -> Battery {
    let mut progress = Progress::new(checks().len() + 3);
    // A check's panic is an outcome, reported with the others.
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|panic| tracing::debug!("{panic}")));
    let mut battery = check_model_observed(bench, &mut |check, outcome| match outcome {
        None => progress.begins(check.name),
        Some(outcome) => progress.ended(check.name, outcome),
    });
    let here = digest(bench);
    let mut run = |name: &'static str, run: &dyn Fn() -> Outcome| {
        progress.begins(name);
        let outcome = run();
        progress.ended(name, &outcome);
        battery.results.push((name, outcome));
    };
    run(FRESH_PROCESS.0, &|| {
        let fresh = in_process(bench.kernels.isa(), None).map(|(digest, _)| digest);
        processes::fresh_process(bench.plugin, &here, &fresh).1
    });
    run(INSTRUCTION_SETS.0, &|| processes::instruction_sets(bench.plugin, &on_each_instruction_set(bench)).1);
    run(OTHER_LIBM.0, &|| {
        let there = OtherLibm::build().map(|libm| in_process(bench.kernels.isa(), Some(&libm)));
        other_libm::other_libm(bench.plugin, &here, &there).1
    });
    std::panic::set_hook(hook);
    progress.bar.finish_and_clear();
    battery
}

/// The digest on each instruction set of the machine; none of a model in another process, whose instructions are its own.
fn on_each_instruction_set(bench: &Bench) -> Vec<(&'static str, Given)> {
    let on = |isa: Isa| {
        let kernels = Kernels::new(isa).map_err(|error| error.to_string());
        (isa.name(), kernels.and_then(|kernels| digest(&bench.on(kernels))))
    };
    if bench.build_is_costly() { Vec::new() } else { Isa::available().map(on).collect() }
}

/// The digest of a training in this process.
fn digest(bench: &Bench) -> Given {
    match std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| recur_testkit::digest(bench))) {
        Ok(digest) => digest.map(|digest| digest.as_str().to_owned()).map_err(|error| error.to_string()),
        Err(_) => Err("it panicked".to_owned()),
    }
}

/// The digest of a training in a process of its own, under another libm if one is given: this command again, with its arguments,
/// on `isa`.
fn in_process(isa: Isa, libm: Option<&OtherLibm>) -> WithCanary {
    let program = std::env::current_exe().map_err(|error| format!("the program is not found: {error}"))?;
    let mut command = Command::new(program);
    command.args(std::env::args_os().skip(1)).arg("--digest").env("RECUR_ISA", isa.name());
    if let Some(folder) = folder::started_in() {
        command.current_dir(folder);
    }
    if let Some(libm) = libm {
        libm.preload(&mut command);
    }
    let output = command.stdin(Stdio::null()).output().map_err(|error| format!("no process: {error}"))?;
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if output.status.success() {
        return other_libm::read(out.lines().next().unwrap_or_default());
    }
    let last = err.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it said nothing").trim();
    Err(format!("the process ended with {}: {last}", output.status))
}
