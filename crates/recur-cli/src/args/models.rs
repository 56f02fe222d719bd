//! Arguments of commands on models and on the machine.

use super::shared::{StoreFolder, Target};
use clap::ArgAction;

#[derive(Debug, clap::Args)]
pub(crate) struct Schema {
    #[command(flatten)]
    pub(crate) target: Target,
}

#[derive(Debug, clap::Args)]
pub(crate) struct CheckModel {
    /// The model
    pub(crate) id: String,
    /// Give a parameter another value than its default; may be repeated
    #[arg(long = "set", value_name = "PARAM=VALUE", action = ArgAction::Append)]
    pub(crate) params: Vec<String>,
    /// Print the outcomes as JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Print the digest of a training and nothing else: what the command asks of its own fresh process
    #[arg(long, hide = true)]
    pub(crate) digest: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Models {
    /// The model to show
    #[arg(conflicts_with_all = ["write", "check"])]
    pub(crate) id: Option<String>,
    /// Print it as JSON
    #[arg(long, conflicts_with_all = ["write", "check"])]
    pub(crate) json: bool,
    /// The page of all models, in Markdown
    #[command(flatten)]
    pub(crate) target: Target,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Doctor {
    #[command(flatten)]
    pub(crate) store: StoreFolder,
}
