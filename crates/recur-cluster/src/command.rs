//! Any command that trains tasks: it is started, and a task has ended when its command has.

use crate::engine::{Ended, Engine, EngineError, Job, Refusal, Seen, State, TaskProgram};
use crate::site::CommandSite;
use std::collections::BTreeMap;
use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What stands for the file of a task: the command is then started once for each task.
const FILE: &str = "{file}";

/// What stands for a file that names the files of all tasks of a job, one a line: the command is then started once for a job.
const LIST: &str = "{list}";

/// What a template may hold.
const PLACEHOLDERS: [&str; 4] = [FILE, LIST, "{recur}", "{options}"];

/// Starts a command of the user through `sh`. In its template these are filled in, each quoted for a shell:
///
/// - `{recur}`: this program, and `{options}`: what its `trial run` needs besides the file;
/// - `{file}`: the file of one task; the command is started for each task, so many at once as the site says; or
/// - `{list}`: a file with the names of the task files of a whole job, one a line, for a program that divides them itself.
///
/// The command has to wait until the tasks have ended.
#[derive(Debug)]
pub struct Command {
    site: CommandSite,
    state: Mutex<Started>,
}

/// What was started.
#[derive(Debug, Default)]
struct Started {
    next: u64,
    jobs: BTreeMap<String, Process>,
}

#[derive(Debug)]
struct Process {
    child: Child,
    ended: Option<Ended>,
}

/// Says what is wrong with a template.
pub(crate) fn check(template: &str) -> Result<(), String> {
    match (template.contains(FILE), template.contains(LIST)) {
        (true, true) => Err(format!("it has {FILE} and {LIST}, expected one of them")),
        (false, false) => Err(format!("it has neither {FILE} nor {LIST}: it would not know what to train")),
        _ if template.contains('\0') => Err("it has a character that no command can have".to_owned()),
        _ => Ok(()),
    }
}

impl Command {
    /// The command of a site.
    ///
    /// # Errors
    /// What is wrong with its template.
    pub fn new(site: CommandSite) -> Result<Self, String> {
        check(&site.template)?;
        Ok(Self { site, state: Mutex::default() })
    }

    fn state(&self) -> MutexGuard<'_, Started> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a command trains a whole job.
    fn is_of_jobs(&self) -> bool {
        self.site.template.contains(LIST)
    }

    /// The template for `job`, filled in.
    fn filled_in(&self, job: &Job, program: &TaskProgram) -> String {
        let file = if self.is_of_jobs() { list_file(job, program) } else { program.task_file(job.first) };
        let file = quote(&file.to_string_lossy());
        let words = |words: &[String]| words.iter().map(|word| quote(word)).collect::<Vec<_>>().join(" ");
        let (recur, options) = (words(&program.before[..1.min(program.before.len())]), words(&program.after));
        let values = [file.as_str(), &file, &recur, &options];
        filled(&self.site.template, &values)
    }

    fn start(&self, job: &Job, program: &TaskProgram) -> std::io::Result<Child> {
        if self.is_of_jobs() {
            write_list(job, program)?;
        }
        let log = File::options().create(true).append(true).open(program.log_file(job, 0))?;
        let mut command = std::process::Command::new("sh");
        command.arg("-c").arg(self.filled_in(job, program)).current_dir(&program.working_folder);
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        // Ctrl-C on the terminal is for this process, which ends them in its own way.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        command.spawn()
    }
}

/// The template with each placeholder replaced, in one pass: a value is never looked at again.
fn filled(template: &str, values: &[&str; 4]) -> String {
    let (mut text, mut rest) = (String::new(), template);
    while let Some((at, place)) =
        PLACEHOLDERS.iter().enumerate().filter_map(|(place, name)| Some((rest.find(name)?, place))).min()
    {
        text += &rest[..at];
        text += values[place];
        rest = &rest[at + PLACEHOLDERS[place].len()..];
    }
    text + rest
}

/// The list of the task files of `job`.
fn list_file(job: &Job, program: &TaskProgram) -> PathBuf {
    program.folder.join(format!("{}.list", job.name))
}

fn write_list(job: &Job, program: &TaskProgram) -> std::io::Result<()> {
    let line = |task| program.task_file(task).to_string_lossy().into_owned() + "\n";
    std::fs::write(list_file(job, program), (job.first..job.first + job.n_tasks).map(line).collect::<String>())
}

fn quote(word: &str) -> String {
    shlex::try_quote(word).map_or_else(|_| word.to_owned(), |quoted| quoted.into_owned())
}

impl Engine for Command {
    fn name(&self) -> &'static str {
        "the command"
    }

    fn check(&self) -> Result<(), EngineError> {
        Ok(())
    }

    fn most_tasks(&self) -> u64 {
        if self.is_of_jobs() { u64::MAX } else { 1 }
    }

    fn submit(&self, job: &Job, program: &TaskProgram) -> Result<String, Refusal> {
        let mut state = self.state();
        let n_running = state.jobs.values_mut().filter_map(|process| process.look().is_none().then_some(())).count();
        if n_running >= self.site.max_running as usize {
            return Err(Refusal::Busy);
        }
        let failed = |error: std::io::Error| {
            let (program, problem) = (self.site.template.clone(), error.to_string());
            Refusal::Error(EngineError::Start { program, problem })
        };
        let child = self.start(job, program).map_err(failed)?;
        state.next += 1;
        state.jobs.insert(job.name.clone(), Process { child, ended: None });
        Ok(state.next.to_string())
    }

    fn look(&self, jobs: &[&Job]) -> Result<Vec<Seen>, EngineError> {
        let mut state = self.state();
        let mut seen = Vec::new();
        for job in jobs {
            let Some(process) = state.jobs.get_mut(&job.name) else { continue };
            let state = match process.look() {
                Some(ended) => State::Ended(ended),
                None => State::Running { place: String::new() },
            };
            let id = job.id.clone().unwrap_or_default();
            let of = |task| Seen { name: job.name.clone(), task, job: id.clone(), state: state.clone() };
            seen.extend((job.first..job.first + job.n_tasks).map(of));
        }
        Ok(seen)
    }

    fn cancel(&self, jobs: &[&Job]) -> Result<(), EngineError> {
        let mut state = self.state();
        for job in jobs {
            if let Some(process) = state.jobs.get_mut(&job.name) {
                process.stop();
            }
        }
        Ok(())
    }

    fn command_line(&self, job: &Job, program: &TaskProgram) -> Option<String> {
        Some(self.filled_in(job, program))
    }

    fn outlives_us(&self) -> bool {
        false
    }

    fn shares_logs(&self) -> bool {
        self.is_of_jobs()
    }
}

impl Drop for Command {
    /// Nobody would hear what came of them.
    fn drop(&mut self) {
        self.state().jobs.values_mut().for_each(Process::stop);
    }
}

impl Process {
    /// How it ended, if it has.
    fn look(&mut self) -> Option<Ended> {
        if self.ended.is_none() {
            self.ended = match self.child.try_wait() {
                Ok(None) => None,
                Ok(Some(status)) if status.success() => Some(Ended::Well),
                Ok(Some(status)) => Some(Ended::Failed(status.to_string())),
                Err(error) => Some(Ended::Failed(error.to_string())),
            };
        }
        self.ended.clone()
    }

    /// Asks it and all that it started to end.
    fn stop(&mut self) {
        if self.look().is_some() {
            return;
        }
        // Its process group, so that what the shell started hears it as well.
        let group = format!("-{}", self.child.id());
        let asked = std::process::Command::new("kill").args(["-TERM", "--", &group]).stderr(Stdio::null()).status();
        if !asked.is_ok_and(|status| status.success()) {
            let _ = self.child.kill();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program(folder: &std::path::Path) -> TaskProgram {
        std::fs::create_dir_all(folder.join("logs")).unwrap();
        TaskProgram {
            folder: folder.to_owned(),
            working_folder: folder.to_owned(),
            before: ["/bin/re cur", "trial", "run"].map(str::to_owned).to_vec(),
            after: ["--store", "{file}"].map(str::to_owned).to_vec(),
        }
    }

    fn job(first: u64, n_tasks: u64) -> Job {
        Job { name: format!("j{first}"), first, n_tasks, doublings: 0, id: None }
    }

    fn command(template: &str) -> Command {
        Command::new(CommandSite { template: template.to_owned(), max_running: 1 }).unwrap()
    }

    fn end(command: &Command, job: &Job) -> Ended {
        loop {
            if let State::Ended(ended) = command.look(&[job]).unwrap()[0].state.clone() {
                return ended;
            }
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }

    #[test]
    fn a_template_names_a_file_or_a_list() {
        for wrong in ["recur", "{file} {list}", ""] {
            assert!(check(wrong).is_err(), "{wrong}");
        }
        check("ssh host recur trial run {file}").unwrap();
        check("parallel recur trial run {} :::: {list}").unwrap();
    }

    #[test]
    fn what_is_filled_in_is_quoted_and_not_filled_in_again() {
        let folder = tempfile::tempdir().unwrap();
        let command = command("{recur} trial run {file} {options} {}");
        let line = command.filled_in(&job(3, 1), &program(folder.path()));
        let file = folder.path().join("tasks/3.json");
        assert_eq!(line, format!("'/bin/re cur' trial run {} --store '{{file}}' {{}}", file.display()));
    }

    #[test]
    fn a_job_ends_as_its_command_does_and_only_so_many_run_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let program = program(folder.path());
        let command = command("cat {list}; test -e go || sleep 1000");
        let (first, second) = (job(0, 3), job(3, 1));
        command.submit(&first, &program).unwrap();
        assert!(matches!(command.submit(&second, &program), Err(Refusal::Busy)));
        assert_eq!(
            command.look(&[&first, &second]).unwrap().len(),
            3,
            "of a job that was not started nothing is known"
        );
        command.cancel(&[&first]).unwrap();
        assert!(matches!(end(&command, &first), Ended::Failed(_)));
        std::fs::write(folder.path().join("go"), "").unwrap();
        command.submit(&second, &program).unwrap();
        assert_eq!(end(&command, &second), Ended::Well);
        let log = std::fs::read_to_string(program.log_file(&second, 0)).unwrap();
        assert_eq!(log.trim(), folder.path().join("tasks/3.json").display().to_string());
    }
}
