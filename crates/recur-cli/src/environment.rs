//! Where a trial runs: kept beside its record, never compared.

use crate::clock::unix_seconds;
use recur_core::digest::Digest;
use recur_store::{CodeState, Environment, Store};
use std::process::{Command, Stdio};
use sysinfo::{CpuRefreshKind, RefreshKind, System};

/// The environment of this process; times are filled in for each trial.
pub(crate) fn gather(store: &Store, jobs: usize) -> Environment {
    Environment {
        recur: env!("CARGO_PKG_VERSION").to_owned(),
        code: code_state(store),
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
pub(crate) fn platform() -> String {
    format!("{} {}", std::env::consts::OS, std::env::consts::ARCH)
}

/// The CPU's own name.
pub(crate) fn cpu_name() -> String {
    let system = System::new_with_specifics(RefreshKind::nothing().with_cpu(CpuRefreshKind::nothing()));
    let brand = system.cpus().first().map_or("", |cpu| cpu.brand().trim());
    if brand.is_empty() { "unknown".to_owned() } else { brand.to_owned() }
}

/// What models of grade `machine` may depend on: the platform, its C library, and the vector instructions that libraries
/// choose their code by. Not `RECUR_ISA`, which libraries do not heed.
pub(crate) fn machine_kind() -> String {
    let instructions: Vec<&str> = recur_kernels::Isa::available().map(recur_kernels::Isa::name).collect();
    let system = System::long_os_version().unwrap_or_else(|| "unknown system".to_owned());
    format!("{}, {}, {}", platform(), system, instructions.join("+"))
}

/// The commit of the working folder and its uncommitted changes, where it is a git checkout, and what built this program.
fn code_state(store: &Store) -> CodeState {
    let diff = git(&["diff", "HEAD", "--no-color", "--no-ext-diff"]).filter(|diff| !diff.is_empty());
    let keep = |diff: String| match store.keep_diff(&diff) {
        Ok(digest) => digest,
        Err(error) => {
            tracing::warn!("uncommitted changes are not kept: {error}");
            Digest::of(diff.as_bytes())
        }
    };
    CodeState {
        commit: git(&["rev-parse", "HEAD"]).map(|commit| commit.trim().to_owned()),
        uncommitted: diff.map(keep),
        cargo_lock: env!("RECUR_CARGO_LOCK").to_owned(),
        rustc: env!("RECUR_RUSTC").to_owned(),
    }
}

/// What git says, if it is there and has something to say.
fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git")
        .args(arguments)
        .env("GIT_OPTIONAL_LOCKS", "0")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}
