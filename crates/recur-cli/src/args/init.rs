//! Arguments of beginning a project, and of what a shell gets.

use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(crate) struct Init {
    /// The folder of the project; it is created if it does not exist [default: the working folder]
    #[arg(value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
    /// Look at this data (a file, a folder of LABEL.txt, or a glob in quotes), and write a spec for it
    #[arg(long, value_name = "DATA")]
    pub(crate) from: Option<String>,
    /// The column with the texts [default: chosen, with the reason in the spec]
    #[arg(long, value_name = "COLUMN", requires = "from")]
    pub(crate) text: Option<String>,
    /// The column with the labels [default: chosen, with the reason in the spec]
    #[arg(long, value_name = "COLUMN", requires = "from")]
    pub(crate) label: Option<String>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Completions {
    /// The shell
    pub(crate) shell: clap_complete::Shell,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Man {
    /// The folder for the pages, such as ~/.local/share/man/man1; it is created if it does not exist
    #[arg(value_name = "DIR")]
    pub(crate) dir: PathBuf,
    /// Overwrite pages with other content
    #[arg(long)]
    pub(crate) replace: bool,
}
