//! What can go wrong.

use std::path::{Path, PathBuf};

/// Why no model was made. Nothing was changed.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages name the fields")]
pub enum Error {
    /// It cannot be a module's name and a word of specs.
    #[error("`{name}` cannot be a model's name: {problem}; try `{remedy}`")]
    Name {
        name: String,
        problem: &'static str,
        /// A name that would do.
        remedy: String,
    },
    /// Something of that name is there.
    #[error("the name `{name}` is taken by {}: choose another, or remove that first", by.display())]
    Taken {
        name: String,
        /// The file or folder, from the checkout's root.
        by: PathBuf,
    },
    /// The working folder is elsewhere.
    #[error("{} lies in no checkout of recur: go there first", .0.display())]
    NoCheckout(PathBuf),
    /// The list of modules is not where it was.
    #[error("{} has no `mod name;` lines to add one to", .0.display())]
    NoModules(PathBuf),
    #[error("{}: {source}", path.display())]
    Io { path: PathBuf, source: std::io::Error },
}

impl Error {
    pub(crate) fn io(path: &Path, source: std::io::Error) -> Self {
        Error::Io { path: path.to_owned(), source }
    }
}
