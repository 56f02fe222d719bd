//! Arguments of `recur store`.

use clap::{Subcommand, ValueEnum};
use recur_core::record::Outcome;
use recur_store::Entry;
use std::ops::Deref;
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
pub(crate) struct StoreArgs {
    #[command(subcommand)]
    pub(crate) command: StoreCommand,
    #[command(flatten)]
    pub(crate) store: GlobalStore,
}

/// [`StoreFolder`](super::shared::StoreFolder), which may also be named behind the command on the store.
#[derive(Debug, clap::Args)]
pub(crate) struct GlobalStore {
    /// The folder that keeps records, weights and logs [default: runs, in the project]
    #[arg(
        id = "store",
        long = "store",
        value_name = "DIR",
        env = "RECUR_STORE",
        hide_env_values = true,
        global = true
    )]
    pub(super) given: Option<PathBuf>,
}

impl Deref for GlobalStore {
    type Target = Path;

    fn deref(&self) -> &Path {
        self.given.as_deref().unwrap_or(Path::new("runs"))
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum StoreCommand {
    /// Read every file and list those that are damaged, missing or stray (exit code 4 if there are any)
    Check,
    /// List trials with their validation results: columns on a terminal, CSV elsewhere
    List {
        #[command(flatten)]
        wanted: Wanted,
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

/// Which trials are listed: those that are all of what is named.
#[derive(Debug, clap::Args)]
pub(crate) struct Wanted {
    /// Only trials that the last run of this experiment had
    #[arg(long, value_name = "NAME")]
    pub(crate) experiment: Option<String>,
    /// Only trials of the model with this id
    #[arg(long, value_name = "ID")]
    model: Option<String>,
    /// Only trials that ended so
    #[arg(long, value_enum)]
    outcome: Option<Ended>,
}

impl Wanted {
    /// Whether a trial is of the model and the outcome that are named.
    pub(crate) fn has(&self, entry: &Entry) -> bool {
        self.model.as_ref().is_none_or(|model| *model == entry.model)
            && self.outcome.is_none_or(|outcome| outcome == Ended::from(&entry.outcome))
    }
}

/// How a trial ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Ended {
    /// It was trained to its end
    Finished,
    /// Its loss became NaN or infinite
    Diverged,
    /// An error ended it
    Failed,
}

impl From<&Outcome> for Ended {
    fn from(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Finished { .. } => Self::Finished,
            Outcome::Diverged { .. } => Self::Diverged,
            Outcome::Failed { .. } => Self::Failed,
        }
    }
}
