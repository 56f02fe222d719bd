//! How far experiments are, in words and tables.

use recur_core::metric::Metric;
use recur_core::visible::visible;
use recur_experiment::SentTasks;
use recur_experiment::status::{BestSoFar, Counts, EndedProcess, ExperimentStatus, RunningNow, Status, StatusRequest};
use recur_terminal::{duration, table};
use std::collections::BTreeMap;
use std::path::Path;

/// So many damaged trials are named; the others are counted.
const MAX_PROBLEMS: usize = 5;

/// All of `status`, which `request` asked for.
pub(super) fn of(status: &Status, request: &StatusRequest) -> String {
    let command = match request {
        StatusRequest::OfSpec(request) => request.command_to_train(Path::new(&status.store)),
        StatusRequest::Named(_) | StatusRequest::All => "recur experiment with its spec".to_owned(),
    };
    let mut parts = match request {
        StatusRequest::All => overview(status),
        StatusRequest::Named(_) | StatusRequest::OfSpec(_) => {
            status.experiments.iter().flat_map(|experiment| about(experiment, &command)).collect()
        }
    };
    parts.extend(problems(status));
    parts.extend(
        status.unanswered.iter().map(|why| format!("What the batch system has is not known: {}", visible(why))),
    );
    parts.join("\n\n")
}

/// A line for each experiment.
fn overview(status: &Status) -> Vec<String> {
    let header = ["experiment", "trials", "done", "running", "failed", "diverged", "waiting"];
    let row = |experiment: &ExperimentStatus| {
        let Counts { n_trials, n_diverged, n_failed, n_running, n_waiting, .. } = experiment.trials;
        let counts = [n_trials, experiment.trials.n_done(), n_running, n_failed, n_diverged, n_waiting];
        let name = std::iter::once(experiment.name.clone());
        name.chain(counts.iter().map(ToString::to_string)).collect::<Vec<String>>()
    };
    let rows: Vec<Vec<String>> = status.experiments.iter().map(row).collect();
    let mut parts = vec![match rows.is_empty() {
        true => "the store lists no experiment; recur experiment SPEC runs one".to_owned(),
        false => table(&header, &rows, 1),
    }];
    if !status.other_running.is_empty() {
        parts.push(format!("running, and listed by none of them:\n{}", running(&status.other_running)));
    }
    parts
}

/// All about one experiment.
fn about(experiment: &ExperimentStatus, command: &str) -> Vec<String> {
    let name = visible(&experiment.name);
    if !experiment.is_started {
        return vec![format!("{name} has not been started in this store. To start it: {command}")];
    }
    let mut parts = vec![format!("{name}: {}", progress(experiment))];
    if experiment.is_changed {
        parts.push(format!(
            "The spec was changed since the last run: what follows is about the spec as it was then. To run it as it is now: {command}"
        ));
    }
    parts.extend(experiment.sent.as_ref().map(sent));
    if !experiment.running.is_empty() {
        parts.push(running(&experiment.running));
    }
    parts.extend(experiment.ended_processes.iter().map(|process| ended(process, command)));
    if experiment.n_processes == 0
        && experiment.sent.is_none()
        && experiment.trials.n_waiting + experiment.trials.n_failed > 0
    {
        parts.push(format!("Nothing works on it now. To go on: {command}"));
    }
    parts.extend(best(experiment));
    parts
}

fn progress(experiment: &ExperimentStatus) -> String {
    let Counts { n_trials, n_diverged, n_failed, n_running, n_waiting, .. } = experiment.trials;
    let n_done = experiment.trials.n_done();
    let mut text = format!("{n_done} of {n_trials} trials done, {n_running} running, {n_waiting} waiting");
    for (n, what) in [(n_diverged, "of those done diverged"), (n_failed, "failed")] {
        if n > 0 {
            text.push_str(&format!(", {n} {what}"));
        }
    }
    if let Some(most) = experiment.most_trials.filter(|most| *most > n_trials as u64) {
        text.push_str(&format!("; results decide which come next, at most {most} in all"));
    }
    let seconds = |seconds: u64| duration(seconds as f64);
    let facts = [
        experiment.elapsed_seconds.map(|elapsed| format!("running for {}", seconds(elapsed))),
        experiment.trials_per_minute.map(|rate| format!("{rate:.1} trials a minute")),
        experiment.seconds_left.map(|left| format!("about {} left", duration(left))),
    ];
    let facts: Vec<String> = facts.into_iter().flatten().collect();
    if facts.is_empty() { text } else { format!("{text}\n{}", facts.join(", ")) }
}

/// What a batch system has.
fn sent(tasks: &SentTasks) -> String {
    let listed = |counts: &BTreeMap<String, usize>| {
        let named = counts.iter().filter(|(word, _)| !word.is_empty());
        let named: Vec<String> = named.map(|(word, n)| format!("{n} {}", visible(word))).collect();
        if named.is_empty() { String::new() } else { format!(" ({})", named.join(", ")) }
    };
    let SentTasks { waiting, running, n_trials } = tasks;
    format!(
        "In the batch system: {} tasks run{}, {} wait{}; they have {n_trials} trials that have not ended",
        tasks.n_running(),
        listed(running),
        tasks.n_waiting(),
        listed(waiting)
    )
}

/// The trials that run, a line each.
fn running(trials: &[RunningNow]) -> String {
    let row = |now: &RunningNow| {
        let trial = &now.trial;
        // A file that anybody may have written: a number of 300 digits is no result.
        let validation = trial.validation.filter(|value| value.abs() < 1e6);
        let value = validation.map_or("–".to_owned(), |value| format!("{value:.4}"));
        let heard = now.heard_seconds_ago.map(|ago| format!(", heard of {} ago", duration(ago as f64)));
        let place = now.place.as_ref().map(|place| format!(" ({place})"));
        let place = format!("{}{}{}", now.host, place.unwrap_or_default(), heard.unwrap_or_default());
        let title = format!("{} replicate {}", trial.title, trial.replicate);
        let epochs = format!("{} of {}", trial.epochs_done, trial.n_epochs);
        let metric = Metric::named(&trial.metric);
        let metric = metric.map_or(trial.metric.as_str(), |metric| metric.title());
        vec![trial.id.short().to_owned(), title, epochs, format!("{metric} {value}"), place]
    };
    let rows: Vec<Vec<String>> = trials.iter().map(row).collect();
    table(&["running", "configuration", "epochs done", "validation", "where"], &rows, usize::MAX)
}

fn ended(process: &EndedProcess, command: &str) -> String {
    let EndedProcess { host, pid, place, heard_seconds_ago, trials } = process;
    let place = place.as_ref().map_or_else(String::new, |place| format!(" ({})", visible(place)));
    let how = match heard_seconds_ago {
        Some(ago) => format!("has not been heard of for {}", duration(*ago as f64)),
        None => "has ended".to_owned(),
    };
    let ids: Vec<&str> = trials.iter().map(|id| id.short()).collect();
    let host = visible(host);
    format!(
        "Process {pid} on {host}{place} {how}, and trained {}. They go on from their last checkpoints: {command}",
        ids.join(", ")
    )
}

/// The best of each model so far.
fn best(experiment: &ExperimentStatus) -> Option<String> {
    let metric = experiment.metric?;
    let row = |(model, best): (&str, &BestSoFar)| {
        let stop = best.stop_after.map_or_else(String::new, |epochs| format!(", to epoch {epochs}"));
        let interval = best.interval.map_or_else(|| "–".to_owned(), |[low, high]| format!("[{low:.4}, {high:.4}]"));
        let configuration = format!("{}{stop}", best.configuration);
        vec![model.to_owned(), configuration, format!("{:.4}", best.mean), interval, best.n_replicates.to_string()]
    };
    let found: Vec<(&str, &BestSoFar)> =
        experiment.models.iter().filter_map(|it| Some((it.model.as_str(), it.best.as_ref()?))).collect();
    if found.is_empty() {
        return None;
    }
    let mean = format!("mean {}", metric.title());
    let header = ["model", "best so far", mean.as_str(), "95 % interval", "replicates"];
    let rows: Vec<Vec<String>> = found.into_iter().map(row).collect();
    Some(format!(
        "{}\nThese are results on validation rows. The best of many looks better than it is, and nothing is decided yet: test results \
         come with the report.",
        table(&header, &rows, 2)
    ))
}

fn problems(status: &Status) -> Option<String> {
    let mut lines: Vec<String> = status.problems.iter().take(MAX_PROBLEMS).cloned().collect();
    if status.problems.len() > MAX_PROBLEMS {
        lines.push(format!("and {} more: recur store check", status.problems.len() - MAX_PROBLEMS));
    }
    (!lines.is_empty()).then(|| format!("not counted, as they cannot be read:\n{}", lines.join("\n")))
}
