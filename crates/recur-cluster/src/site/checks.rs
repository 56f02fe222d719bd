//! What a site file may say.

use super::{ExecutorName, Raw, SlurmSite, memory};
use std::collections::BTreeMap;

/// What of a site file cannot be done, with its key.
pub(super) fn check(raw: &Raw) -> Result<(), String> {
    if !(raw.target_minutes > 0.0 && raw.target_minutes.is_finite()) {
        return Err(format!("`target_minutes` is {}, expected a number above 0", raw.target_minutes));
    }
    if raw.min_tasks == 0 {
        return Err("`min_tasks` is 0, expected at least 1".to_owned());
    }
    if raw.executor == ExecutorName::Command && raw.command.is_none() {
        return Err("`executor` is `command`, and there is no `command` with a `template`".to_owned());
    }
    let site = &raw.slurm;
    for (key, number) in [("cpus_per_task", site.cpus_per_task.map(u32::from)), ("max_running", site.max_running)] {
        if number == Some(0) {
            return Err(format!("`slurm.{key}` is 0, expected at least 1"));
        }
    }
    if let Some(command) = &raw.command {
        crate::command::check(&command.template).map_err(|problem| format!("`command.template`: {problem}"))?;
        if command.max_running == 0 {
            return Err("`command.max_running` is 0, expected at least 1".to_owned());
        }
    }
    check_time(site)?;
    memory::check(site)?;
    refuse_own(site)?;
    refuse_lines(site)
}

/// By these options recur finds its tasks again.
const OWN: [&str; 4] = ["job-name", "array", "output", "parsable"];

fn refuse_own(site: &SlurmSite) -> Result<(), String> {
    let name = |word: &String| {
        let word = word.trim_start_matches('-').split(['=', ' ']).next().unwrap_or_default();
        word.replace('_', "-")
    };
    for (key, words) in [("skip", &site.skip), ("extra", &site.extra)] {
        if let Some(own) = words.iter().map(name).find(|name| OWN.contains(&name.as_str())) {
            return Err(format!("`slurm.{key}` names `{own}`, by which recur finds its tasks: leave it out"));
        }
    }
    Ok(())
}

/// A task that is asked to save before it has begun would never come further.
fn check_time(site: &SlurmSite) -> Result<(), String> {
    let lead = site.signal_lead.unwrap_or(crate::slurm::SIGNAL_LEAD);
    match site.time.as_deref().and_then(seconds) {
        Some(seconds) if site.requeue.unwrap_or(true) && seconds <= u64::from(lead) => Err(format!(
            "`slurm.time` is {seconds} s, and tasks save and start again {lead} s before its end: give them more time, or \
             another `signal_lead`"
        )),
        _ => Ok(()),
    }
}

/// A time as `sbatch` reads it: minutes, M:S, H:M:S, D-H, D-H:M or D-H:M:S; `None` where it is none of them.
fn seconds(time: &str) -> Option<u64> {
    let (days, rest) = match time.split_once('-') {
        Some((days, rest)) => (Some(days.parse::<u64>().ok()?), rest),
        None => (None, time),
    };
    let parts = rest.split(':').map(|part| part.parse::<u64>().ok()).collect::<Option<Vec<u64>>>()?;
    let units: &[u64] = match (days, parts.len()) {
        (Some(_), 1..=3) | (None, 3) => &[3600, 60, 1],
        (None, 1..=2) => &[60, 1],
        _ => return None,
    };
    let rest: u64 = parts.iter().zip(units).map(|(part, unit)| part.saturating_mul(*unit)).sum();
    Some(days.unwrap_or(0).saturating_mul(86_400).saturating_add(rest))
}

/// A line end in an option would begin another line of the script.
fn refuse_lines(site: &SlurmSite) -> Result<(), String> {
    let mut texts: BTreeMap<&str, Vec<&str>> = site.options().into_iter().map(|(k, v)| (k, vec![v])).collect();
    texts.insert("prologue", site.prologue.iter().map(String::as_str).collect());
    texts.insert("extra", site.extra.iter().map(String::as_str).collect());
    for (key, values) in texts {
        if values.iter().any(|value| value.contains(['\n', '\r', '\0'])) {
            return Err(format!("`slurm.{key}` has a line end, expected one line"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_sbatch_reads_them() {
        let all = ["3", "2:30", "1:00:00", "1-0", "1-1:30", "1-00:00:01"].map(seconds);
        assert_eq!(all, [180, 150, 3600, 86_400, 91_800, 86_401].map(Some));
        assert_eq!(["", "a", "1:2:3:4", "UNLIMITED"].map(seconds), [None; 4]);
    }
}
