//! Trials that a batch system trains, of which some need more memory than their tasks have.

use crate::common::Lab;
use crate::logged::{LOGS, is_logged};
use crate::pipeline::{N_TRIALS, Run, SPEC, lab, lab_with};
use recur_cluster::{Ended, Engine, EngineError, Job, Refusal, Seen, State, TaskProgram};
use recur_core::model::Cancel;
use recur_core::selection::TrialOutcome;
use recur_experiment::{ExperimentError, RemoteExecutor, RemoteOptions, RunOptions, TrialFile};
use recur_store::Store;
use std::fs::File;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Mutex;

/// A batch system in this process. A task trains its trials when it is submitted, if it has memory enough.
struct Queue<'a> {
    lab: &'a Lab,
    /// How often the memory has to be doubled for a trial of a model.
    needs: fn(&str) -> u32,
    /// More doublings are refused.
    most: u32,
    /// In these words.
    refusal: &'static str,
    /// As many doublings are all that can be asked for.
    limit: u32,
    /// Whether tasks outlive who sent them: they are trained when somebody asks for them, then.
    outlives_us: bool,
    tasks: Mutex<Vec<Task>>,
}

/// A task that was submitted.
struct Task {
    job: String,
    /// Its file, until it is trained.
    path: Option<PathBuf>,
    doublings: u32,
    models: Vec<String>,
    how: Ended,
}

impl<'a> Queue<'a> {
    fn new(lab: &'a Lab, needs: fn(&str) -> u32, most: u32) -> Self {
        let refusal = "Memory specification can not be satisfied";
        Self { lab, needs, most, refusal, limit: u32::MAX, outlives_us: false, tasks: Mutex::default() }
    }

    /// Trains the trials of a task, and notes them.
    fn train(&self, file: &TrialFile, path: &std::path::Path) {
        let ended = File::options().create(true).append(true).open(path.with_extension("ended")).unwrap();
        let note = |id: &recur_core::trial::TrialId| writeln!(&ended, "{id}").unwrap();
        let store = Store::open(&self.lab.path("runs")).unwrap();
        file.run(&self.lab.registry, &store, 1, &RunOptions::default(), &note).unwrap();
    }

    /// The doublings that tasks with a trial of `model` asked for, in order.
    fn doublings(&self, model: &str) -> Vec<u32> {
        let tasks = self.tasks.lock().unwrap();
        tasks.iter().filter(|task| task.models.iter().any(|it| it == model)).map(|task| task.doublings).collect()
    }
}

impl Engine for Queue<'_> {
    fn name(&self) -> &'static str {
        "the queue of the test"
    }

    fn check(&self) -> Result<(), EngineError> {
        Ok(())
    }

    fn most_tasks(&self) -> u64 {
        1
    }

    fn submit(&self, job: &Job, program: &TaskProgram) -> Result<String, Refusal> {
        if job.doublings > self.most {
            let (program, problem) = ("sbatch".to_owned(), self.refusal.to_owned());
            return Err(Refusal::Error(EngineError::Failed { program, problem }));
        }
        let path = program.task_file(job.first);
        let file = TrialFile::read(&path).unwrap();
        let models: Vec<String> = file.trials().map(|trial| trial.identity.model.clone()).collect();
        let is_enough = models.iter().all(|model| (self.needs)(model) <= job.doublings);
        let how = if is_enough { Ended::Well } else { Ended::OutOfMemory };
        if is_enough && !self.outlives_us {
            self.train(&file, &path);
        }
        let path = self.outlives_us.then_some(path);
        self.tasks.lock().unwrap().push(Task { job: job.name.clone(), path, doublings: job.doublings, models, how });
        Ok("7".to_owned())
    }

    fn look(&self, jobs: &[&Job]) -> Result<Vec<Seen>, EngineError> {
        let mut tasks = self.tasks.lock().unwrap();
        for path in tasks.iter_mut().filter_map(|task| task.path.take()) {
            self.train(&TrialFile::read(&path).unwrap(), &path);
        }
        let of = |job: &&Job| {
            let task = tasks.iter().find(|task| task.job == job.name)?;
            let (name, state) = (job.name.clone(), State::Ended(task.how.clone()));
            Some(Seen { name, task: job.first, job: "7".to_owned(), state })
        };
        Ok(jobs.iter().filter_map(of).collect())
    }

    fn cancel(&self, _: &[&Job]) -> Result<(), EngineError> {
        Ok(())
    }

    fn memory_limit(&self, doublings: u32) -> Option<String> {
        (doublings >= self.limit).then(|| "`slurm.max_mem: 2G` is the limit".to_owned())
    }

    fn outlives_us(&self) -> bool {
        self.outlives_us
    }
}

/// Runs the experiment of the lab, two trials a task.
fn run(lab: &Lab, queue: &Queue<'_>, n_trials: usize) -> Result<Vec<TrialOutcome>, Box<ExperimentError>> {
    run_or_detach(lab, queue, n_trials, false)
}

/// The same, or sends all trials and ends.
fn run_or_detach(
    lab: &Lab,
    queue: &Queue<'_>,
    n_trials: usize,
    detach: bool,
) -> Result<Vec<TrialOutcome>, Box<ExperimentError>> {
    run_with(lab, queue, detach, &Cancel::new(), &|_| true, n_trials)
}

fn run_with(
    lab: &Lab,
    engine: &dyn Engine,
    detach: bool,
    cancel: &Cancel,
    cancels: &(dyn Fn(usize) -> bool + Sync),
    n_trials: usize,
) -> Result<Vec<TrialOutcome>, Box<ExperimentError>> {
    let options = RemoteOptions {
        program: PathBuf::from("recur"),
        plugins: None,
        threads: 1,
        target_seconds: 600.0,
        min_tasks: n_trials / 2,
        arguments: Vec::new(),
        detach,
        cancels,
    };
    let store = Store::open(&lab.path("runs")).unwrap();
    let logs = LOGS.clone();
    let executor = RemoteExecutor::new(engine, options);
    let options = RunOptions { logs, cancel, ..RunOptions::default() };
    Run::default().prepared(lab).run(&store, &executor, &options).map_err(Box::new)
}

/// A queue whose tasks wait, and whose user presses Ctrl-C when it is looked at.
struct Interrupted<'a> {
    queue: &'a Queue<'a>,
    cancel: &'a Cancel,
}

impl Engine for Interrupted<'_> {
    fn name(&self) -> &'static str {
        self.queue.name()
    }

    fn check(&self) -> Result<(), EngineError> {
        self.queue.check()
    }

    fn most_tasks(&self) -> u64 {
        self.queue.most_tasks()
    }

    fn submit(&self, job: &Job, program: &TaskProgram) -> Result<String, Refusal> {
        self.queue.submit(job, program)
    }

    fn look(&self, jobs: &[&Job]) -> Result<Vec<Seen>, EngineError> {
        self.cancel.cancel();
        let waits = |job: &&Job| {
            let state = State::Waiting { reason: "Priority".to_owned() };
            Seen { name: job.name.clone(), task: job.first, job: "7".to_owned(), state }
        };
        Ok(jobs.iter().map(waits).collect())
    }

    fn cancel(&self, jobs: &[&Job]) -> Result<(), EngineError> {
        self.queue.cancel(jobs)
    }

    fn outlives_us(&self) -> bool {
        true
    }
}

fn n_records(lab: &Lab) -> usize {
    crate::pipeline::trials(lab).len()
}

#[test]
fn a_task_that_was_out_of_memory_asks_for_twice_as_much_and_a_trial_for_which_it_never_suffices_fails_alone() {
    let lab = lab();
    let needs = |model: &str| match model {
        "linfa_naive_bayes" => 2,
        "stacked_rnn" => 60,
        _ => 0,
    };
    let queue = Queue::new(&lab, needs, u32::MAX);
    let error = run(&lab, &queue, N_TRIALS).unwrap_err();
    assert!(matches!(*error, ExperimentError::TrialsLost { .. }), "{error}");
    assert_eq!(n_records(&lab), N_TRIALS - 2);
    // Of each replicate.
    for model in ["linfa_naive_bayes", "stacked_rnn"] {
        assert_eq!(queue.doublings(model), [0, 0, 1, 1, 2, 2], "{model}");
    }
    let parts = ["stacked_rnn", "was sent 3 times without a result, at last out of memory", "in the site file"];
    assert!(is_logged(&parts));
}

/// A task of two trials is not the fault of each of them, so both are sent once more by themselves.
#[test]
fn a_trial_is_not_sent_again_where_its_task_can_ask_for_no_more_memory() {
    let lab = lab();
    let needs = |model: &str| if model == "stacked_rnn" { 60 } else { 0 };
    let queue = Queue { limit: 1, ..Queue::new(&lab, needs, u32::MAX) };
    let error = run(&lab, &queue, N_TRIALS).unwrap_err();
    assert!(matches!(*error, ExperimentError::TrialsLost { .. }), "{error}");
    assert_eq!((n_records(&lab), queue.doublings("stacked_rnn")), (N_TRIALS - 2, vec![0, 0, 1, 1]));
    assert!(is_logged(&["stacked_rnn", "was out of memory, and its task can ask for no more", "`slurm.max_mem: 2G`"]));
}

#[test]
fn where_more_memory_is_refused_its_trial_fails_and_the_others_go_on() {
    let lab = lab();
    let queue = Queue::new(&lab, |model| if model == "stacked_rnn" { 60 } else { 0 }, 1);
    let error = run(&lab, &queue, N_TRIALS).unwrap_err();
    assert!(matches!(*error, ExperimentError::TrialsLost { .. }), "{error}");
    assert_eq!((n_records(&lab), queue.doublings("stacked_rnn")), (N_TRIALS - 2, vec![0, 0, 1, 1]));
    let parts = ["stacked_rnn", "was out of memory, and the queue of the test gives its task no more", "can not be"];
    assert!(is_logged(&parts));
}

/// Nothing is wrong with the trial then.
#[test]
fn a_job_with_more_memory_that_is_refused_for_another_reason_ends_the_run() {
    let lab = lab();
    let needs = |model: &str| if model == "stacked_rnn" { 60 } else { 0 };
    let queue = Queue { refusal: "Invalid account or account/partition combination", ..Queue::new(&lab, needs, 0) };
    let text = recur_experiment::with_causes(&*run(&lab, &queue, N_TRIALS).unwrap_err());
    assert!(text.contains("Invalid account") && !text.contains("out of memory"), "{text}");
}

/// A wrong limit would otherwise be tried with each of thousands of trials.
#[test]
fn a_run_ends_where_no_trial_has_memory_enough() {
    let lab = lab_with(&SPEC.replace("replicates: 2", "replicates: 4"));
    let queue = Queue::new(&lab, |_| 60, u32::MAX);
    let error = run(&lab, &queue, 2 * N_TRIALS).unwrap_err();
    let text = recur_experiment::with_causes(&*error);
    assert!(text.contains("the last 8 tasks ended without a result"), "{text}");
    assert_eq!(n_records(&lab), 0);
}

/// A run looks into the store, and then asks what became of earlier tasks.
#[test]
fn what_ends_between_two_looks_of_a_new_run_is_not_sent_again() {
    let lab = lab();
    let queue = Queue { outlives_us: true, ..Queue::new(&lab, |_| 0, 0) };
    run_or_detach(&lab, &queue, N_TRIALS, true).unwrap_err();
    assert_eq!((n_records(&lab), queue.tasks.lock().unwrap().len()), (0, N_TRIALS / 2));
    assert_eq!(run(&lab, &queue, N_TRIALS).unwrap().len(), N_TRIALS);
    assert_eq!(queue.tasks.lock().unwrap().len(), N_TRIALS / 2, "nothing is sent twice");
}

/// The queue of trials hears of it before the executor does, and has no more trials to give: that is no end.
#[test]
fn who_is_interrupted_when_earlier_tasks_are_found_is_asked_about_them() {
    let lab = lab();
    let queue = Queue { outlives_us: true, ..Queue::new(&lab, |_| 0, 0) };
    run_or_detach(&lab, &queue, N_TRIALS, true).unwrap_err();
    let (cancel, asked) = (Cancel::new(), Mutex::new(Vec::new()));
    let asks = |n_tasks: usize| {
        asked.lock().unwrap().push(n_tasks);
        false
    };
    let engine = Interrupted { queue: &queue, cancel: &cancel };
    let error = run_with(&lab, &engine, false, &cancel, &asks, N_TRIALS).unwrap_err();
    assert!(matches!(*error, ExperimentError::Interrupted { .. }), "{error}");
    assert_eq!(*asked.lock().unwrap(), [N_TRIALS / 2]);
}
