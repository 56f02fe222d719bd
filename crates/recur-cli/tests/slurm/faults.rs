//! Something is killed.

use crate::cluster::{Cluster, N_TASKS, has_python, has_slurm, local, short};
use crate::tasks::signal;

/// A node, by what it is made of: the daemon, the steps, and what they run. The queue notices after some seconds.
#[test]
fn a_node_is_killed() {
    if !has_slurm() {
        return;
    }
    let cluster = Cluster::start(&["SlurmdTimeout=5"]);
    let mut running = cluster.start_experiment(&[]);
    let (task, others) = cluster.pause(Some("n1"));
    cluster.kill("n1");
    signal("KILL", task.step);
    signal("KILL", task.pid);
    cluster.go_on(&others);
    running.end().ended(0);
    cluster.check_bytes();
}

/// The task survives its daemon. The queue takes the node for dead and starts the task on the other one: the trial runs twice, and
/// here both are made to run at once.
#[test]
fn a_daemon_is_killed_alone_and_a_trial_runs_twice_at_once() {
    if !has_slurm() {
        return;
    }
    let cluster = Cluster::start(&["SlurmdTimeout=5"]);
    let mut running = cluster.start_experiment(&["--only", "gru"]);
    let (here, others) = cluster.pause(Some("n1"));
    cluster.kill("n1");
    cluster.go_on(&others);
    let is_there = || cluster.processes_of("n2").iter().any(|task| task.file == here.file);
    cluster.wait_until("the same task on n2", is_there);
    cluster.go_on(&[here]);
    running.end().ended(7);
    cluster.wait_until("the end of the first one", || cluster.processes_of("n1").is_empty());
    cluster.experiment(&[]).ended(0);
    cluster.check_bytes();
    let conflicts = std::fs::read_dir(cluster.lab.path("runs/conflicts"));
    assert_eq!(conflicts.into_iter().flatten().count(), 0, "equal bytes are no conflict");
}

/// Commands of Slurm hang or fail meanwhile, which says nothing of tasks.
#[test]
fn the_controller_is_killed_and_started_again() {
    if !has_slurm() {
        return;
    }
    let cluster = Cluster::start(&[]).impatient();
    let mut running = cluster.start_experiment(&[]);
    let (task, others) = cluster.pause(None);
    cluster.save_state(&task.job);
    cluster.kill("slurmctld");
    cluster.go_on(&[&[task][..], &others].concat());
    let told = "tasks that are there go on, and it is asked again";
    cluster.wait_until_without_slurm("a sign of it", || running.said().contains(told));
    cluster.up("slurmctld");
    let ran = running.end().ended(0);
    assert!(!ran.err.contains("was sent"), "{}", ran.err);
    cluster.check_bytes();
}

/// The queue takes such a task for failed, and does not start it again: recur does.
#[test]
fn a_task_is_killed() {
    if !has_slurm() {
        return;
    }
    let cluster = Cluster::start(&[]);
    let mut running = cluster.start_experiment(&[]);
    let (task, others) = cluster.pause(None);
    signal("KILL", task.pid);
    cluster.go_on(&others);
    let ran = running.end().ended(0);
    assert!(ran.err.contains("have no result and are sent again"), "{}", ran.err);
    cluster.check_bytes();
}

/// Its tasks go on, and the next run finds them by their names.
#[test]
fn recur_is_killed_and_started_again() {
    if !has_slurm() {
        return;
    }
    let cluster = Cluster::start(&[]);
    let running = cluster.start_experiment(&[]);
    let (task, others) = cluster.pause(None);
    running.kill();
    cluster.go_on(&[&[task][..], &others].concat());
    let n_before = cluster.states().len();
    let ran = cluster.experiment(&[]).ended(0);
    assert!(ran.err.contains("tasks of an earlier run are there and go on"), "{}", ran.err);
    let listed = cluster.slurm("squeue", &["-h", "-r", "-t", "all", "-o", "%i %j %T"]);
    assert_eq!(listed.lines().count(), n_before, "nothing is sent twice: {listed}\n{}", ran.err);
    cluster.check_bytes();
}

/// Whoever cancels a task does not want it back at once. The same command runs its trials.
#[test]
fn a_job_is_cancelled_from_outside() {
    if !has_slurm() {
        return;
    }
    let cluster = Cluster::start(&[]);
    cluster.set_partition("DOWN");
    let mut running = cluster.start_experiment(&[]);
    cluster.wait_until("all tasks", || cluster.states().len() == N_TASKS);
    let waiting = cluster.slurm("squeue", &["-h", "-r", "-o", "%i"]).lines().last().unwrap().to_owned();
    cluster.slurm("scontrol", &["hold", &waiting]);
    cluster.set_partition("UP");
    let (task, others) = cluster.pause(None);
    // One that runs, and may come to its end before it is killed, and one that waits.
    cluster.slurm("scancel", &[&task.job, &waiting]);
    cluster.go_on(&[&[task][..], &others].concat());
    let ran = running.end().ended(1);
    assert!(ran.err.contains("a task was cancelled") && ran.err.contains("the same command runs them"), "{}", ran.err);
    cluster.experiment(&[]).ended(0);
    cluster.check_bytes();
}

/// The question is whether the tasks are cancelled, which nobody but the user knows.
#[test]
fn ctrl_c_on_a_terminal_asks_and_leaves_the_tasks_or_cancels_them() {
    if !has_slurm() || !has_python() {
        return;
    }
    let cluster = Cluster::with(&short(), &[]);
    cluster.set_partition("DOWN");
    let ran = cluster.interrupt_at("tasks wait in Slurm: PartitionDown", "n").ended(130);
    for part in ["(tasks: 8)? [y/N] ", "8 tasks go on; the same command finds them"] {
        assert!(ran.out.contains(part), "`{part}`: {}", ran.out);
    }
    assert_eq!(cluster.states(), ["PENDING"; N_TASKS]);
    let ran = cluster.interrupt_at("8 tasks of an earlier run are there and go on", "y").ended(130);
    assert!(ran.out.contains("8 tasks are cancelled; their trials go on from their checkpoints"), "{}", ran.out);
    assert!(cluster.states().iter().all(|state| state == "CANCELLED"), "{:?}", cluster.states());
    cluster.set_partition("UP");
    cluster.experiment(&[]).ended(0);
    cluster.check_bytes_of(&local(&short()));
}

/// Each may send all trials, or find what the other has sent.
#[test]
fn two_runs_of_one_experiment_at_once_end_in_the_same_bytes() {
    if !has_slurm() {
        return;
    }
    let cluster = Cluster::with(&short(), &[]);
    let runs = [(); 2].map(|()| cluster.start_experiment(&[]));
    for mut run in runs {
        let ran = run.end().ended(0);
        assert!(!ran.err.contains("sent again"), "{}", ran.err);
    }
    cluster.check_bytes_of(&local(&short()));
    let conflicts = std::fs::read_dir(cluster.lab.path("runs/conflicts"));
    assert_eq!(conflicts.into_iter().flatten().count(), 0, "equal bytes are no conflict");
}
