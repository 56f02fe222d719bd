//! Arguments of `recur store`.

use clap::Subcommand;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(crate) struct StoreArgs {
    #[command(subcommand)]
    pub(crate) command: StoreCommand,
    /// The folder that keeps records, weights and logs
    #[arg(
        long,
        value_name = "DIR",
        default_value = "runs",
        env = "RECUR_STORE",
        hide_env_values = true,
        global = true
    )]
    pub(crate) store: PathBuf,
}

#[derive(Debug, Subcommand)]
pub(crate) enum StoreCommand {
    /// Read every file and list those that are damaged, missing or stray (exit code 4 if there are any)
    Check,
    /// List all trials with their validation results: columns on a terminal, CSV elsewhere
    List {
        /// Print one JSON object per line
        #[arg(long)]
        json: bool,
    },
    /// Remove what is not needed: scratch of ended processes, checkpoints of ended trials, diffs that no trial uses
    Gc {
        /// Also remove trials that no experiment's last run had
        #[arg(long)]
        unreferenced: bool,
        /// Scratch of this machine as well, which is gone or was started again; may be repeated (see recur store check)
        #[arg(long, value_name = "HOST")]
        host_gone: Vec<String>,
        /// Show what would be removed, and remove nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Copy whole trials into another store: all, or those of specs or ids
    Export {
        /// The folder of the other store; it is created if it does not exist
        to: PathBuf,
        /// Specs, or beginnings of ids [default: everything]
        #[arg(value_name = "SPEC | TRIAL")]
        what: Vec<String>,
    },
}
