mod recorded;

use super::*;

/// A trial of a made-up run, with the seconds that it really takes.
#[derive(Clone)]
struct Made {
    work: TrialWork,
    seconds: f64,
    /// The share of its epochs that it uses.
    share: f64,
}

fn id(n: usize) -> TrialId {
    serde_json::from_value(format!("{n:032x}").into()).unwrap()
}

fn work(n: usize, model: &str, configuration: &str, cost: Option<u64>) -> TrialWork {
    TrialWork {
        id: id(n),
        model: model.to_owned(),
        configuration: configuration.to_owned(),
        training: n.to_string(),
        cost,
        kind: WorkKind::Network,
        epochs: 10,
        full_epochs: 10,
        threads: 1,
        at_once: usize::MAX,
        shares_work: false,
    }
}

/// Five replicates of models that differ a hundredfold: a fast one whose cost is unknown, narrow and wide networks whose seconds grow slower
/// than their cost, and slow ones at the end of each replicate. Trials of a configuration differ by up to a fifth.
fn sweep(early_stop: bool) -> Vec<Made> {
    let mut made = Vec::new();
    let mut noise = 1_u64;
    let kinds = [
        ("bayes", 1.0, 0.0, vec![1.0]),
        ("rnn", 1.0, 0.8, vec![1.0, 4.0, 16.0, 64.0]),
        ("gru", 2.0, 1.0, vec![4.0, 16.0, 40.0]),
    ];
    for _ in 0..5 {
        for (model, rate, slope, costs) in &kinds {
            for cost in costs {
                noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let random = (noise >> 40) as f64 / (1_u64 << 24) as f64;
                let seconds = rate * libm::pow(*cost, *slope) * (0.8 + 0.4 * random);
                let cost_known = (*model != "bayes").then_some((1e9 * cost) as u64);
                let share = if early_stop && *model == "gru" { 0.4 + 0.1 * (random * 5.0).floor() } else { 1.0 };
                made.push(Made {
                    work: work(made.len(), model, &format!("{model} {cost}"), cost_known),
                    seconds: seconds * share,
                    share,
                });
            }
        }
    }
    made
}

/// What happens to the trials of a run on `jobs` threads: (time, trial, share of its epochs), with the end as a share of `None`.
fn events(made: &[Made], jobs: usize) -> Vec<(f64, usize, Option<f64>)> {
    let (mut free, mut events) = (vec![0.0; jobs], Vec::new());
    for (n, Made { work, seconds, share }) in made.iter().enumerate() {
        let thread = (0..jobs).min_by(|a, b| f64::total_cmp(&free[*a], &free[*b])).unwrap();
        let start = free[thread];
        free[thread] += seconds;
        let of = f64::from(work.epochs);
        let n_epochs = (of * share).round() as usize;
        let epoch = |done: usize| (start + seconds * done as f64 / n_epochs as f64, n, Some(done as f64 / of));
        events.extend((0..=n_epochs).map(epoch));
        events.push((start + seconds, n, None));
    }
    events.sort_by(|a, b| f64::total_cmp(&a.0, &b.0).then(a.1.cmp(&b.1)));
    events
}

/// The estimate by the truth after these shares of the run; and that which takes all trials as equally long.
fn ratios(made: &[Made], jobs: usize, mut time_left: TimeLeft, after: &[f64]) -> Vec<(f64, f64)> {
    let events = events(made, jobs);
    let end = events.iter().map(|event| event.0).fold(0.0, f64::max);
    let mut shares = vec![0.0; made.len()];
    let mut ratios = Vec::new();
    let mut next = events.iter().peekable();
    for after in after {
        let now = after * end;
        while let Some((time, n, share)) = next.next_if(|event| event.0 <= now) {
            match share {
                Some(0.0) => time_left.started(&id(*n), *time, 0.0),
                Some(share) => time_left.progressed(&id(*n), *time, *share),
                None => time_left.ended(&id(*n), *time),
            }
            shares[*n] = share.unwrap_or(1.0);
        }
        let done = shares.iter().sum::<f64>() / made.len() as f64;
        let equal = now * (1.0 - done) / done;
        ratios.push((time_left.left(now).unwrap().seconds / (end - now), equal / (end - now)));
    }
    ratios
}

fn of(made: &[Made], jobs: usize) -> TimeLeft {
    let mut time_left = TimeLeft::new(jobs);
    made.iter().for_each(|made| time_left.add(&made.work));
    time_left
}

/// A trial that used all of its epochs.
fn whole(seconds: f64, is_resumed: bool) -> Ended {
    Ended { seconds: Some(seconds), share: 1.0, is_resumed }
}

#[track_caller]
fn close(a: f64, b: f64, by: f64) {
    assert!(a / b <= by && b / a <= by, "{a} and {b}");
}

#[test]
fn from_a_tenth_of_a_run_on_the_estimate_is_within_one_and_a_half_of_the_truth() {
    for jobs in [1, 2, 4, 7] {
        for early_stop in [false, true] {
            let made = sweep(early_stop);
            let ratios = ratios(&made, jobs, of(&made, jobs), &[0.1, 0.25, 0.5, 0.75, 0.9]);
            assert!(ratios.iter().all(|(estimate, _)| (1.0 / 1.5..=1.5).contains(estimate)), "{jobs}: {ratios:?}");
            assert!(ratios[..3].iter().any(|(_, equal)| !(1.0 / 1.5..=1.5).contains(equal)), "{jobs}: {ratios:?}");
        }
    }
}

#[test]
fn nothing_is_estimated_before_anything_is_known_and_nothing_is_left_at_the_end() {
    let mut time_left = of(&sweep(false), 2);
    assert_eq!(time_left.left(0.0), None);
    time_left.started(&id(0), 0.0, 0.0);
    assert_eq!(time_left.left(1.0), None, "it has not finished an epoch");
    time_left.progressed(&id(0), 2.0, 0.1);
    assert!(time_left.left(2.0).is_some());
    let mut one = TimeLeft::new(1);
    one.add(&work(0, "m", "m", None));
    one.started(&id(0), 0.0, 0.0);
    one.ended(&id(0), 5.0);
    assert_eq!(one.left(5.0), Some(Left { seconds: 0.0, at_most: None, known: 0.0 }));
}

#[test]
fn a_running_trial_is_measured_by_its_own_epochs_and_one_that_goes_on_by_the_rest() {
    let mut time_left = TimeLeft::new(1);
    time_left.add(&work(0, "m", "m", Some(100)));
    time_left.started(&id(0), 100.0, 0.5);
    time_left.progressed(&id(0), 110.0, 0.6);
    close(time_left.left(110.0).unwrap().seconds, 40.0, 1.01);
    close(time_left.left(115.0).unwrap().seconds, 35.0, 1.01);
    let late = time_left.left(300.0).unwrap().seconds;
    assert!(late > 10.0, "an overdue trial is not about to end: {late}");
}

#[test]
fn a_longer_training_of_halving_takes_only_the_epochs_that_are_left() {
    let stopped = |n, epochs: u32| TrialWork {
        training: "t".into(),
        epochs,
        cost: Some(100 * u64::from(epochs)),
        ..work(n, "m", "m", None)
    };
    let mut time_left = TimeLeft::new(1);
    time_left.add(&stopped(1, 9));
    time_left.add(&stopped(0, 3));
    time_left.started(&id(0), 0.0, 0.0);
    time_left.progressed(&id(0), 30.0, 1.0);
    time_left.ended(&id(0), 30.0);
    close(time_left.left(30.0).unwrap().seconds, 60.0, 1.01);
    time_left.started(&id(1), 30.0, 1.0 / 3.0);
    time_left.progressed(&id(1), 40.0, 4.0 / 9.0);
    close(time_left.left(40.0).unwrap().seconds, 50.0, 1.05);
}

#[test]
fn earlier_runs_are_believed_until_this_one_shows_how_fast_it_is() {
    let mut time_left = TimeLeft::new(1);
    (0..4).for_each(|n| time_left.add(&work(n, "m", "m", Some(100))));
    time_left.add(&work(4, "never seen", "n", Some(300)));
    time_left.ended_before(&id(0), &whole(10.0, false));
    close(time_left.seconds_of([&id(1)])[0].unwrap(), 10.0, 1.01);
    close(time_left.seconds_of([&id(4)])[0].unwrap(), 10.0 * libm::pow(3.0, 0.85), 1.01);
    time_left.add_stored(&work(9, "never seen", "another", Some(300)), 60.0);
    close(time_left.seconds_of([&id(4)])[0].unwrap(), 60.0, 1.01);
    time_left.started(&id(1), 0.0, 0.0);
    time_left.progressed(&id(1), 30.0, 1.0);
    time_left.ended(&id(1), 30.0);
    close(time_left.seconds_of([&id(2)])[0].unwrap(), 30.0, 1.2);
    close(time_left.seconds_of([&id(4)])[0].unwrap(), 180.0, 1.2);
}

#[test]
fn the_first_trial_of_a_model_that_takes_long_shows_that_the_others_do() {
    let mut time_left = TimeLeft::new(1);
    let one_go = |n, model| TrialWork { epochs: 1, full_epochs: 1, ..work(n, model, model, None) };
    (0..4).for_each(|n| time_left.add(&one_go(n, if n == 0 { "fast" } else { "slow" })));
    time_left.started(&id(0), 0.0, 0.0);
    time_left.progressed(&id(0), 1.0, 1.0);
    time_left.ended(&id(0), 1.0);
    time_left.started(&id(1), 1.0, 0.0);
    close(time_left.left(1.0).unwrap().seconds, 3.0, 1.01);
    close(time_left.left(41.0).unwrap().seconds, 20.0 + 2.0 * 60.0, 1.01);
}

#[test]
fn seconds_of_a_trial_that_went_on_from_an_interruption_tell_nothing() {
    let mut time_left = TimeLeft::new(1);
    (0..2).for_each(|n| time_left.add(&work(n, "m", "m", Some(100))));
    time_left.ended_before(&id(0), &whole(1.0, true));
    assert_eq!(time_left.left(0.0), None);
}

#[test]
fn trials_that_results_may_decide_are_counted_as_whole_ones() {
    let mut time_left = TimeLeft::new(2);
    (0..3).for_each(|n| time_left.add(&work(n, "m", "m", None)));
    time_left.ended_before(&id(0), &whole(10.0, false));
    time_left.set_more(More { n: 4, is_certain: false });
    let left = time_left.left(0.0).unwrap();
    close(left.seconds, 10.0, 1.01);
    close(left.at_most.unwrap(), 30.0, 1.01);
    time_left.set_more(More { n: 4, is_certain: true });
    let left = time_left.left(0.0).unwrap();
    assert_eq!(left.at_most, None);
    close(left.seconds, 30.0, 1.01);
    close(left.known, 10.0, 1.01);
}

#[test]
fn a_model_whose_trials_fail_at_once_takes_no_time() {
    let mut time_left = TimeLeft::new(1);
    time_left.add(&work(0, "m", "m", Some(100)));
    time_left.ended_before(&id(0), &whole(10.0, false));
    (1..5).for_each(|n| time_left.add(&work(n, "broken", "b", Some(1_000_000))));
    for n in 1..4 {
        time_left.started(&id(n), 0.0, 0.0);
        time_left.ended(&id(n), 0.1);
    }
    assert!(time_left.left(0.1).unwrap().seconds < 1.0);
}

#[test]
fn what_the_store_lists_gives_the_estimate_without_data_or_models() {
    let listed = |n: usize, replicate, stop_after: Option<u32>, cost| recur_store::ExperimentTrial {
        configuration: "m(hidden_size=8)".into(),
        replicate,
        stop_after,
        cost,
        id: id(n),
    };
    let ended = |seconds, is_resumed| ListedProgress::Ended(whole(seconds, is_resumed));
    let left = |trials: &[recur_store::ExperimentTrial], progress: &[ListedProgress]| {
        let of = |id: &TrialId| progress[trials.iter().position(|trial| trial.id == *id).unwrap()];
        TimeLeft::of_listing(trials, 1, of).left(0.0).unwrap().seconds
    };
    let grid = [0, 1, 2].map(|n| listed(n, n as u32, None, Some(500)));
    let running = ListedProgress::Running { seconds: 6.0, share_before: 0.0, share: 0.5, silent: 1.0 };
    close(left(&grid, &[ended(10.0, false), running, ListedProgress::Waiting]), 4.0 + 10.0, 1.05);
    // Nine epochs cost three times as much as the three before.
    let halved = [listed(0, 0, None, Some(900)), listed(1, 1, None, Some(900)), listed(2, 0, Some(3), Some(300))];
    let waiting = ListedProgress::Waiting;
    close(left(&halved, &[waiting, waiting, ended(30.0, false)]), 60.0 + 90.0, 1.01);
    close(left(&halved, &[ended(60.0, true), waiting, ended(30.0, false)]), 90.0, 1.01);
}
