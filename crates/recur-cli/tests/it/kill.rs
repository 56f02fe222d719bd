//! SIGKILL at any moment: what a later run ends with cannot be reported from what one run gives.
//!
//! No sleep decides a result. A delay or a look at the folder only says where a kill lands, and wherever it lands the end
//! must be the same. If a run is over before its kill, the kills are repeated on a fresh store, so that each of them counts; and
//! each test asserts how many hit.

#![cfg(unix)]

use crate::common::{Lab, names_csv};
use crate::processes::Running;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// What is run and killed.
struct Subject {
    spec: &'static str,
    /// Trials that an uninterrupted run keeps.
    n_trials: usize,
    whole: LazyLock<Whole>,
}

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

static GRID: Subject = Subject { spec: SPEC, n_trials: 6, whole: LazyLock::new(|| Whole::of(SPEC)) };

/// A search whose proposals are stopped after two epochs; three of nine are trained to the end, and two of them on both
/// replicates.
const SEARCHING: &str = "\
recur: 1
name: small
seed: 3
data: {source: names.csv}
training: {epochs: 4, batch_size: 1}
models:
  - use: linfa_naive_bayes
  - use: gru
    sweep: {learning_rate: {log: {from: 0.001, to: 0.1}}, hidden_size: {linear: {from: 2, to: 8}}}
replicates: 2
search: {configurations: 9, ahead: 3, replicates: 1}
race: {replicates: [1, 2], keep: 0.5}
halving: {shortest: 2}
";

static SEARCH: Subject =
    Subject { spec: SEARCHING, n_trials: 2 + 9 + 3 + 2, whole: LazyLock::new(|| Whole::of(SEARCHING)) };

/// Saves at every chance: after each epoch, and within it after every 64 names.
const RUN: [&str; 4] = ["experiment", "small.yaml", "--checkpoint-every", "0s"];

const ALL: &[&str] = &["runs", "reports"];

fn lab(spec: &str) -> Lab {
    let lab = Lab::with(spec);
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

impl Whole {
    fn of(spec: &str) -> Self {
        let (lab, started) = (lab(spec), now());
        lab.recur(&RUN).ended(0);
        let took = started.elapsed();
        Self { promised: lab.promised(ALL), took }
    }
}

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
    /// When so many trials are kept and something is being written: a record, a checkpoint or test results.
    Writing(usize),
    /// When all trials are kept and this many files of the report stand in its folder, under whatever name.
    Report(usize),
}

impl Moment {
    fn has_come(self, subject: &Subject, lab: &Lab, since: Instant) -> bool {
        match self {
            Moment::Share(share) => since.elapsed() >= subject.whole.took.mul_f64(share),
            Moment::Kept(n) => lab.trials().len() >= n,
            Moment::Writing(n) => lab.trials().len() >= n && is_writing(lab),
            Moment::Report(n) => lab.trials().len() >= subject.n_trials && n_files(&lab.path("reports/small")) >= n,
        }
    }

    /// Whether the clock says when it comes.
    fn is_by_clock(self) -> bool {
        matches!(self, Moment::Share(_))
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

/// Kills a run of `lab` at `moment`; whether that hit it, and it was not over by then.
fn kill(subject: &Subject, lab: &Lab, moment: Moment) -> bool {
    let (mut run, since) = (Running::start(lab, &RUN), now());
    while !moment.has_come(subject, lab, since) && !run.has_ended() {
        sleep(Duration::from_micros(100));
    }
    run.kill()
}

/// A store whose runs were killed at `moments`, or at earlier ones if one of them would be over by then.
///
/// A run that was not hit has finished the store, and there a later kill would hit nothing: each try has a store of its own.
fn killed(subject: &Subject, moments: &[Moment]) -> Killed {
    // Another try may hit what happens within a run. A share of the time comes as late again.
    let n_tries = if moments.iter().any(|moment| moment.is_by_clock()) { 1 } else { 3 };
    let mut moments = moments.to_vec();
    for n in 1..=20 {
        let lab = lab(subject.spec);
        if moments.iter().all(|moment| kill(subject, &lab, *moment)) {
            return Killed { is_on_time: n <= n_tries, lab };
        }
        if n >= n_tries {
            moments = moments.into_iter().map(Moment::earlier).collect();
        }
    }
    panic!("no run could be killed before its end: {moments:?}");
}

/// A store whose runs were all killed.
struct Killed {
    lab: Lab,
    /// Whether each kill came at its own moment, not at an earlier one.
    is_on_time: bool,
}

impl Killed {
    /// Whether the killed runs left something to go on from or to clear away: a trial, or what a process was writing.
    fn has_left_something(&self) -> bool {
        ["runs/trials", "runs/checkpoints", "runs/tmp"].iter().any(|folder| n_files(&self.lab.path(folder)) > 0)
    }
}

/// Whether `lab`, let through, ends as if nothing had been.
#[track_caller]
fn check_end(subject: &Subject, lab: &Lab, reported: &str) {
    lab.recur(&RUN).ended(0);
    let promised = lab.promised(ALL);
    let whole = &subject.whole.promised;
    let is_other = |path: &&PathBuf| promised.get(*path) != whole.get(*path);
    let others: Vec<_> = promised.keys().chain(whole.keys()).filter(is_other).collect();
    assert!(others.is_empty(), "{reported}: not as in an uninterrupted run: {others:?}");
    let check = lab.recur(&["store", "check"]).ended(0).out;
    assert!(check.contains("0 checkpoints, 1 experiment, ") && check.contains("all whole"), "{reported}: {check}");
    let gc = lab.recur(&["store", "gc", "--dry-run"]).ended(0).out;
    assert_eq!(gc, "0 would be removed, 0 B\n", "{reported}: nothing is left over");
}

/// Kills once or several times, each time with a fresh folder, and compares the ends. Half of the stores at least must have
/// something left in them, and half of the kills that wait for what happens within a run must have hit it: else the test would
/// show little.
#[track_caller]
fn check(subject: &Subject, points: impl IntoIterator<Item = Vec<Moment>>) {
    let (mut n_points, mut n_kills, mut n_left, mut n_late) = (0, 0, 0, 0);
    for moments in points {
        let killed = killed(subject, &moments);
        n_left += usize::from(killed.has_left_something());
        n_late += usize::from(!killed.is_on_time && !moments[0].is_by_clock());
        check_end(subject, &killed.lab, &format!("killed at {moments:?}"));
        n_points += 1;
        n_kills += moments.len();
    }
    let found = format!("{n_left} of {n_points} left something, {n_late} were hit by an earlier kill only");
    tell(&format!("{n_points} of {n_points} ended like an uninterrupted run after {n_kills} kills; {found}"));
    assert!(n_points > 0 && 2 * n_left >= n_points && 2 * n_late <= n_points, "{found}");
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
    check(&GRID, shares().take(16).map(|share| vec![Moment::Share(share)]));
}

#[test]
fn a_run_killed_two_or_three_times_ends_equal() {
    let moments: Vec<Moment> = shares().skip(16).map(Moment::Share).take(24).collect();
    let (twos, threes) = moments.split_at(12);
    check(&GRID, twos.chunks(2).chain(threes.chunks(3)).map(<[Moment]>::to_vec));
}

#[test]
fn a_run_killed_while_it_writes_ends_equal() {
    check(&GRID, (0..12).map(|n| vec![Moment::Writing(n % GRID.n_trials)]));
}

#[test]
fn a_run_killed_when_so_many_trials_are_kept_ends_equal() {
    check(&GRID, (1..=GRID.n_trials).map(|n| vec![Moment::Kept(n)]));
}

#[test]
fn a_run_killed_while_it_writes_the_report_ends_equal() {
    check(&GRID, (0..6).map(|n| vec![Moment::Report(n)]));
}

/// So many kills at least must hit runs of one store that is then finished.
const MIN_KILLS: usize = 4;

/// Kills runs of one store that get ever longer, until one is over before it is killed; the first lasts for `share` of the
/// time of an uninterrupted one. The number of kills that hit.
fn kill_over_and_over(lab: &Lab, share: f64) -> usize {
    let is_killed = |n: &u32| {
        let run = Running::start(lab, &RUN);
        sleep(GRID.whole.took.mul_f64(share * (1.0 + f64::from(*n) * 0.15)));
        run.kill()
    };
    let n_kills = (0..200).take_while(is_killed).count();
    assert!(n_kills < 200, "runs make headway however often they are killed");
    n_kills
}

#[test]
fn a_run_that_is_killed_over_and_over_ends_equal() {
    // A machine that is faster now than when the uninterrupted run was timed needs earlier kills.
    for share in [0.2, 0.1, 0.05, 0.025, 0.0125] {
        let lab = lab(GRID.spec);
        let n_kills = kill_over_and_over(&lab, share);
        check_end(&GRID, &lab, "killed over and over");
        tell(&format!("it ended like an uninterrupted run after {n_kills} kills"));
        if n_kills >= MIN_KILLS {
            return;
        }
    }
    panic!("fewer than {MIN_KILLS} kills hit a run before its end");
}

#[test]
fn a_search_that_is_halved_and_killed_anywhere_ends_equal() {
    check(&SEARCH, shares().take(8).map(|share| vec![Moment::Share(share)]));
    check(&SEARCH, (1..=SEARCH.n_trials).step_by(2).map(|n| vec![Moment::Kept(n)]));
    check(&SEARCH, (0..4).map(|n| vec![Moment::Writing(2 * n), Moment::Kept(2 * n + 2)]));
}
