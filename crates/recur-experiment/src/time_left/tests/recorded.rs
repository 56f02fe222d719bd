//! Recorded runs of shipped experiments: the seconds of each trial, of two at once on two cores of an EPYC (Zen 4, 2.6 GHz). The events of
//! a run follow from them, where the epochs of a trial take equally long.
//!
//! While `quickstart`, `names` and the first 154 trials of `search`, which are those here, ran, the machine did little else. Other programs
//! came and went while the first four replicates of `width` ran: trials of one configuration differ up to 2.6 times.

use super::{Made, TimeLeft, WorkKind, id, of, ratios, work};

const QUICKSTART: &str = include_str!("quickstart.csv");
const SEARCH: &str = include_str!("search.csv");
const NAMES: &str = include_str!("names.csv");
const WIDTH: &str = include_str!("width.csv");

/// A recorded run, with this share of the epochs of its trials.
fn recorded(csv: &str, share: f64) -> Vec<Made> {
    csv.lines().skip(1).enumerate().map(|(n, line)| made(n, line, share)).collect()
}

fn made(n: usize, line: &str, share: f64) -> Made {
    let [model, configuration, kind, cost, epochs, seconds] = line.split(',').collect::<Vec<_>>()[..] else {
        panic!("{line}")
    };
    let all: f64 = epochs.parse().unwrap();
    let epochs = (all * share).round().max(1.0);
    let cost = cost.parse::<f64>().ok().map(|of_epoch| (of_epoch * epochs) as u64);
    let mut work = work(n, model, configuration, cost);
    work.kind = if kind == "solver" { WorkKind::Solver } else { WorkKind::Network };
    (work.epochs, work.full_epochs) = (epochs as u32, epochs as u32);
    Made { work, seconds: seconds.parse::<f64>().unwrap() * epochs / all, share: 1.0 }
}

/// Every twentieth of a run from a tenth on.
fn moments() -> Vec<f64> {
    (2..=18).map(|n| f64::from(n) / 20.0).collect()
}

#[track_caller]
fn check(name: &str, csv: &str, share: f64, within: f64) {
    for jobs in [1, 2, 4] {
        let made = recorded(csv, share);
        let found = ratios(&made, jobs, of(&made, jobs), &moments());
        let is_near = |(estimate, _): &(f64, f64)| (1.0 / within..=within).contains(estimate);
        assert!(found.iter().all(is_near), "{name}, {jobs} jobs, {share} of the epochs: {found:?}");
    }
}

#[test]
fn recorded_runs_are_estimated_within_one_and_a_half_of_the_truth() {
    for share in [1.0, 0.4] {
        check("quickstart", QUICKSTART, share, 1.5);
        check("search", SEARCH, share, 1.5);
        check("names", NAMES, share, 1.5);
    }
}

#[test]
fn on_a_busy_machine_the_estimate_differs_less_than_trials_of_a_configuration_do() {
    check("width", WIDTH, 1.0, 1.75);
    check("width", WIDTH, 0.3, 1.75);
}

/// What the cost of a solver is for: it runs for a third of the run before anything else shows how long it takes.
#[test]
fn without_its_cost_a_solver_misleads_the_estimate() {
    let at_a_tenth = |made: &[Made]| ratios(made, 2, of(made, 2), &[0.1])[0].0;
    let mut made = recorded(QUICKSTART, 0.4);
    made.truncate(60);
    assert!((0.8..1.2).contains(&at_a_tenth(&made)), "{}", at_a_tenth(&made));
    let solvers = made.iter_mut().filter(|made| made.work.kind == WorkKind::Solver);
    solvers.for_each(|made| made.work.cost = None);
    assert!(at_a_tenth(&made) < 1.0 / 1.5, "{}", at_a_tenth(&made));
}

#[test]
fn a_solver_is_expected_to_be_as_slow_as_the_networks_show_the_machine_to_be() {
    let solver = |n, parameters: u64| {
        let mut solver = work(n, "solver", "s", Some(parameters));
        (solver.kind, solver.epochs, solver.full_epochs) = (WorkKind::Solver, 1, 1);
        solver
    };
    let expected = |seconds_of_network: Option<f64>| {
        let mut time_left = TimeLeft::new(1);
        time_left.add(&solver(0, 100_000_000_000));
        let network = work(1, "network", "n", seconds_of_network.map(|_| 100_000_000_000));
        time_left.add(&network);
        time_left.ended_elsewhere(&id(1), &super::whole(seconds_of_network.unwrap_or(1.0), false));
        time_left.seconds_of([&id(0)])[0].unwrap()
    };
    super::close(expected(None), 5.5, 1.01);
    super::close(expected(Some(3.5)), 5.5, 1.01);
    super::close(expected(Some(10.5)), 3.0 * 5.5, 1.01);
}
