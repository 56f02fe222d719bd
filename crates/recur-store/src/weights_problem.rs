//! What is wrong with a file of weights, for errors and for problems of a store alike.

use recur_core::visible::visible;

/// Why tensors cannot be kept in a file of weights, or such a file not be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages name the fields")]
pub enum UnstorableTensors {
    /// A name that the format uses itself.
    #[error("a tensor is called `__metadata__`, a name that safetensors files use themselves")]
    Reserved,
    #[error("two tensors are called `{}`", visible(name))]
    Twice { name: String },
    /// More than any model has.
    #[error("it has {count} tensors, at most {max} are kept")]
    TooMany { count: usize, max: usize },
}

/// What is wrong with a file of weights.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages name the fields")]
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
    TooLarge { bytes: u64, max: u64 },
    /// A tensor of numbers that no model holds.
    #[error(
        "tensor `{}` holds {found}, expected F32, F64, I64 or U8; in PyTorch, .float() makes it F32",
        visible(tensor)
    )]
    NumberType { tensor: String, found: String },
    /// Tensors that a file cannot hold.
    #[error(transparent)]
    Tensors(#[from] UnstorableTensors),
    /// A card that cannot be read.
    #[error("its card is damaged ({problem})")]
    Card { problem: String },
    /// A card of a later version of recur.
    #[error("its card has format {found}, and this version of recur reads up to {known}")]
    CardFormat {
        found: u32,
        /// The latest one known.
        known: u32,
    },
}
