//! What can go wrong with a store.

use std::path::PathBuf;

/// Why a store cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A file or folder cannot be read or written.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// `read`, `write`, `create`, …
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// A file does not hold what it should.
    #[error("{} is damaged: {problem}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// The store was written by a later version of recur.
    #[error("{} has store format {found}, and this version of recur reads up to {known}", path.display())]
    Format {
        /// The file that says so.
        path: PathBuf,
        /// Its format.
        found: u32,
        /// The latest one known.
        known: u32,
    },
    /// A file of weights cannot be used.
    #[error("cannot use the weights {}: {problem}", path.display())]
    Weights {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: WeightsProblem,
    },
}

/// What is wrong with a file of weights.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WeightsProblem {
    /// The file is a checkpoint that `torch.save` wrote.
    #[error("this is a file of torch.save, which only Python can read; write it with safetensors.torch.save_file")]
    TorchSave,
    /// No safetensors file, or one that was cut or changed.
    #[error("not a whole safetensors file ({problem})")]
    NotSafetensors {
        /// The reader's words.
        problem: String,
    },
    /// More bytes than any model here could have.
    #[error("it has {bytes} bytes, at most {max} are read")]
    TooLarge {
        /// Its size.
        bytes: u64,
        /// The limit.
        max: u64,
    },
    /// A tensor of numbers that no model holds.
    #[error("tensor `{tensor}` holds {found}, expected F32, F64 or I64; in PyTorch, .float() makes it F32")]
    NumberType {
        /// The tensor.
        tensor: String,
        /// Its type of numbers.
        found: String,
    },
    /// A card that cannot be read.
    #[error("its card is damaged ({problem})")]
    Card {
        /// What is wrong.
        problem: String,
    },
    /// A card of a later version of recur.
    #[error("its card has format {found}, and this version of recur reads up to {known}")]
    CardFormat {
        /// Its format.
        found: u32,
        /// The latest one known.
        known: u32,
    },
}

impl StoreError {
    /// An error of the file system, from what was tried on which path.
    pub(crate) fn io(action: &'static str, path: &std::path::Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { action, path, source }
    }
}
