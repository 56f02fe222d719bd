//! What `sbatch` is called with, and the script that it is handed.

use crate::engine::{Job, TaskProgram};
use crate::site::{SlurmSite, doubled};
use std::path::Path;

/// Seconds before the end of a task's time at which it gets a signal, where the site file says nothing.
pub(crate) const SIGNAL_LEAD: u32 = 120;

/// The words after `sbatch`. Where the script's output goes, and where it starts, are options of recur's own; all others are those
/// of the site.
pub(super) fn of_sbatch(site: &SlurmSite, job: &Job, program: &TaskProgram, script: &Path) -> Vec<String> {
    let last = job.n_tasks - 1;
    let at_once = site.max_running.map_or_else(String::new, |most| format!("%{most}"));
    let logs = program.folder.join("logs").join("%x-%a.log");
    let mut options: Vec<(&str, String)> = vec![
        ("job-name", job.name.clone()),
        ("array", format!("0-{last}{at_once}")),
        ("output", logs.to_string_lossy().into_owned()),
        ("chdir", program.working_folder.to_string_lossy().into_owned()),
        // A task that starts again goes on in the same log.
        ("open-mode", "append".to_owned()),
        ("cpus-per-task", site.cpus_per_task.unwrap_or(1).to_string()),
        ("signal", format!("B:USR2@{}", site.signal_lead.unwrap_or(SIGNAL_LEAD))),
    ];
    for (key, value) in site.options() {
        let value = match key {
            "mem" | "mem_per_cpu" => doubled(value, job.doublings, site.max_mem.as_ref().map(|text| &*text.0)),
            _ => value.to_owned(),
        };
        options.push((key, value));
    }
    let is_skipped =
        |name: &str| site.skip.iter().any(|skipped| skipped.trim_start_matches('-').replace('_', "-") == name);
    let mut words = vec!["--parsable".to_owned()];
    for (key, value) in options {
        let name = key.replace('_', "-");
        if !is_skipped(&name) {
            words.push(format!("--{name}={value}"));
        }
    }
    let requeue = if site.requeue.unwrap_or(true) { "requeue" } else { "no-requeue" };
    if !is_skipped(requeue) {
        words.push(format!("--{requeue}"));
    }
    words.extend(site.extra.iter().cloned());
    words.extend([script.to_string_lossy().into_owned(), job.first.to_string()]);
    words
}

/// The script of every task: the lines of the site, then recur, which takes the place of the shell and so gets the signals.
pub(super) fn script(site: &SlurmSite, program: &TaskProgram) -> String {
    let quoted = |words: &[String]| words.iter().map(|word| quote(word)).collect::<Vec<_>>().join(" ");
    // `module` is a function of bash on most clusters.
    let mut lines = vec!["#!/bin/bash".to_owned(), "# Written by recur: trains the trials of one task.".to_owned()];
    if !site.prologue.is_empty() {
        lines.push("set -e".to_owned());
    }
    lines.extend(site.prologue.iter().cloned());
    if site.requeue.unwrap_or(true) {
        // When its time is over, it has itself started again.
        lines.push("export RECUR_REQUEUE=\"scontrol requeue $SLURM_JOB_ID\"".to_owned());
    }
    let tasks = quote(&program.folder.join("tasks").to_string_lossy());
    let (before, after) = (quoted(&program.before), quoted(&program.after));
    lines.push(format!("exec {before} {tasks}/\"$(($1 + SLURM_ARRAY_TASK_ID)).json\" {after}"));
    lines.join("\n") + "\n"
}

/// A word as a shell reads it as one.
fn quote(word: &str) -> String {
    shlex::try_quote(word).map_or_else(|_| word.to_owned(), |quoted| quoted.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::Site;

    fn program() -> TaskProgram {
        TaskProgram {
            folder: "/s/my jobs".into(),
            working_folder: "/p".into(),
            before: ["/bin/re cur", "trial", "run"].map(str::to_owned).to_vec(),
            after: ["--store", "/s"].map(str::to_owned).to_vec(),
        }
    }

    fn job() -> Job {
        Job { name: "recur-x-1".into(), first: 20, n_tasks: 5, doublings: 0, id: None }
    }

    fn words(site: &str, job: &Job) -> String {
        let site = Site::parse(&format!("slurm: {{{site}}}")).unwrap().slurm;
        of_sbatch(&site, job, &program(), Path::new("/s/x.sh")).join(" ")
    }

    #[test]
    fn a_site_without_options_asks_for_one_processor_a_task() {
        assert_eq!(
            words("", &job()),
            "--parsable --job-name=recur-x-1 --array=0-4 --output=/s/my jobs/logs/%x-%a.log --chdir=/p --open-mode=append \
             --cpus-per-task=1 --signal=B:USR2@120 --requeue /s/x.sh 20"
        );
    }

    #[test]
    fn options_of_the_site_are_added_left_out_and_given_raw() {
        let site = "account: a, mem_per_cpu: 2G, max_running: 3, signal_lead: 30, requeue: false, cpus_per_task: 4, \
                    extra: ['--gres=gpu:1'], skip: ['--chdir', open_mode]";
        assert_eq!(
            words(site, &Job { doublings: 1, ..job() }),
            "--parsable --job-name=recur-x-1 --array=0-4%3 --output=/s/my jobs/logs/%x-%a.log --cpus-per-task=4 \
             --signal=B:USR2@30 --account=a --mem-per-cpu=4G --no-requeue --gres=gpu:1 /s/x.sh 20"
        );
        assert!(words("mem: 1500", &Job { doublings: 2, ..job() }).contains("--mem=6000 "));
        assert!(words("mem: max", &Job { doublings: 2, ..job() }).contains("--mem=max "));
        assert!(words("mem: 3G, max_mem: 8G", &Job { doublings: 2, ..job() }).contains("--mem=8G "));
    }

    #[test]
    fn a_script_starts_the_file_of_its_task() {
        let site = Site::parse("slurm: {prologue: ['module load gcc']}").unwrap().slurm;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.sh");
        let echo = TaskProgram { before: vec!["echo".into(), "a b".into()], ..program() };
        let text = script(&site, &echo).replace("module load gcc", "A=1");
        std::fs::write(&path, text).unwrap();
        let ran =
            std::process::Command::new("bash").arg(&path).arg("20").env("SLURM_ARRAY_TASK_ID", "3").output().unwrap();
        assert_eq!(String::from_utf8_lossy(&ran.stdout), "a b /s/my jobs/tasks/23.json --store /s\n");
    }
}
