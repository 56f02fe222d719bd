//! What trains the trials of an experiment, as the arguments and the site file say.

use crate::args::{ExecutorWord, Experiment, Level};
use crate::error::CliError;
use recur_cluster::{Command, CommandSite, Engine, ExecutorName, Site, Slurm};
use recur_core::visible::shown;
use recur_experiment::{Executor, LocalExecutor, Memory, RemoteExecutor, RemoteOptions, available_cores};
use recur_terminal::was_interrupted;
use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

/// An executor, or the batch system that one sends trials to.
pub(crate) enum Chosen {
    Local(LocalExecutor),
    Remote { engine: Box<dyn Engine>, site: Box<Site>, threads: usize },
}

impl Chosen {
    /// Whether this process trains.
    pub(crate) fn is_local(&self) -> bool {
        matches!(self, Self::Local(_))
    }

    /// The one that `args` ask for.
    pub(crate) fn of(args: &Experiment) -> Result<Self, CliError> {
        let site = site(args.executor.site.as_deref())?;
        let word = match args.executor.executor {
            Some(ExecutorWord::Local) => ExecutorName::Local,
            Some(ExecutorWord::Slurm) => ExecutorName::Slurm,
            Some(ExecutorWord::Command) => ExecutorName::Command,
            None if args.executor.executor_command.is_some() => ExecutorName::Command,
            None => site.executor,
        };
        if word == ExecutorName::Local {
            refuse(args)?;
            return Ok(Self::Local(LocalExecutor::new(args.jobs.map_or_else(available_cores, usize::from))));
        }
        let (engine, threads): (Box<dyn Engine>, _) = match word {
            ExecutorName::Slurm => {
                // A task may use as many threads as it asks Slurm for.
                let mut slurm = site.slurm.clone();
                slurm.cpus_per_task = args.jobs.or(slurm.cpus_per_task);
                let threads = slurm.cpus_per_task.unwrap_or(1);
                (Box::new(Slurm::new(slurm)), usize::from(threads))
            }
            _ => (Box::new(command(args, &site)?), args.jobs.map_or(1, usize::from)),
        };
        Ok(Self::Remote { engine, site: Box::new(site), threads })
    }

    /// Has `work` run with the executor. `plugins` is the folder of external plugins.
    pub(crate) fn with<T>(
        &self,
        args: &Experiment,
        level: Level,
        plugins: Option<&Path>,
        work: impl FnOnce(&dyn Executor) -> T,
    ) -> T {
        match self {
            Self::Local(executor) => work(executor),
            Self::Remote { engine, site, threads } => {
                let options = RemoteOptions {
                    program: std::env::current_exe().unwrap_or_else(|_| PathBuf::from("recur")),
                    plugins: plugins.map(Path::to_owned),
                    threads: *threads,
                    target_seconds: site.target_minutes * 60.0,
                    min_tasks: site.min_tasks as usize,
                    arguments: arguments(args, level),
                    detach: args.executor.detach,
                    cancels: &asks_to_cancel,
                };
                work(&RemoteExecutor::new(&**engine, options))
            }
        }
    }
}

/// Options that say nothing where trials are trained by this process.
fn refuse(args: &Experiment) -> Result<(), CliError> {
    match args.executor.detach {
        true => Err(CliError::new("--detach leaves trials to a batch system, and they are trained by this process")
            .hint("choose one: --executor slurm".to_owned())),
        false => Ok(()),
    }
}

fn command(args: &Experiment, site: &Site) -> Result<Command, CliError> {
    let of_site = site.command.clone();
    let max_running = of_site.as_ref().map_or(1, |command| command.max_running);
    let template = args.executor.executor_command.clone().or(of_site.map(|command| command.template));
    let hint = r#"for example: --executor-command 'ssh node1 "cd \"$PWD\" && {recur} trial run {file} {options}"'"#;
    let template =
        template.ok_or_else(|| CliError::new("--executor command, and no command is given").hint(hint.to_owned()))?;
    Command::new(CommandSite { template, max_running })
        .map_err(|problem| CliError::new(format!("--executor-command: {problem}")).hint(hint.to_owned()))
}

/// The site file that is named, or the user's own.
pub(crate) fn site(named: Option<&Path>) -> Result<Site, CliError> {
    let path = match named {
        Some(path) => path.to_owned(),
        None => match own_site() {
            Some(path) if path.is_file() => path,
            _ => return Ok(Site::without_file()),
        },
    };
    Site::read(&path)
        .map_err(|error| CliError::of(&error).hint(format!("docs/clusters.md lists all keys of {}", shown(&path))))
}

/// Where the user's own site file is looked for.
#[expect(clippy::disallowed_methods, reason = "the command line reads these variables, and nothing below it does")]
fn own_site() -> Option<PathBuf> {
    let of = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let folder = of("XDG_CONFIG_HOME").or_else(|| Some(of("HOME")?.join(".config")))?;
    Some(folder.join("recur").join("site.yaml"))
}

/// The words for a task besides its file: those that say how this command trains.
fn arguments(args: &Experiment, level: Level) -> Vec<String> {
    let training = &args.training;
    let mut words = vec!["--checkpoint-every".to_owned(), training.checkpoint_every.to_string()];
    words.extend(["--log-level".to_owned(), tracing::Level::from(level).to_string().to_lowercase()]);
    let memory = match training.memory {
        None | Some(Memory::OfMachine) => None,
        Some(Memory::Bytes(bytes)) => Some(format!("{}MiB", bytes as f64 / f64::from(1 << 20))),
        Some(Memory::Off) => Some("off".to_owned()),
    };
    words.extend(memory.into_iter().flat_map(|memory| ["--memory".to_owned(), memory]));
    if training.no_diff {
        words.push("--no-diff".to_owned());
    }
    if let Some(scratch) = training.scratch() {
        words.extend(["--scratch".to_owned(), scratch.to_string_lossy().into_owned()]);
    }
    words
}

/// Asks on the terminal whether `n` tasks are cancelled, if the user pressed Ctrl-C. Without a terminal, and where a time limit or a signal
/// ended the run, they go on.
fn asks_to_cancel(n: usize) -> bool {
    if !was_interrupted() || !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        return false;
    }
    let mut err = std::io::stderr().lock();
    let _ =
        write!(err, "cancel what waits or runs in the batch system (tasks: {n})? [y/N] ").and_then(|()| err.flush());
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer).is_ok()
        && ["y", "yes"].contains(&answer.trim().to_lowercase().as_str())
}
