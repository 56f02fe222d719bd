//! What `squeue` says of tasks.

use crate::engine::{Ended, EngineError, Job, Seen, State};
use recur_core::visible::visible;
use std::collections::BTreeMap;

/// The columns that are asked for: number of the job, place in it, state, name, machines, reason.
pub(super) const FORMAT: &str = "%F|%K|%T|%j|%N|%r";

/// The tasks of `jobs` in an answer of `squeue`.
pub(super) fn read(text: &str, jobs: &[&Job]) -> Result<Vec<Seen>, EngineError> {
    let by_name: BTreeMap<&str, &Job> = jobs.iter().map(|job| (job.name.as_str(), *job)).collect();
    text.lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| read_line(line, &by_name))
        .filter_map(Result::transpose)
        .collect()
}

/// A task; nothing where the line is of another job.
fn read_line(line: &str, jobs: &BTreeMap<&str, &Job>) -> Result<Option<Seen>, EngineError> {
    let wrong = || EngineError::Answer { program: "squeue".to_owned(), line: visible(line).into_owned() };
    let parts: Vec<&str> = line.splitn(6, '|').map(str::trim).collect();
    let [id, place, state, name, machine, reason] = parts[..] else { return Err(wrong()) };
    let Some(job) = jobs.get(name) else { return Ok(None) };
    let place: u64 = place.parse().map_err(|_| wrong())?;
    if place >= job.n_tasks {
        return Err(wrong());
    }
    Ok(Some(Seen {
        name: name.to_owned(),
        task: job.first + place,
        job: id.to_owned(),
        state: state_of(state, machine, reason),
    }))
}

/// The states are those of `squeue`'s manual. One that is not known is taken for a task that runs: nothing is then done about it.
fn state_of(word: &str, machine: &str, reason: &str) -> State {
    match word {
        "PENDING" | "REQUEUED" | "REQUEUE_FED" | "REQUEUE_HOLD" | "RESV_DEL_HOLD" | "SPECIAL_EXIT" => {
            let reason =
                if ["None", "(null)"].contains(&reason) { String::new() } else { visible(reason).into_owned() };
            State::Waiting { reason }
        }
        "COMPLETED" => State::Ended(Ended::Well),
        "CANCELLED" => State::Ended(Ended::Cancelled),
        "TIMEOUT" | "DEADLINE" => State::Ended(Ended::OutOfTime),
        "OUT_OF_MEMORY" => State::Ended(Ended::OutOfMemory),
        "FAILED" | "NODE_FAIL" | "BOOT_FAIL" | "PREEMPTED" | "REVOKED" => State::Ended(Ended::Failed(word.to_owned())),
        _ => State::Running { place: visible(machine).into_owned() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_become_tasks_and_those_of_other_jobs_are_passed_over() {
        let job = Job { name: "recur-x-2".into(), first: 40, n_tasks: 7, doublings: 0, id: None };
        let text = "7|0|RUNNING|recur-x-2|n1|None\n7|1|PENDING|recur-x-2||Resources\n7|2|CANCELLED|recur-x-2|n2|None\n\
                    7|3|TIMEOUT|recur-x-2|n2|TimeLimit\n7|4|COMPLETING|recur-x-2|n2|None\n7|5|PENDING|recur-x-2||None\n\
                    7|6|OUT_OF_MEMORY|recur-x-2|n1|OutOfMemory\n8|N/A|RUNNING|other|n1|None\n\n";
        let seen = read(text, &[&job]).unwrap();
        let states: Vec<(u64, State)> = seen.iter().map(|seen| (seen.task, seen.state.clone())).collect();
        let running = |place: &str| State::Running { place: place.into() };
        let waiting = |reason: &str| State::Waiting { reason: reason.into() };
        assert_eq!(
            states,
            [
                (40, running("n1")),
                (41, waiting("Resources")),
                (42, State::Ended(Ended::Cancelled)),
                (43, State::Ended(Ended::OutOfTime)),
                (44, running("n2")),
                (45, waiting("")),
                (46, State::Ended(Ended::OutOfMemory)),
            ]
        );
        assert!(seen.iter().all(|seen| seen.job == "7"));
    }

    #[test]
    fn an_answer_that_cannot_be_read_is_no_answer() {
        let job = Job { name: "a".into(), first: 0, n_tasks: 2, doublings: 0, id: None };
        for text in ["a|b", "1|N/A|RUNNING|a|n|None", "1|2|RUNNING|a|n|None"] {
            assert!(matches!(read(text, &[&job]), Err(EngineError::Answer { .. })), "{text}");
        }
    }
}
