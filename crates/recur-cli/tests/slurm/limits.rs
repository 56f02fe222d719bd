//! The queue takes less than all, or nothing for a while.

use crate::cluster::{Cluster, has_slurm, local, short};
use std::os::unix::fs::PermissionsExt as _;

/// An array may have five tasks: there are several jobs.
#[test]
fn arrays_may_have_five_tasks() {
    if !has_slurm() {
        return;
    }
    let cluster = Cluster::start(&["MaxArraySize=5"]);
    cluster.experiment(&[]).ended(0);
    cluster.check_bytes();
    let jobs = cluster.slurm("squeue", &["-h", "-r", "-t", "all", "-o", "%F"]);
    let jobs: std::collections::BTreeSet<&str> = jobs.lines().collect();
    assert!(jobs.len() >= 2, "{jobs:?}");
}

#[test]
fn a_user_may_have_three_tasks_in_the_queue() {
    within(3);
}

#[test]
fn a_user_may_have_ten_tasks_in_the_queue() {
    within(10);
}

/// The experiment has more trials than the limit.
fn within(limit: usize) {
    if !has_slurm() {
        return;
    }
    let (cluster, path) = limited(limit);
    cluster.start_with(&[], &[("PATH", path)]).end().ended(0);
    check_limited(&cluster, limit);
}

/// Twelve trials.
fn twelve() -> String {
    short().replace("[0.002, 0.004, 0.01]", "[0.002, 0.004, 0.006, 0.008, 0.01]")
}

/// A cluster where a user may have `limit` tasks in the queue, and the `PATH` for that. Such a limit needs Slurm's database, so a script
/// stands before `sbatch`: it counts what is in the queue, and refuses with Slurm's own words.
fn limited(limit: usize) -> (Cluster, String) {
    let cluster = Cluster::with(&twelve(), &[]);
    let script = format!(
        "#!/bin/sh\n\
         for word; do case $word in --array=0-*) last=${{word#--array=0-}};; esac; done\n\
         there=$(squeue -h -r -t PENDING,RUNNING,COMPLETING | wc -l)\n\
         if [ $((there + last + 1)) -gt {limit} ]; then\n\
         echo \"sbatch: error: AssocMaxSubmitJobLimit\" >&2\n\
         echo \"sbatch: error: Batch job submission failed: Job violates accounting/QOS policy\" >&2\n\
         echo refused >> {0}\n\
         exit 1\n\
         fi\n\
         echo $((last + 1)) >> {0}\n\
         exec /usr/bin/sbatch \"$@\"\n",
        cluster.lab.path("asked").display()
    );
    cluster.lab.write("bin/sbatch", script);
    let path = cluster.lab.path("bin/sbatch");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", cluster.lab.path("bin").display());
    (cluster, path)
}

/// All bytes are those of a local run, something was refused, and each trial was sent once.
#[track_caller]
fn check_limited(cluster: &Cluster, limit: usize) {
    cluster.check_bytes_of(&local(&twelve()));
    let asked = cluster.lab.read("asked");
    assert!(asked.contains("refused"), "{asked}");
    let taken: Vec<usize> = asked.lines().filter_map(|line| line.parse().ok()).collect();
    assert_eq!((taken.iter().sum::<usize>(), taken.iter().all(|n| *n <= limit)), (12, true), "{asked}");
}

/// The next run finds what was taken, and sends what was refused.
#[test]
fn recur_is_killed_after_a_refusal_and_nothing_is_sent_twice() {
    if !has_slurm() {
        return;
    }
    let limit = 4;
    let (cluster, path) = limited(limit);
    cluster.set_partition("DOWN");
    let running = cluster.start_with(&[], &[("PATH", path.clone())]);
    cluster
        .wait_until("a refusal of a single task", || running.said().contains("tasks wait here until Slurm takes more"));
    let asked = cluster.lab.read("asked");
    running.kill();
    assert_eq!(asked.lines().filter_map(|line| line.parse::<usize>().ok()).sum::<usize>(), limit, "{asked}");
    assert!(asked.ends_with("refused\n"), "{asked}");
    let mut running = cluster.start_with(&[], &[("PATH", path)]);
    cluster.wait_until("what was sent", || running.said().contains("4 tasks of an earlier run are there and go on"));
    cluster.set_partition("UP");
    running.end().ended(0);
    check_limited(&cluster, limit);
}

/// `sbatch` then waits by itself for room, longer than recur waits for it.
#[test]
fn the_queue_is_full() {
    if !has_slurm() {
        return;
    }
    let cluster = Cluster::start(&["MaxJobCount=4", "MinJobAge=2"]).impatient();
    cluster.experiment(&[]).ended(0);
    cluster.check_bytes();
}

/// Nothing is sent then, and nothing is waited for.
#[test]
fn without_a_controller_a_run_ends_at_once() {
    if !has_slurm() {
        return;
    }
    let cluster = Cluster::start(&[]).impatient();
    cluster.kill("slurmctld");
    let ran = cluster.experiment(&[]).ended(1);
    ran.reported(&["`squeue`", "the trials could not be trained", "run the same command when `squeue` answers again"]);
    assert_eq!(std::fs::read_dir(cluster.lab.path("runs/jobs/small")).unwrap().count(), 0);
}

#[test]
fn the_partition_is_down_for_a_while() {
    if !has_slurm() {
        return;
    }
    let cluster = Cluster::start(&[]);
    cluster.set_partition("DOWN");
    let mut running = cluster.start_experiment(&[]);
    cluster.wait_until("a word of it", || running.said().contains("tasks wait in Slurm: PartitionDown"));
    assert!(["n1", "n2"].into_iter().all(|node| cluster.processes_of(node).is_empty()));
    cluster.set_partition("UP");
    running.end().ended(0);
    cluster.check_bytes();
}
