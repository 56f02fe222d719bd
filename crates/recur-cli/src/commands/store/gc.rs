//! `recur store gc`: what is not needed is removed.

use crate::error::{CliError, Exit};
use crate::stores;
use indicatif::HumanBytes;
use recur_core::visible::shown;
use recur_store::GcOptions;
use recur_terminal::print;
use std::path::Path;

pub(super) fn run(path: &Path, options: GcOptions, hosts: &[String], dry_run: bool) -> Result<Exit, CliError> {
    let mut store = stores::to_read(path)?;
    if !dry_run {
        store = stores::to_write(path)?;
    }
    // What opening it to write has removed is reported as well: a dry run lists it.
    let mut removed = store.cleared().to_vec();
    for host in hosts {
        removed.extend(store.gc_host(host, dry_run)?);
    }
    removed.extend(store.gc(options, dry_run)?);
    let bytes: u64 = removed.iter().map(|removed| removed.bytes).sum();
    let mut lines: Vec<String> =
        removed.iter().map(|removed| format!("{}: {}", shown(&removed.path), removed.why)).collect();
    let done = if dry_run { "would be removed" } else { "removed" };
    lines.push(format!("{} {done}, {}", removed.len(), HumanBytes(bytes)));
    print(&lines.join("\n"))?;
    Ok(Exit::Success)
}
