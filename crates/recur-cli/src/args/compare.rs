//! Arguments of `recur compare`.

use super::shared::StoreFolder;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(crate) struct Compare {
    /// Two or more specs, reports, names of experiments in the store, or beginnings of trials' ids; the first is compared with
    #[arg(required = true, num_args = 2.., value_name = "SPEC | REPORT | NAME | TRIAL")]
    pub(crate) inputs: Vec<String>,
    /// The model to compare with, as EXPERIMENT/MODEL [default: the first one's best on validation]
    #[arg(long, value_name = "MODEL")]
    pub(crate) baseline: Option<String>,
    /// Compare only these models of each experiment (may be given several times)
    #[arg(long = "model", value_name = "MODEL")]
    pub(crate) models: Vec<String>,
    /// [`Args::plugins`](super::Args::plugins), which the report names
    #[arg(from_global)]
    pub(crate) plugins: Option<PathBuf>,
    /// The question of the comparison, instead of the experiments' own
    #[arg(long, value_name = "TEXT")]
    pub(crate) question: Option<String>,
    /// Print the comparison as Markdown
    #[arg(long)]
    pub(crate) markdown: bool,
    /// Print all results as JSON
    #[arg(long, conflicts_with = "markdown")]
    pub(crate) json: bool,
    /// Write it to a file: the whole report with its figures (.md), all results (.json), or the leaderboard (.tex, .csv)
    #[arg(long, value_name = "FILE")]
    pub(crate) write: Option<PathBuf>,
    /// Overwrite another report, files of a report that were changed since, and any table or document
    #[arg(long, requires = "write")]
    pub(crate) replace: bool,
    #[command(flatten)]
    pub(crate) store: StoreFolder,
}
