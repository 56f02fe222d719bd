//! Arguments that several commands have.

use clap::ArgAction;
use recur_experiment::{SpecPaths, SpecRequest};
use recur_spec::Override;
use std::ops::Deref;
use std::path::{Path, PathBuf};

/// The store.
#[derive(Debug, clap::Args)]
pub(crate) struct StoreFolder {
    /// The folder that keeps records, weights and logs [default: runs, in the project]
    #[arg(id = "store", long = "store", value_name = "DIR", env = "RECUR_STORE", hide_env_values = true)]
    pub(super) given: Option<PathBuf>,
}

impl Deref for StoreFolder {
    type Target = Path;

    fn deref(&self) -> &Path {
        self.given.as_deref().unwrap_or(Path::new("runs"))
    }
}

/// Where reports are.
#[derive(Debug, clap::Args)]
pub(crate) struct ReportsFolder {
    /// The folder for the report [default: reports, in the project]
    #[arg(id = "reports", long = "reports", value_name = "DIR")]
    pub(super) given: Option<PathBuf>,
}

/// The folder of reports where none is named.
pub(super) const REPORTS: &str = "reports";

impl Deref for ReportsFolder {
    type Target = Path;

    fn deref(&self) -> &Path {
        self.given.as_deref().unwrap_or(Path::new(REPORTS))
    }
}

#[derive(Debug, clap::Args)]
pub(crate) struct SpecArgs {
    /// The spec, a YAML file
    pub(crate) spec: PathBuf,
    /// Give one value of the spec another value; may be repeated
    #[arg(long = "set", value_name = "PATH=VALUE", action = ArgAction::Append)]
    pub(crate) overrides: Vec<Override>,
    #[command(flatten)]
    pub(crate) store: StoreFolder,
    /// [`Args::plugins`](super::Args::plugins), which the report names
    #[arg(from_global)]
    pub(crate) plugins: Option<PathBuf>,
}

impl SpecArgs {
    /// What is asked for by them.
    pub(crate) fn request(&self) -> SpecRequest {
        let Self { spec: path, overrides, plugins, .. } = self;
        let (path, overrides, plugins) = (path.clone(), overrides.clone(), plugins.clone());
        SpecRequest { path, overrides, plugins, paths: SpecPaths::Project }
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
