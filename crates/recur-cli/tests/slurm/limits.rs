//! The queue takes less than all, or nothing for a while.

use crate::cluster::{Cluster, has_slurm};
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

/// Such a limit needs Slurm's database, so a script stands before `sbatch`: it counts what is in the queue, and refuses with
/// Slurm's own words. The experiment has more trials than the limit.
fn within(limit: usize) {
    if !has_slurm() {
        return;
    }
    let spec = crate::cluster::SPEC.replace("[0.002, 0.004, 0.01]", "[0.002, 0.004, 0.006, 0.008, 0.01]");
    let spec = spec.replace("epochs: 150", "epochs: 20");
    let local = crate::common::Lab::with(&spec);
    local.experiment(&[]).ended(0);
    let cluster = Cluster::with(&spec, &[]);
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
    cluster.start_with(&[], &[("PATH", path)]).end().ended(0);
    assert_eq!(cluster.lab.promised(&["runs/trials", "reports"]), local.promised(&["runs/trials", "reports"]));
    let asked = cluster.lab.read("asked");
    assert!(asked.contains("refused"), "{asked}");
    let taken: Vec<usize> = asked.lines().filter_map(|line| line.parse().ok()).collect();
    assert_eq!((taken.iter().sum::<usize>(), taken.iter().all(|n| *n <= limit)), (12, true), "{asked}");
}

/// `sbatch` then waits by itself for room, longer than recur waits for it.
#[test]
fn the_queue_is_full() {
    if !has_slurm() {
        return;
    }
    let cluster = Cluster::start(&["MaxJobCount=4", "MinJobAge=2"]);
    cluster.experiment(&[]).ended(0);
    cluster.check_bytes();
}

/// Nothing is sent then, and nothing is waited for.
#[test]
fn without_a_controller_a_run_ends_at_once() {
    if !has_slurm() {
        return;
    }
    let cluster = Cluster::start(&[]);
    cluster.kill("slurmctld");
    let ran = cluster.experiment(&[]).ended(1);
    assert!(ran.err.contains("`squeue`") && ran.err.contains("the trials could not be trained"), "{}", ran.err);
    assert_eq!(std::fs::read_dir(cluster.lab.path("runs/jobs/small")).unwrap().count(), 0);
}

#[test]
fn the_partition_is_down_for_a_while() {
    if !has_slurm() {
        return;
    }
    let cluster = Cluster::start(&[]);
    cluster.slurm("scontrol", &["update", "PartitionName=main", "State=DOWN"]);
    let mut running = cluster.start_experiment(&[]);
    cluster.wait_until("a word of it", || running.said().contains("tasks wait in Slurm: PartitionDown"));
    assert!(["n1", "n2"].into_iter().all(|node| cluster.processes_of(node).is_empty()));
    cluster.slurm("scontrol", &["update", "PartitionName=main", "State=UP"]);
    running.end().ended(0);
    cluster.check_bytes();
}
