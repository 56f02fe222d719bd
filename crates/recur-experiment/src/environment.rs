//! Where a trial runs: kept beside its record, never compared.

mod git;
mod repository;

use crate::clock::unix_seconds;
use recur_core::digest::Digest;
use recur_store::{CodeState, Environment, Store};
use repository::Repository;
use std::path::Path;
use std::sync::OnceLock;
use sysinfo::{CpuRefreshKind, RefreshKind, System};

/// The environment of this process; times are filled in for each trial.
pub fn gather(store: &Store, jobs: usize, code: Code) -> Environment {
    Environment {
        recur: env!("CARGO_PKG_VERSION").to_owned(),
        code: code_state(store, code),
        platform: platform(),
        cpu: cpu_name(),
        machine_kind: machine_kind(),
        instruction_set: recur_kernels::Kernels::get().isa().name().to_owned(),
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

/// The commit of the working folder and its uncommitted changes, where it is a git checkout, and what built this program.
fn code_state(store: &Store, code: Code) -> CodeState {
    let (commit, uncommitted) = match code {
        Code::WithDiff => of_folder(store, true),
        Code::WithoutDiff => of_folder(store, false),
        Code::OfProgram => (None, None),
    };
    CodeState {
        commit,
        uncommitted,
        cargo_lock: env!("RECUR_CARGO_LOCK").to_owned(),
        rustc: env!("RECUR_RUSTC").to_owned(),
    }
}

/// The commit, and the name of what is kept of uncommitted changes.
fn of_folder(store: &Store, keep: bool) -> (Option<String>, Option<Digest>) {
    // Asked once: what ran is what was there at the start, and a diff may take seconds.
    static FOUND: OnceLock<Option<(String, String)>> = OnceLock::new();
    let Some((commit, changes)) = FOUND.get_or_init(|| commit_and_changes(keep)) else { return (None, None) };
    let kept = (!changes.is_empty()).then(|| {
        store.keep_diff(changes).unwrap_or_else(|error| {
            tracing::warn!("uncommitted changes are not kept: {error}");
            Digest::of(changes.as_bytes())
        })
    });
    (Some(commit.clone()), kept)
}

/// The commit, and the uncommitted changes; `None` where they are not known.
fn commit_and_changes(keep: bool) -> Option<(String, String)> {
    let repository = Repository::of(Path::new("."))?;
    match git::uncommitted(&repository, keep) {
        Ok(changes) => return Some((repository.commit, changes)),
        // Who has a checkout without git is not warned of it at every run.
        Err(git::GitError::Start(error)) if error.kind() == std::io::ErrorKind::NotFound => {
            tracing::debug!("neither the commit nor uncommitted changes are recorded: there is no git");
        }
        Err(error) => tracing::warn!("neither the commit nor uncommitted changes are recorded: {error}"),
    }
    None
}
