//! Arguments that several commands have.

use clap::ArgAction;
use recur_experiment::SpecRequest;
use recur_spec::Override;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(crate) struct SpecArgs {
    /// The spec, a YAML file
    pub(crate) spec: PathBuf,
    /// Give one value of the spec another value; may be repeated
    #[arg(long = "set", value_name = "PATH=VALUE", action = ArgAction::Append)]
    pub(crate) overrides: Vec<Override>,
    /// The folder that keeps records, weights and logs
    #[arg(long, value_name = "DIR", default_value = "runs", env = "RECUR_STORE", hide_env_values = true)]
    pub(crate) store: PathBuf,
    /// [`Args::plugins`](super::Args::plugins), which the report names
    #[arg(from_global)]
    pub(crate) plugins: Option<PathBuf>,
}

impl SpecArgs {
    /// What is asked for by them.
    pub(crate) fn request(&self) -> SpecRequest {
        let Self { spec, overrides, plugins, .. } = self;
        SpecRequest { path: spec.clone(), overrides: overrides.clone(), plugins: plugins.clone() }
    }
}

/// Where a text that recur generates goes, other than to the terminal.
#[derive(Debug, clap::Args)]
pub(crate) struct Target {
    /// Write it to this file
    #[arg(long, value_name = "FILE")]
    pub(crate) write: Option<PathBuf>,
    /// Write nothing: exit code 4 if this file has other content
    #[arg(long, value_name = "FILE", conflicts_with = "write")]
    pub(crate) check: Option<PathBuf>,
    /// Overwrite a file that has other content
    #[arg(long, requires = "write")]
    pub(crate) replace: bool,
}
