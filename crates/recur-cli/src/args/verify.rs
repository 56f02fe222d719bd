//! Arguments of `recur verify` and `recur reproduce`.

use super::shared::StoreFolder;
use clap::ArgAction;
use recur_spec::Override;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(crate) struct Verify {
    /// A report (.md), a spec, or the beginning of a trial's id
    #[arg(value_name = "REPORT | SPEC | TRIAL")]
    pub(crate) what: String,
    /// Execute only N of the trials again, chosen by the seed; the others are read from the store
    #[arg(long, value_name = "N", value_parser = sample)]
    pub(crate) sample: Option<usize>,
    /// Allow a report or a stored trial to start the plugins in this folder: its text, which anybody may have written, names the models
    #[arg(long, value_name = "DIR")]
    pub(crate) allow_plugins: Option<PathBuf>,
    /// Give one value of the spec another value, as when it was run; may be repeated
    #[arg(long = "set", value_name = "PATH=VALUE", action = ArgAction::Append)]
    pub(crate) overrides: Vec<Override>,
    /// Number of trials that run at once [default: one for each core]
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) jobs: Option<u16>,
    #[command(flatten)]
    pub(crate) store: StoreFolder,
}

/// A number of trials to execute again.
fn sample(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("no trial would be executed, and nothing verified; give 1 or more, or leave --sample out to \
            execute all"
            .to_owned()),
        Ok(n) => Ok(n),
        Err(_) => Err("expected a number of trials, 1 or more".to_owned()),
    }
}

#[derive(Debug, clap::Args)]
pub(crate) struct Reproduce {
    /// The beginning of a trial's id
    pub(crate) trial: String,
    /// A folder that is empty or does not exist: it becomes a store with only this trial [default: reproduced/ID]
    #[arg(long, value_name = "DIR")]
    pub(crate) to: Option<PathBuf>,
    /// Allow the stored trial to start the plugins in this folder
    #[arg(long, value_name = "DIR")]
    pub(crate) allow_plugins: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) store: StoreFolder,
}
