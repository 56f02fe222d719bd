//! The site file: what a user writes once of the cluster.

mod checks;
mod memory;

pub(crate) use memory::{at_limit, doubled};

use checks::check;
use recur_files::read_regular;
use recur_spec::read_yaml;
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// Bytes that a site file may have.
const MAX_BYTES: u64 = 1 << 18;

/// A site file, checked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Site {
    /// What trains trials where the command line does not say it.
    pub executor: ExecutorName,
    /// Minutes that a task takes, as far as times are known.
    pub target_minutes: f64,
    /// Trials are packed into at least so many tasks, where there are as many.
    pub min_tasks: u32,
    /// Slurm's options.
    pub slurm: SlurmSite,
    /// The command for `command`.
    pub command: Option<CommandSite>,
}

/// What trains trials.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExecutorName {
    /// Threads of this process.
    #[default]
    Local,
    /// A Slurm cluster.
    Slurm,
    /// A command that starts processes.
    Command,
}

/// What `sbatch` is given. All keys but those that say otherwise are options of sbatch, with their names.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(missing_docs, reason = "the names are those of sbatch, whose manual explains them")]
pub struct SlurmSite {
    pub account: Option<String>,
    pub partition: Option<String>,
    pub qos: Option<String>,
    pub time: Option<String>,
    pub mem: Option<Text>,
    pub mem_per_cpu: Option<Text>,
    /// The most that `mem` or `mem_per_cpu` is doubled to, where tasks were out of memory. Not an option of sbatch.
    pub max_mem: Option<Text>,
    /// Threads that a task uses as well; 1 where it is not given.
    pub cpus_per_task: Option<u16>,
    pub constraint: Option<String>,
    pub exclude: Option<String>,
    pub nodelist: Option<String>,
    pub reservation: Option<String>,
    pub nice: Option<Text>,
    pub mail_type: Option<String>,
    pub mail_user: Option<String>,
    pub comment: Option<String>,
    pub tmp: Option<Text>,
    /// Whether a task starts again after its node failed, or when its time is over; yes where it is not given.
    pub requeue: Option<bool>,
    /// Seconds before the end of a task's time at which it saves what it has and starts again; 120 where it is not given.
    pub signal_lead: Option<u32>,
    /// At most so many tasks of a job run at once.
    pub max_running: Option<u32>,
    /// Lines for the script before recur starts, such as `module load gcc`.
    pub prologue: Vec<String>,
    /// More options, as they are.
    pub extra: Vec<String>,
    /// Options that are left out, such as `chdir`, where the site's Slurm refuses them.
    pub skip: Vec<String>,
    /// Seconds that a command of Slurm may take; 30 where it is not given.
    pub answer_seconds: Option<u64>,
}

/// A text, or a number as one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text(pub String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Text;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a text or a whole number")
            }
            fn visit_str<E>(self, text: &str) -> Result<Text, E> {
                Ok(Text(text.to_owned()))
            }
            fn visit_u64<E>(self, number: u64) -> Result<Text, E> {
                Ok(Text(number.to_string()))
            }
            fn visit_i64<E>(self, number: i64) -> Result<Text, E> {
                Ok(Text(number.to_string()))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

/// A command that trains tasks.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommandSite {
    /// The command line, for `sh`, with `{file}` or `{list}` and what else [`crate::Command`] fills in.
    pub template: String,
    /// How many of them run at once.
    #[serde(default = "one")]
    pub max_running: u32,
}

fn one() -> u32 {
    1
}

/// Why a site file cannot be used.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages name the fields")]
pub enum SiteError {
    #[error("cannot read the site file {}", shown(path))]
    Read {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("the site file {}: {problem}", shown(path))]
    Content { path: PathBuf, problem: String },
}

fn shown(path: &Path) -> impl std::fmt::Display {
    recur_core::visible::shown(path).to_string()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Raw {
    executor: ExecutorName,
    target_minutes: f64,
    min_tasks: u32,
    slurm: SlurmSite,
    command: Option<CommandSite>,
}

impl Default for Raw {
    fn default() -> Self {
        let executor = ExecutorName::default();
        Self { executor, target_minutes: 10.0, min_tasks: 16, slurm: SlurmSite::default(), command: None }
    }
}

impl Site {
    /// What holds without a site file.
    pub fn without_file() -> Self {
        Self::of(Raw::default())
    }

    fn of(raw: Raw) -> Self {
        let Raw { executor, target_minutes, min_tasks, slurm, command } = raw;
        Self { executor, target_minutes, min_tasks, slurm, command }
    }

    /// Reads the file at `path`.
    ///
    /// # Errors
    /// If it cannot be read, or says something that cannot be done.
    pub fn read(path: &Path) -> Result<Self, SiteError> {
        let failed = |source| SiteError::Read { path: path.to_owned(), source };
        let wrong = |problem: String| SiteError::Content { path: path.to_owned(), problem };
        let text = String::from_utf8(read_regular(path, MAX_BYTES).map_err(failed)?)
            .map_err(|error| wrong(format!("it is not UTF-8 text: {error}")))?;
        Self::parse(&text).map_err(wrong)
    }

    /// Reads the text of a site file. An empty one says nothing, and all defaults hold.
    ///
    /// # Errors
    /// What is wrong, with its line.
    pub fn parse(text: &str) -> Result<Self, String> {
        let is_empty = text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#'));
        let raw: Raw = if is_empty { Raw::default() } else { read_yaml(text).map_err(|error| error.to_string())? };
        check(&raw)?;
        Ok(Self::of(raw))
    }
}

impl SlurmSite {
    /// The options with a text, by their keys in the file.
    pub(crate) fn options(&self) -> Vec<(&'static str, &str)> {
        let texts: [(&'static str, Option<&str>); 15] = [
            ("account", self.account.as_deref()),
            ("partition", self.partition.as_deref()),
            ("qos", self.qos.as_deref()),
            ("time", self.time.as_deref()),
            ("mem", self.mem.as_ref().map(|text| &*text.0)),
            ("mem_per_cpu", self.mem_per_cpu.as_ref().map(|text| &*text.0)),
            ("constraint", self.constraint.as_deref()),
            ("exclude", self.exclude.as_deref()),
            ("nodelist", self.nodelist.as_deref()),
            ("reservation", self.reservation.as_deref()),
            ("nice", self.nice.as_ref().map(|text| &*text.0)),
            ("mail_type", self.mail_type.as_deref()),
            ("mail_user", self.mail_user.as_deref()),
            ("comment", self.comment.as_deref()),
            ("tmp", self.tmp.as_ref().map(|text| &*text.0)),
        ];
        texts.into_iter().filter_map(|(key, value)| Some((key, value?))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_file_is_the_defaults() {
        for text in ["", "# nothing\n\n"] {
            assert_eq!(Site::parse(text).unwrap(), Site::without_file());
        }
        assert_eq!(Site::without_file().executor, ExecutorName::Local);
    }

    #[test]
    fn options_are_those_of_sbatch_and_numbers_are_texts() {
        let site =
            Site::parse("executor: slurm\nslurm: {partition: short, mem: 4000, time: '01:00:00', nice: -5}\n").unwrap();
        assert_eq!(site.executor, ExecutorName::Slurm);
        let expected = [("partition", "short"), ("time", "01:00:00"), ("mem", "4000"), ("nice", "-5")];
        assert_eq!(site.slurm.options(), expected);
    }

    #[test]
    fn what_cannot_be_done_is_refused_with_its_place() {
        let check = |text: &str, part: &str| {
            let problem = Site::parse(text).unwrap_err();
            assert!(problem.contains(part), "`{part}` is not in: {problem}");
        };
        check("slurm: {partitoin: a}\n", "unknown field `partitoin`");
        check("target_minutes: 0\n", "`target_minutes` is 0");
        check("min_tasks: 0\n", "`min_tasks` is 0");
        check("executor: command\n", "there is no `command`");
        check("executor: pbs\n", "unknown variant `pbs`");
        check("command: {template: 'recur trial run x'}\n", "`command.template`");
        check("slurm: {extra: [\"--a\\n--b\"]}\n", "`slurm.extra` has a line end");
        check("slurm: {cpus_per_task: 0}\n", "`slurm.cpus_per_task` is 0");
        check("slurm: {skip: ['--job-name']}\n", "`slurm.skip` names `job-name`");
        check("slurm: {extra: ['--array=1-2']}\n", "`slurm.extra` names `array`");
        check("slurm: {time: '00:02:00'}\n", "`slurm.time` is 120 s");
        check("slurm: {mem: [1]}\n", "a text or a whole number");
        check("slurm: {mem: 2G, max_mem: 8X}\n", "`slurm.max_mem` is 8X");
        check("slurm: {max_mem: 8G}\n", "`slurm.max_mem` is 8G, and there is no `mem`");
        check("slurm: {mem: 2G, max_mem: 2000}\n", "`slurm.max_mem` is 2000, less than `mem`");
    }

    #[test]
    fn a_file_that_cannot_be_read_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("site.yaml");
        assert!(Site::read(&path).unwrap_err().to_string().contains("site.yaml"));
        std::fs::write(&path, "a: [").unwrap();
        assert!(matches!(Site::read(&path), Err(SiteError::Content { .. })));
    }
}
