//! `recur store check`: whether every file is whole.

use crate::error::{CliError, Exit};
use indicatif::HumanBytes;
use recur_core::visible::{shown, visible};
use recur_store::Store;
use recur_terminal::print;

pub(super) fn run(store: &Store) -> Result<Exit, CliError> {
    let mut problems = Vec::new();
    let summary = store.check(|problem| problems.push(problem.to_string()))?;
    let count = |n: u64, one: &str, several: &str| format!("{n} {}", if n == 1 { one } else { several });
    if summary.elsewhere > 0 {
        let hosts: Vec<String> = store.hosts_elsewhere()?.iter().map(|host| visible(host).into_owned()).collect();
        problems.push(format!(
            "{} of {}, where processes may be writing; if that machine is gone, or was started again since, \
             `store gc --host-gone HOST` removes them",
            count(summary.elsewhere, "scratch folder", "scratch folders"),
            hosts.join(", ")
        ));
    }
    problems.push(format!(
        "{}: {}, {}, {}, {}, {}: {}",
        shown(store.root()),
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
