//! What was sent to a batch system, and what is known of it.

use recur_cluster::{Ended, Job, Seen, State, TaskProgram};
use recur_core::trial::TrialId;
use recur_core::visible::visible;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The most of a task's log that is shown, in bytes.
const TAIL: u64 = 600;

/// A task: trials that one process trains.
#[derive(Clone, Debug)]
pub(super) struct Task {
    pub(super) number: u64,
    pub(super) n_trials: usize,
    /// Those that are not known to have ended.
    pub(super) left: BTreeSet<TrialId>,
    /// How often the memory is doubled that it asks for.
    pub(super) doublings: u32,
    /// As it was seen last; `None` before that.
    state: Option<State>,
    /// Since it was seen to have ended.
    ended_for: Duration,
    /// Bytes that were read of the file in which it notes what has ended.
    read: u64,
}

/// A task that has ended with trials left, how it did, and where it is from.
pub(super) type EndedTask = (Task, Ended, Origin);

/// Where a task is from.
#[derive(Clone, Debug)]
pub(super) struct Origin {
    pub(super) log: PathBuf,
    /// `None` where it was forgotten.
    pub(super) job: Option<Job>,
}

impl Task {
    pub(super) fn new(number: u64, trials: impl IntoIterator<Item = TrialId>, doublings: u32) -> Self {
        let left: BTreeSet<TrialId> = trials.into_iter().collect();
        let n_trials = left.len();
        Self { number, n_trials, left, doublings, state: None, ended_for: Duration::ZERO, read: 0 }
    }

    fn is_live(&self) -> bool {
        !matches!(self.state, Some(State::Ended(_)))
    }

    /// How a task has ended that is no longer listed: one that never wrote a log was cancelled while it waited, of which nothing is
    /// kept. Others are forgotten some minutes after their end.
    fn how_forgotten(&self, log: &Path) -> Ended {
        let has_waited = matches!(self.state, None | Some(State::Waiting { .. }));
        if has_waited && !log.exists() { Ended::Cancelled } else { Ended::Failed("no longer known".to_owned()) }
    }

    /// What it has noted since it was looked at last.
    fn hear(&mut self, file: &Path) -> Vec<TrialId> {
        let Ok(mut file) = File::open(file) else { return Vec::new() };
        let mut text = String::new();
        if file.seek(SeekFrom::Start(self.read)).is_err() || file.read_to_string(&mut text).is_err() {
            return Vec::new();
        }
        // A line that is not whole yet is read again.
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        self.read += whole as u64;
        text[..whole].lines().filter_map(|line| self.left.iter().find(|id| id.as_str() == line).cloned()).collect()
    }
}

/// All that one run sent.
#[derive(Debug)]
pub(super) struct Sent {
    pub(super) program: TaskProgram,
    pub(super) jobs: Vec<Job>,
    /// Whether all tasks of a job have the log of its first one.
    pub(super) shares_logs: bool,
    /// How much was read of an earlier run's journal.
    pub(super) journal_bytes: u64,
    tasks: BTreeMap<u64, Task>,
    /// The task of each trial that has not ended.
    places: HashMap<TrialId, u64>,
    /// For how long it is not known of a job whether it was taken, by its name.
    unknown_for: BTreeMap<String, Duration>,
}

impl Sent {
    pub(super) fn new(program: TaskProgram) -> Self {
        let (jobs, tasks) = (Vec::new(), BTreeMap::new());
        let (places, unknown_for) = (HashMap::new(), BTreeMap::new());
        Self { program, jobs, shares_logs: false, journal_bytes: 0, tasks, places, unknown_for }
    }

    pub(super) fn add(&mut self, job: Job, tasks: Vec<Task>) {
        if job.id.is_none() {
            self.unknown_for.insert(job.name.clone(), Duration::ZERO);
        }
        self.jobs.push(job);
        for task in tasks {
            self.places.extend(task.left.iter().map(|id| (id.clone(), task.number)));
            self.tasks.insert(task.number, task);
        }
    }

    /// Forgets jobs that have tasks of `job`, which was refused, or is to be added: they were refused then.
    pub(super) fn forget(&mut self, job: &Job) {
        let overlaps = |known: &Job| known.first < job.first + job.n_tasks && job.first < known.first + known.n_tasks;
        let refused: Vec<Job> = self.jobs.extract_if(.., |known| overlaps(known)).collect();
        for refused in refused {
            self.unknown_for.remove(&refused.name);
            for number in refused.first..refused.first + refused.n_tasks {
                if let Some(task) = self.tasks.remove(&number) {
                    self.leave(&task);
                }
            }
        }
    }

    /// A job that was added has a number.
    pub(super) fn is_taken(&mut self, job: &Job) {
        self.unknown_for.remove(&job.name);
        self.jobs.iter_mut().filter(|known| known.name == job.name).for_each(|known| known.id.clone_from(&job.id));
    }

    /// Whether it is not known of some job whether it was taken.
    pub(super) fn has_unknown(&self) -> bool {
        !self.unknown_for.is_empty()
    }

    /// Whether a task that may run has the trial.
    pub(super) fn has(&self, id: &TrialId) -> bool {
        self.places.contains_key(id)
    }

    /// Tasks that wait or run, and have trials left.
    pub(super) fn n_live(&self) -> usize {
        self.tasks.values().filter(|task| task.is_live() && !task.left.is_empty()).count()
    }

    /// Tasks whose end was not dealt with yet.
    pub(super) fn n_known(&self) -> usize {
        self.tasks.len()
    }

    pub(super) fn states(&self) -> impl Iterator<Item = &State> {
        self.tasks.values().filter_map(|task| task.state.as_ref())
    }

    /// The tasks that were seen and have not ended: each with its number of trials left.
    pub(super) fn live(&self) -> impl Iterator<Item = (&State, usize)> {
        let tasks = self.tasks.values().filter(|task| task.is_live());
        tasks.filter_map(|task| Some((task.state.as_ref()?, task.left.len())))
    }

    /// So much time has passed.
    pub(super) fn pass(&mut self, time: Duration) {
        self.tasks.values_mut().filter(|task| !task.is_live()).for_each(|task| task.ended_for += time);
        self.unknown_for.values_mut().for_each(|passed| *passed += time);
    }

    /// The trials that tasks have noted as ended since the last time. Those that wait note nothing.
    pub(super) fn hear(&mut self) -> Vec<TrialId> {
        let program = &self.program;
        let noted = |task: &mut Task| task.hear(&ended_file(program, task.number));
        let running = self.tasks.values_mut().filter(|task| !matches!(task.state, None | Some(State::Waiting { .. })));
        running.flat_map(noted).collect()
    }

    /// Passes over what tasks have noted so far: it is of an earlier run, and the store has it.
    pub(super) fn pass_over_ended(&mut self) {
        let program = &self.program;
        let noted: Vec<TrialId> =
            self.tasks.values_mut().flat_map(|task| task.hear(&ended_file(program, task.number))).collect();
        noted.iter().for_each(|id| self.ended(id));
    }

    /// A trial has a record.
    pub(super) fn ended(&mut self, id: &TrialId) {
        if let Some(task) = self.places.remove(id).and_then(|number| self.tasks.get_mut(&number)) {
            task.left.remove(id);
        }
    }

    /// Takes in what a batch system says of all tasks. Whether anything is new.
    pub(super) fn see(&mut self, seen: &[Seen]) -> bool {
        let mut by_name: BTreeMap<&str, BTreeMap<u64, &Seen>> = BTreeMap::new();
        for seen in seen {
            by_name.entry(&seen.name).or_default().insert(seen.task, seen);
        }
        let mut is_new = false;
        for job in &mut self.jobs {
            let seen = by_name.get(job.name.as_str());
            if let (None, Some(first)) = (&job.id, seen.and_then(|seen| seen.values().next())) {
                job.id = Some(first.job.clone());
                self.unknown_for.remove(&job.name);
            }
            // Whether it was taken is not known.
            if job.id.is_none() {
                continue;
            }
            for number in job.first..job.first + job.n_tasks {
                let Some(task) = self.tasks.get_mut(&number) else { continue };
                let state = match seen.and_then(|seen| seen.get(&number)) {
                    Some(seen) => seen.state.clone(),
                    None if task.is_live() => {
                        State::Ended(task.how_forgotten(&self.program.log_file(job, number - job.first)))
                    }
                    None => continue,
                };
                if task.state.as_ref() != Some(&state) {
                    (task.state, is_new) = (Some(state), true);
                    task.ended_for = Duration::ZERO;
                }
            }
        }
        is_new
    }

    /// Takes out the tasks of jobs of which nobody has known for `time` that they were taken.
    pub(super) fn take_unknown(&mut self, time: Duration) -> Vec<Task> {
        let gone: BTreeSet<String> =
            self.unknown_for.iter().filter(|(_, passed)| **passed >= time).map(|(name, _)| name.clone()).collect();
        let mut tasks = Vec::new();
        for job in self.jobs.extract_if(.., |job| gone.contains(&job.name)) {
            self.unknown_for.remove(&job.name);
            tasks.extend((job.first..job.first + job.n_tasks).filter_map(|number| self.tasks.remove(&number)));
        }
        tasks.iter().for_each(|task| self.leave(task));
        tasks
    }

    /// The trials of a task that is gone are nowhere, unless a later task has them.
    fn leave(&mut self, task: &Task) {
        for id in &task.left {
            if self.places.get(id) == Some(&task.number) {
                self.places.remove(id);
            }
        }
    }

    /// Takes out the tasks that ended `time` ago, or with all their trials; those with trials left are given back.
    pub(super) fn take_ended(&mut self, time: Duration) -> Vec<EndedTask> {
        let is_over = |task: &Task| !task.is_live() && (task.left.is_empty() || task.ended_for >= time);
        let over: Vec<Task> = self.tasks.extract_if(.., |_, task| is_over(task)).map(|(_, task)| task).collect();
        let mut ended = Vec::new();
        for task in over {
            self.leave(&task);
            let job = self.jobs.iter().find(|job| job.has(task.number));
            let place = |job: &Job| if self.shares_logs { 0 } else { task.number - job.first };
            let log = job.map_or_else(PathBuf::new, |job| self.program.log_file(job, place(job)));
            if let Some(State::Ended(how)) = task.state.clone()
                && !task.left.is_empty()
            {
                let job = job.cloned();
                ended.push((task, how, Origin { log, job }));
            }
        }
        let tasks = &self.tasks;
        self.jobs.retain(|job| tasks.range(job.first..job.first + job.n_tasks).next().is_some());
        ended
    }
}

/// Where a task notes which of its trials have ended.
fn ended_file(program: &TaskProgram, number: u64) -> PathBuf {
    program.task_file(number).with_extension("ended")
}

/// The last lines of a log, in one line.
pub(super) fn tail_of(log: &Path) -> String {
    let read = || -> std::io::Result<Vec<u8>> {
        let mut file = File::open(log)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
        let mut bytes = Vec::new();
        file.take(TAIL).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    match read() {
        Ok(bytes) if bytes.is_empty() => "nothing is in it".to_owned(),
        Ok(bytes) => {
            let text = String::from_utf8_lossy(&bytes);
            let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
            visible(&lines[lines.len().saturating_sub(3)..].join(" / ")).into_owned()
        }
        Err(error) => format!("it cannot be read ({error})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u32) -> TrialId {
        serde_json::from_value(format!("{n:032x}").into()).unwrap()
    }

    fn sent(folder: &Path) -> Sent {
        let program =
            TaskProgram { folder: folder.to_owned(), working_folder: folder.to_owned(), before: vec![], after: vec![] };
        std::fs::create_dir_all(folder.join("tasks")).unwrap();
        Sent::new(program)
    }

    fn job(name: &str, first: u64, n_tasks: u64, is_known: bool) -> Job {
        Job { name: name.into(), first, n_tasks, doublings: 0, id: is_known.then(|| "7".into()) }
    }

    fn seen(name: &str, task: u64, state: State) -> Seen {
        Seen { name: name.into(), task, job: "7".into(), state }
    }

    fn running() -> State {
        State::Running { place: "n1".into() }
    }

    const WELL: State = State::Ended(Ended::Well);

    #[test]
    fn what_a_running_task_notes_is_heard_line_by_line() {
        let folder = tempfile::tempdir().unwrap();
        let mut sent = sent(folder.path());
        sent.add(job("a", 4, 1, true), vec![Task::new(4, [1, 2].map(id), 0)]);
        let path = folder.path().join("tasks/4.ended");
        let note = |text: &str| std::fs::write(&path, text).unwrap();
        note(&format!("{}\n", id(1).as_str()));
        assert_eq!(sent.hear(), [], "it waits, as far as is known");
        assert!(sent.see(&[seen("a", 4, running())]) && !sent.see(&[seen("a", 4, running())]));
        note(&format!("{}\n{}", id(1).as_str(), &id(2).as_str()[..9]));
        assert_eq!(sent.hear(), [id(1)]);
        note(&format!("{}\n{}\n{}\n", id(1).as_str(), id(2).as_str(), id(3).as_str()));
        assert_eq!(sent.hear(), [id(2)], "one of another task is passed over");
        sent.see(&[seen("a", 4, WELL)]);
        [1, 2].map(id).iter().for_each(|id| sent.ended(id));
        assert!(sent.take_ended(Duration::MAX).is_empty() && sent.jobs.is_empty() && !sent.has(&id(1)));
    }

    #[test]
    fn a_task_that_ended_with_trials_left_is_given_back_after_a_while() {
        let folder = tempfile::tempdir().unwrap();
        let mut sent = sent(folder.path());
        sent.add(job("a", 0, 2, true), vec![Task::new(0, [id(1)], 0), Task::new(1, [id(2)], 0)]);
        let late = Duration::from_secs(5);
        sent.see(&[seen("a", 0, running()), seen("a", 1, State::Ended(Ended::OutOfMemory))]);
        assert!(sent.take_ended(late).is_empty());
        sent.pass(late);
        let ended = sent.take_ended(late);
        assert_eq!(
            ended.iter().map(|(task, how, _)| (task.number, how.clone())).collect::<Vec<_>>(),
            [(1, Ended::OutOfMemory)]
        );
        assert!(ended[0].2.log.ends_with("logs/a-1.log"));
        assert_eq!((sent.n_live(), sent.has(&id(1)), sent.has(&id(2))), (1, true, false));
        // It is no longer listed.
        sent.see(&[]);
        sent.pass(late);
        assert!(matches!(&sent.take_ended(late)[..], [(_, Ended::Failed(_), _)]));
    }

    #[test]
    fn of_a_task_that_is_forgotten_its_log_shows_whether_it_had_started() {
        let folder = tempfile::tempdir().unwrap();
        let mut sent = sent(folder.path());
        sent.add(job("a", 0, 2, true), vec![Task::new(0, [id(1)], 0), Task::new(1, [id(2)], 0)]);
        std::fs::create_dir(folder.path().join("logs")).unwrap();
        std::fs::write(folder.path().join("logs/a-1.log"), "").unwrap();
        let waits = || State::Waiting { reason: "Priority".into() };
        sent.see(&[seen("a", 0, waits()), seen("a", 1, waits())]);
        sent.see(&[]);
        let ended = sent.take_ended(Duration::ZERO);
        let [(_, first, _), (_, second, _)] = &ended[..] else { panic!("{ended:?}") };
        assert_eq!((first, matches!(second, Ended::Failed(_))), (&Ended::Cancelled, true));
    }

    #[test]
    fn a_task_that_starts_again_has_not_ended() {
        let folder = tempfile::tempdir().unwrap();
        let mut sent = sent(folder.path());
        sent.add(job("a", 0, 1, true), vec![Task::new(0, [id(1)], 0)]);
        sent.see(&[seen("a", 0, State::Ended(Ended::Failed("NODE_FAIL".into())))]);
        sent.see(&[seen("a", 0, State::Waiting { reason: String::new() })]);
        sent.pass(Duration::MAX);
        assert!(sent.take_ended(Duration::ZERO).is_empty());
    }

    /// As an earlier run leaves them: its journal has both.
    #[test]
    fn trials_that_were_sent_again_are_those_of_the_later_task() {
        let folder = tempfile::tempdir().unwrap();
        let mut sent = sent(folder.path());
        sent.add(job("a", 0, 1, true), vec![Task::new(0, [1, 2].map(id), 0)]);
        sent.add(job("b", 1, 1, true), vec![Task::new(1, [id(1)], 0)]);
        sent.see(&[seen("a", 0, State::Ended(Ended::OutOfTime)), seen("b", 1, running())]);
        assert_eq!(sent.take_ended(Duration::ZERO).len(), 1);
        assert_eq!((sent.has(&id(1)), sent.has(&id(2)), sent.n_live()), (true, false, 1));
    }

    #[test]
    fn a_job_of_unknown_fate_is_found_by_its_name_or_given_back() {
        let folder = tempfile::tempdir().unwrap();
        let mut sent = sent(folder.path());
        sent.add(job("a", 0, 1, false), vec![Task::new(0, [id(1)], 0)]);
        sent.add(job("b", 1, 1, false), vec![Task::new(1, [id(2)], 0)]);
        let again = Duration::from_secs(15);
        sent.see(&[seen("a", 0, running())]);
        assert!(sent.take_unknown(again).is_empty());
        sent.pass(again);
        let unknown = sent.take_unknown(again);
        assert_eq!(unknown.iter().map(|task| task.number).collect::<Vec<_>>(), [1]);
        assert_eq!((sent.jobs[0].id.as_deref(), sent.jobs.len()), (Some("7"), 1));
    }

    #[test]
    fn the_end_of_a_log_is_one_line_without_what_a_terminal_obeys() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("a.log");
        assert!(tail_of(&log).starts_with("it cannot be read"));
        std::fs::write(&log, "").unwrap();
        assert_eq!(tail_of(&log), "nothing is in it");
        std::fs::write(&log, format!("{}\nb\n\nc\u{1b}[2J\nd\n", "x".repeat(2000))).unwrap();
        assert_eq!(tail_of(&log), "b / c\\x1b[2J / d");
    }
}
