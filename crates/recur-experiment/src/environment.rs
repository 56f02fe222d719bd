//! Where a trial runs: kept next to its record, never compared.

mod git;
mod repository;

use crate::Experiment;
use crate::clock::unix_seconds;
use recur_core::digest::Digest;
use recur_core::model::Kernels;
use recur_store::{CodeState, Environment, Store};
use repository::Repository;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use sysinfo::{CpuRefreshKind, RefreshKind, System};

impl Experiment {
    /// Where its trials run, as it is kept next to their results; times are filled in for each trial. Uncommitted changes
    /// are kept in `store` as `code` says; models compute with `kernels`.
    pub fn environment(&self, store: &Store, jobs: usize, code: Code, kernels: Kernels) -> Environment {
        environment(&self.folder, store, jobs, code, kernels)
    }
}

/// Where trials run in `folder`, but for their times.
pub(crate) fn environment(
    folder: &WorkingFolder,
    store: &Store,
    jobs: usize,
    code: Code,
    kernels: Kernels,
) -> Environment {
    let (commit, uncommitted) = folder.code(store, code);
    Environment {
        recur: env!("CARGO_PKG_VERSION").to_owned(),
        code: CodeState {
            commit,
            uncommitted,
            cargo_lock: env!("RECUR_CARGO_LOCK").to_owned(),
            rustc: env!("RECUR_RUSTC").to_owned(),
        },
        platform: platform(),
        cpu: cpu_name(),
        machine_kind: machine_kind(),
        instruction_set: kernels.isa().name().to_owned(),
        host: System::host_name().unwrap_or_else(|| "unknown".to_owned()),
        jobs,
        started_unix: unix_seconds(),
        finished_unix: 0,
        seconds: 0.0,
        resumed: false,
    }
}

/// Operating system and CPU architecture.
pub fn platform() -> String {
    format!("{} {}", std::env::consts::OS, std::env::consts::ARCH)
}

/// The CPU's own name.
pub fn cpu_name() -> String {
    let system = System::new_with_specifics(RefreshKind::nothing().with_cpu(CpuRefreshKind::nothing()));
    let brand = system.cpus().first().map_or("", |cpu| cpu.brand().trim());
    if brand.is_empty() { "unknown".to_owned() } else { brand.to_owned() }
}

/// What models of grade `machine` may depend on: the platform, its C library, and the vector instructions that libraries
/// choose their code by. Not `RECUR_ISA`, which libraries do not heed.
pub fn machine_kind() -> String {
    let instructions: Vec<&str> = recur_kernels::Isa::available().map(recur_kernels::Isa::name).collect();
    let system = System::long_os_version().unwrap_or_else(|| "unknown system".to_owned());
    format!("{}, {}, {}", platform(), system, instructions.join("+"))
}

/// What is recorded of the code that runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// The commit, and the uncommitted changes.
    WithDiff,
    /// The commit, and of uncommitted changes a digest: their text may hold secrets.
    WithoutDiff,
    /// What built this program, and nothing of the folder: for what is not kept.
    OfProgram,
}

/// A folder that may be a git checkout. Git is asked once for each way to ask: what ran is what was there at first, and a
/// diff may take seconds.
#[derive(Debug)]
pub(crate) struct WorkingFolder {
    path: PathBuf,
    with_diff: OnceLock<Option<GitState>>,
    without_diff: OnceLock<Option<GitState>>,
}

/// What git knows of a folder.
#[derive(Clone, Debug)]
struct GitState {
    commit: String,
    /// The text that is kept of uncommitted changes; empty where there are none.
    changes: String,
}

impl WorkingFolder {
    pub(crate) fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), with_diff: OnceLock::new(), without_diff: OnceLock::new() }
    }

    /// The commit, and the name of what is kept of uncommitted changes.
    fn code(&self, store: &Store, code: Code) -> (Option<String>, Option<Digest>) {
        let state = match code {
            Code::WithDiff => self.with_diff.get_or_init(|| git_state(&self.path, true)),
            Code::WithoutDiff => self.without_diff.get_or_init(|| git_state(&self.path, false)),
            Code::OfProgram => &None,
        };
        let Some(GitState { commit, changes }) = state else { return (None, None) };
        let kept = (!changes.is_empty()).then(|| {
            store.keep_diff(changes).unwrap_or_else(|error| {
                tracing::warn!("uncommitted changes are not kept: {error}");
                Digest::of(changes.as_bytes())
            })
        });
        (Some(commit.clone()), kept)
    }
}

/// The commit of the git checkout at `path`, and its uncommitted changes: their text if they are to be kept, or its digest.
/// `None` where they are not known.
fn git_state(path: &Path, keep: bool) -> Option<GitState> {
    let repository = Repository::of(path)?;
    match git::uncommitted(&repository, keep) {
        Ok(changes) => return Some(GitState { commit: repository.commit, changes }),
        // Who has a checkout without git is not warned of it at every run.
        Err(git::GitError::Start(error)) if error.kind() == std::io::ErrorKind::NotFound => {
            tracing::debug!("neither the commit nor uncommitted changes are recorded: there is no git");
        }
        Err(error) => tracing::warn!("neither the commit nor uncommitted changes are recorded: {error}"),
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    /// A checkout with a line that is not committed.
    fn checkout() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let git = |arguments: &[&str]| {
            let identity = ["-c", "user.name=a", "-c", "user.email=a@b"];
            let ran = Command::new("git").args(identity).args(arguments).current_dir(folder.path()).output().unwrap();
            assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
        };
        std::fs::write(folder.path().join("code"), "one\n").unwrap();
        git(&["init", "-q"]);
        git(&["add", "code"]);
        git(&["commit", "-q", "-m", "first"]);
        std::fs::write(folder.path().join("code"), "one\npassword\n").unwrap();
        folder
    }

    #[test]
    fn what_is_kept_of_changes_does_not_depend_on_what_was_kept_before() {
        let checkout = checkout();
        for order in [[Code::WithDiff, Code::WithoutDiff], [Code::WithoutDiff, Code::WithDiff]] {
            let folder = WorkingFolder::new(checkout.path());
            for code in order {
                let runs = tempfile::tempdir().unwrap();
                let store = Store::open(&runs.path().join("runs")).unwrap();
                let (commit, kept) = folder.code(&store, code);
                assert!(commit.is_some() && kept.is_some());
                let diffs = runs.path().join("runs/diffs");
                let files: Vec<_> = std::fs::read_dir(diffs).unwrap().map(|entry| entry.unwrap().path()).collect();
                let [file] = files.as_slice() else { panic!("{files:?}") };
                let text = std::fs::read_to_string(file).unwrap();
                assert_eq!(text.contains("password"), code == Code::WithDiff, "{code:?} in {order:?}: {text}");
            }
        }
    }

    #[test]
    fn of_the_program_alone_nothing_of_the_folder_is_recorded() {
        let checkout = checkout();
        let store = Store::open(&checkout.path().join("runs")).unwrap();
        assert_eq!(WorkingFolder::new(checkout.path()).code(&store, Code::OfProgram), (None, None));
    }
}
