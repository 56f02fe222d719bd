//! SIGKILL at any moment: what a later run ends with cannot be told from what one run gives.
//!
//! No sleep decides a result. A delay or a look at the folder only says where a kill lands, and wherever it lands the end
//! must be the same. A run that is over before its kill is repeated with an earlier one, so that each of them counts.

#![cfg(unix)]

use crate::common::{Lab, names_csv};
use crate::processes::Running;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Trained in one go and in epochs; with dropout, layers, and an early end whose best weights are not the last.
const SPEC: &str = "\
recur: 1
name: small
seed: 3
data: {source: names.csv}
training: {epochs: 4, batch_size: 1, early_stopping: {metric: validation_macro_f1, patience: 1}}
models:
  - use: linfa_naive_bayes
  - use: stacked_rnn
    params: {hidden_size: 8, dropout: 0.25, layers: 2}
  - use: gru
    params: {hidden_size: 8}
replicates: 2
";

const N_TRIALS: usize = 6;

/// Saves at every chance: after each epoch, and within it after every 64 names.
const RUN: [&str; 4] = ["experiment", "small.yaml", "--checkpoint-every", "0s"];

const ALL: &[&str] = &["runs", "reports"];

fn lab() -> Lab {
    let lab = Lab::with(SPEC);
    let csv = names_csv();
    let (header, rows) = csv.split_once('\n').expect("a header");
    let mut long = format!("{header}\n");
    for row in rows.lines() {
        let (name, label) = row.split_once(',').expect("two columns");
        // A few endings tell nothing of the language: no model gets all of them right.
        let other = if label == "Irish" { "Korean" } else { "Irish" };
        for (end, label) in [("", label), ("a", label), ("e", label), ("u", other)] {
            long.push_str(&format!("{name}{end},{label}\n"));
        }
    }
    lab.write("names.csv", long);
    lab
}

/// What an uninterrupted run promises, and how long it takes.
struct Whole {
    promised: BTreeMap<PathBuf, Vec<u8>>,
    took: Duration,
}

static WHOLE: LazyLock<Whole> = LazyLock::new(|| {
    let (lab, started) = (lab(), now());
    lab.recur(&RUN).ended(0);
    let took = started.elapsed();
    Whole { promised: lab.promised(ALL), took }
});

#[expect(clippy::disallowed_methods, reason = "the clock decides where a kill lands, and nothing else")]
fn now() -> Instant {
    Instant::now()
}

/// Where a kill lands.
#[derive(Clone, Copy, Debug)]
enum Moment {
    /// When this share of an uninterrupted run's time has passed.
    Share(f64),
    /// When so many trials are kept.
    Kept(usize),
    /// When so many trials are kept and something is being written: a record, a checkpoint or test figures.
    Writing(usize),
    /// When all trials are kept and this many files of the report stand in its folder, under whatever name.
    Report(usize),
}

impl Moment {
    fn has_come(self, lab: &Lab, since: Instant) -> bool {
        match self {
            Moment::Share(share) => since.elapsed() >= WHOLE.took.mul_f64(share),
            Moment::Kept(n) => lab.trials().len() >= n,
            Moment::Writing(n) => lab.trials().len() >= n && is_writing(lab),
            Moment::Report(n) => lab.trials().len() >= N_TRIALS && n_files(&lab.path("reports/small")) >= n,
        }
    }

    /// One that lands earlier.
    fn earlier(self) -> Self {
        match self {
            Moment::Share(share) => Moment::Share(share / 2.0),
            Moment::Kept(n) | Moment::Writing(n) => Moment::Kept(n.saturating_sub(1)),
            Moment::Report(n) => Moment::Report(n.saturating_sub(1)),
        }
    }
}

fn n_files(folder: &Path) -> usize {
    std::fs::read_dir(folder).map_or(0, |entries| entries.count())
}

/// Whether the scratch of a process holds more than its lock, its owner's record, and what shows that it writes to a log.
fn is_writing(lab: &Lab) -> bool {
    let Ok(entries) = std::fs::read_dir(lab.path("runs/tmp")) else { return false };
    entries.flatten().any(|entry| entry.path().is_dir() && n_files(&entry.path()) > 3)
}

/// Kills a run of `lab` at `moment`, or earlier if it would be over by then.
fn kill(lab: &Lab, mut moment: Moment) {
    for _ in 0..20 {
        let (mut run, since) = (Running::start(lab, &RUN), now());
        while !moment.has_come(lab, since) && !run.has_ended() {
            sleep(Duration::from_micros(100));
        }
        if run.kill() {
            return;
        }
        moment = moment.earlier();
    }
    panic!("no run could be killed before its end: {moment:?}");
}

/// Whether `lab`, let through, ends as if nothing had been.
#[track_caller]
fn check_end(lab: &Lab, told: &str) {
    lab.recur(&RUN).ended(0);
    let promised = lab.promised(ALL);
    let is_other = |path: &&PathBuf| promised.get(*path) != WHOLE.promised.get(*path);
    let others: Vec<_> = promised.keys().chain(WHOLE.promised.keys()).filter(is_other).collect();
    assert!(others.is_empty(), "{told}: not as in an uninterrupted run: {others:?}");
    let check = lab.recur(&["store", "check"]).ended(0).out;
    assert!(check.contains("0 checkpoints, 1 experiment, ") && check.contains("all whole"), "{told}: {check}");
    let gc = lab.recur(&["store", "gc", "--dry-run"]).ended(0).out;
    assert_eq!(gc, "0 would be removed, 0 MiB\n", "{told}: nothing is left over");
}

/// Kills once or several times, each time with a fresh folder, and compares the ends.
#[track_caller]
fn check(points: impl IntoIterator<Item = Vec<Moment>>) {
    let (mut n_points, mut n_kills) = (0, 0);
    for moments in points {
        let lab = lab();
        moments.iter().for_each(|moment| kill(&lab, *moment));
        check_end(&lab, &format!("killed at {moments:?}"));
        n_points += 1;
        n_kills += moments.len();
    }
    tell(&format!("{n_points} of {n_points} ended like an uninterrupted run after {n_kills} kills"));
}

#[expect(clippy::print_stderr, reason = "the count is worth seeing with --no-capture")]
fn tell(line: &str) {
    eprintln!("{line}");
}

/// Shares that are spread evenly over a run, in no regular order: steps of the golden ratio.
fn shares() -> impl Iterator<Item = f64> {
    (1..).map(|n| (f64::from(n) * 0.618_033_988_749_895).fract())
}

#[test]
fn a_run_killed_at_any_of_16_moments_ends_equal_when_it_is_let_through() {
    check(shares().take(16).map(|share| vec![Moment::Share(share)]));
}

#[test]
fn a_run_killed_two_or_three_times_ends_equal() {
    let moments: Vec<Moment> = shares().skip(16).map(Moment::Share).take(24).collect();
    let (twos, threes) = moments.split_at(12);
    check(twos.chunks(2).chain(threes.chunks(3)).map(<[Moment]>::to_vec));
}

#[test]
fn a_run_killed_while_it_writes_ends_equal() {
    check((0..12).map(|n| vec![Moment::Writing(n % N_TRIALS)]));
}

#[test]
fn a_run_killed_when_so_many_trials_are_kept_ends_equal() {
    check((1..=N_TRIALS).map(|n| vec![Moment::Kept(n)]));
}

#[test]
fn a_run_killed_while_it_writes_the_report_ends_equal() {
    check((0..6).map(|n| vec![Moment::Report(n)]));
}

/// Runs get ever longer, until one is over before it is killed.
#[test]
fn a_run_that_is_killed_over_and_over_ends_equal() {
    let lab = lab();
    let is_killed = |n: &u32| {
        let run = Running::start(&lab, &RUN);
        sleep(WHOLE.took.mul_f64(0.2 + f64::from(*n) * 0.03));
        run.kill()
    };
    let n_kills = (1..200).take_while(is_killed).count();
    assert!(n_kills < 199, "runs make headway however often they are killed");
    check_end(&lab, "killed over and over");
    tell(&format!("it ended like an uninterrupted run after {n_kills} kills"));
}
