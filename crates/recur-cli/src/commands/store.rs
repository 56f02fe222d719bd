//! `recur store`: what is kept, whether it is whole, what nobody needs, and copies of it.

mod check;
mod export;
mod gc;
mod list;

use crate::args::{StoreArgs, StoreCommand};
use crate::error::{CliError, Exit};
use crate::stores::to_read;
use recur_experiment::Program;
use recur_store::GcOptions;
use std::path::Path;

/// Runs a command on the store.
pub(crate) fn run(args: &StoreArgs, program: &Program<'_>) -> Result<Exit, CliError> {
    let path: &Path = &args.store;
    match &args.command {
        StoreCommand::Check => check::run(&to_read(path)?),
        StoreCommand::List { wanted, json } => list::run(&to_read(path)?, wanted, *json),
        StoreCommand::Gc { unreferenced, host_gone, dry_run } => {
            gc::run(path, GcOptions { unreferenced: *unreferenced }, host_gone, *dry_run)
        }
        StoreCommand::Export { to, what } => export::run(&to_read(path)?, to, what, program),
    }
}
