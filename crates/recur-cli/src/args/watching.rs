//! Arguments of looking at what runs.

use super::shared::StoreFolder;
use clap::ArgAction;
use recur_experiment::status::StatusRequest;
use recur_experiment::{SpecPaths, SpecRequest};
use recur_spec::Override;
use std::path::PathBuf;
use std::time::Duration;

#[derive(Debug, clap::Args)]
pub(crate) struct Status {
    /// A spec, or the name of an experiment of the store [default: all experiments of the store, a line each]
    #[arg(value_name = "SPEC | NAME")]
    pub(super) what: Option<PathBuf>,
    /// Give one value of the spec another value; may be repeated
    #[arg(long = "set", value_name = "PATH=VALUE", action = ArgAction::Append, requires = "what")]
    overrides: Vec<Override>,
    #[command(flatten)]
    pub(crate) store: StoreFolder,
    /// Show it again every so many seconds until all trials are done [without a number: every 2 seconds on a terminal, every minute elsewhere]
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, require_equals = true, value_parser = clap::value_parser!(u32).range(1..))]
    watch: Option<Option<u32>>,
    /// Print it as one JSON object
    #[arg(long, conflicts_with = "watch")]
    pub(crate) json: bool,
    /// The site file, with how Slurm is asked for tasks [default: ~/.config/recur/site.yaml, where there is one]
    #[arg(long, value_name = "FILE", env = "RECUR_SITE", hide_env_values = true)]
    pub(crate) site: Option<PathBuf>,
    /// [`Args::plugins`](super::Args::plugins), of which a spec may name models
    #[arg(from_global)]
    pub(super) plugins: Option<PathBuf>,
}

impl Status {
    /// Which experiments are asked for.
    pub(crate) fn request(&self) -> StatusRequest {
        let Self { overrides, plugins, .. } = self;
        StatusRequest::of_word(self.what.as_deref(), |path| SpecRequest {
            path: path.to_owned(),
            overrides: overrides.clone(),
            plugins: plugins.clone(),
            paths: SpecPaths::Project,
        })
    }

    /// The time between two looks, where it is to be shown again; `usual` where the user gives none.
    pub(crate) fn interval(&self, usual: Duration) -> Option<Duration> {
        let given = |seconds: u32| Duration::from_secs(seconds.into());
        Some(self.watch?.map_or(usual, given))
    }
}

#[derive(Debug, clap::Args)]
pub(crate) struct Logs {
    /// The beginning of a trial's id
    pub(crate) trial: String,
    /// Go on as lines come, until the trial ends
    #[arg(long, short)]
    pub(crate) follow: bool,
    /// Print the lines as they are: a JSON object each
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) store: StoreFolder,
}
