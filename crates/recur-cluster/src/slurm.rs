//! Slurm, by its commands `sbatch`, `squeue`, `scancel` and `scontrol`. Their output is read in text formats that are asked for column
//! by column: the JSON of Slurm changes from release to release, and `sacct` needs a database that not every site has.

mod arguments;
mod queue;

pub(crate) use arguments::SIGNAL_LEAD;

use crate::engine::{Engine, EngineError, Job, Refusal, Seen, TaskProgram};
use crate::site::{SlurmSite, at_limit};
use crate::tool::{self, Answer};
use std::sync::OnceLock;

/// Jobs that one command is asked about.
const NAMES_AT_ONCE: usize = 100;

/// Tasks of a job where Slurm does not say how many there may be: its own default, less one.
const USUAL_MOST_TASKS: u64 = 1000;

/// What `sbatch` says of a full queue before it waits for room.
const WAITS_ITSELF: &str = "temporarily unable to accept job";

/// A Slurm cluster.
#[derive(Debug)]
pub struct Slurm {
    site: SlurmSite,
    most_tasks: OnceLock<u64>,
}

impl Slurm {
    /// The cluster that Slurm's commands talk to, with the options of a site.
    pub fn new(site: SlurmSite) -> Self {
        Self { site, most_tasks: OnceLock::new() }
    }

    fn run(&self, program: &str, arguments: &[String]) -> Result<Answer, EngineError> {
        tool::run(program, arguments, self.site.answer_seconds.unwrap_or(30))
    }

    /// The same, where a failure is an error.
    fn ask(&self, program: &str, arguments: &[String]) -> Result<String, EngineError> {
        let answer = self.run(program, arguments)?;
        if answer.is_success {
            return Ok(answer.stdout);
        }
        Err(EngineError::Failed { program: program.to_owned(), problem: answer.complaint() })
    }

    fn asked_most_tasks(&self) -> Option<u64> {
        let text = self.ask("scontrol", &["show".to_owned(), "config".to_owned()]).ok()?;
        let line = text.lines().find(|line| line.starts_with("MaxArraySize"))?;
        line.split_once('=')?.1.trim().parse().ok()
    }
}

impl Engine for Slurm {
    fn name(&self) -> &'static str {
        "Slurm"
    }

    fn check(&self) -> Result<(), EngineError> {
        self.ask("squeue", &["-h".to_owned(), "--name=recur".to_owned()]).map(drop)
    }

    fn most_tasks(&self) -> u64 {
        *self.most_tasks.get_or_init(|| self.asked_most_tasks().unwrap_or(USUAL_MOST_TASKS).max(1))
    }

    fn submit(&self, job: &Job, program: &TaskProgram) -> Result<String, Refusal> {
        let path = program.folder.join(format!("{}.sh", job.name));
        std::fs::write(&path, arguments::script(&self.site, program)).map_err(|error| {
            let problem = format!("cannot write {}: {error}", recur_core::visible::shown(&path));
            Refusal::Error(EngineError::Failed { program: "sbatch".to_owned(), problem })
        })?;
        let arguments = arguments::of_sbatch(&self.site, job, program, &path);
        let answer = match self.run("sbatch", &arguments) {
            Ok(answer) => answer,
            // It reports that, and then tries again by itself: none of its tries was taken.
            Err(error @ EngineError::Silent { .. }) if error.to_string().contains(WAITS_ITSELF) => {
                return Err(Refusal::Limit(error.to_string()));
            }
            Err(error @ EngineError::Silent { .. }) => return Err(Refusal::Unknown(error.to_string())),
            Err(error) => return Err(Refusal::Error(error)),
        };
        if !answer.is_success {
            return Err(refusal(&answer.complaint()));
        }
        let id = answer.stdout.trim().split(';').next().unwrap_or_default().to_owned();
        if !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit()) {
            return Ok(id);
        }
        let line = recur_core::visible::visible(answer.stdout.trim()).into_owned();
        Err(Refusal::Unknown(format!("sbatch answered `{line}`")))
    }

    fn memory_limit(&self, doublings: u32) -> Option<String> {
        at_limit(&self.site, doublings)
    }

    fn look(&self, jobs: &[&Job]) -> Result<Vec<Seen>, EngineError> {
        let mut seen = Vec::new();
        for jobs in jobs.chunks(NAMES_AT_ONCE) {
            let names: Vec<&str> = jobs.iter().map(|job| job.name.as_str()).collect();
            let format = ["-h", "-r", "-t", "all", "-o", queue::FORMAT].map(str::to_owned);
            let arguments = [format.to_vec(), vec![format!("--name={}", names.join(","))]].concat();
            seen.extend(queue::read(&self.ask("squeue", &arguments)?, jobs)?);
        }
        Ok(seen)
    }

    fn cancel(&self, jobs: &[&Job]) -> Result<(), EngineError> {
        for jobs in jobs.chunks(NAMES_AT_ONCE) {
            let (known, unknown): (Vec<&Job>, Vec<&Job>) = jobs.iter().partition(|job| job.id.is_some());
            let ids: Vec<String> = known.into_iter().filter_map(|job| job.id.clone()).collect();
            if !ids.is_empty() {
                self.ask("scancel", &[vec!["--quiet".to_owned()], ids].concat())?;
            }
            for job in unknown {
                self.ask("scancel", &["--quiet".to_owned(), format!("--name={}", job.name)])?;
            }
        }
        Ok(())
    }

    fn outlives_us(&self) -> bool {
        true
    }
}

/// What a refusal of `sbatch` means. The words are those of Slurm's error codes (`slurm_errno.c`), which have not changed for
/// years; what is not known is an error that the user sees. All refusals by a policy end in the same sentence, which names the limit on
/// jobs among others: only what comes before it says which limit it was.
fn refusal(complaint: &str) -> Refusal {
    let has = |parts: &[&str]| parts.iter().any(|part| complaint.contains(part));
    let text = complaint.to_owned();
    if has(&["Invalid job array", "Job array index"]) {
        return Refusal::TooLarge(text);
    }
    let is_of_policy = complaint.contains("accounting/QOS policy");
    let names_another = ["Limit", "QOSMax", "AssocMax"].iter().any(|part| complaint.contains(part));
    if has(&["SubmitJob", "MaxJobCount", "temporarily unable", "temporarily unavailable"])
        || is_of_policy && !names_another
    {
        return Refusal::Limit(text);
    }
    if has(&["Unable to contact", "timed out", "Connection refused", "Zero Bytes", "communication"]) {
        return Refusal::Unknown(text);
    }
    Refusal::Error(EngineError::Failed { program: "sbatch".to_owned(), problem: text })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_a_limit_a_size_an_unknown_or_an_error() {
        let check = |text: &str, expected: fn(String) -> Refusal| {
            assert_eq!(refusal(text), expected(text.to_owned()));
        };
        check(
            "sbatch: error: AssocMaxSubmitJobLimit; sbatch: error: Batch job submission failed: Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)",
            Refusal::Limit,
        );
        check("sbatch: error: QOSMaxSubmitJobPerUserLimit", Refusal::Limit);
        check("sbatch: error: Slurm temporarily unable to accept job, sleeping and retrying", Refusal::Limit);
        check("sbatch: error: Batch job submission failed: Invalid job array specification", Refusal::TooLarge);
        check(
            "sbatch: error: Batch job submission failed: Unable to contact slurm controller (connect failure)",
            Refusal::Unknown,
        );
        check("sbatch: error: Batch job submission failed: Socket timed out on send/recv operation", Refusal::Unknown);
        let policy = "Batch job submission failed: Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)";
        check(&format!("sbatch: error: {policy}"), Refusal::Limit);
        for limit in ["AssocMaxWallDurationPerJobLimit", "QOSMaxMemoryPerJob", "QOSMaxCpuPerUserLimit"] {
            let error = refusal(&format!("sbatch: error: {limit}; sbatch: error: {policy}"));
            assert!(matches!(error, Refusal::Error(_)), "{error}");
        }
        let error = refusal("sbatch: error: invalid partition specified: nope");
        assert!(matches!(error, Refusal::Error(_)), "{error}");
    }
}
