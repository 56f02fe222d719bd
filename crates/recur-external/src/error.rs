//! What can be wrong with a plugin: its manifest, or its process.

use recur_core::model::ModelError;
use recur_core::visible::{shown, visible};
use std::path::PathBuf;
use std::time::Duration;

/// A plugin that cannot be used, or could not go on.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages name the fields")]
pub enum ExternalError {
    /// The folder of all plugins cannot be listed.
    #[error("cannot read the folder of plugins {}", shown(folder))]
    Folder {
        folder: PathBuf,
        #[source]
        source: std::io::Error,
    },
    /// A manifest that is not what it must be.
    #[error("{manifest}: {problem}")]
    Manifest {
        manifest: String,
        /// What is wrong with it, with the place where it has one.
        problem: String,
    },
    /// A process that did not do what it was asked.
    #[error("plugin `{plugin}`: {problem}{}", said(last_words))]
    Process {
        plugin: &'static str,
        problem: Problem,
        /// The last that it wrote to standard error; empty if that says nothing.
        last_words: String,
    },
}

impl ExternalError {
    /// What to do about it, where something can be said.
    pub fn hint(&self) -> Option<String> {
        let is_folder = matches!(self, Self::Folder { .. });
        let hint = "--plugins DIR (or RECUR_PLUGINS) names the folder that holds NAME/plugin.yaml";
        is_folder.then(|| hint.to_owned())
    }
}

fn said(last_words: &str) -> String {
    if last_words.is_empty() { String::new() } else { format!("; it last wrote to standard error: {last_words}") }
}

impl From<ExternalError> for ModelError {
    fn from(error: ExternalError) -> Self {
        ModelError::Other(Box::new(error))
    }
}

/// What a plugin of another version of the protocol has to change.
fn change(got: &str) -> &'static str {
    match got {
        "1" => {
            ": take recur_plugin.py of this recur, let `train` return the loss of each example, `return losses`, instead of their \
             sum, and write `chunk.texts` instead of `chunk.names` (without recur_plugin.py, see docs/external-plugins.md)"
        }
        "2" => {
            ": take recur_plugin.py of this recur, and write `chunk.texts` instead of `chunk.names` (without recur_plugin.py: \
             `n_texts` instead of `n_names`)"
        }
        "3" => {
            ": take recur_plugin.py of this recur (without it: answer `protocol` 4; the step of a batch divides the \
             weighted sum of its losses by the sum of their weights, and the losses that are answered are unweighted)"
        }
        _ => "",
    }
}

/// What went wrong with a process.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages name the fields")]
pub enum Problem {
    #[error("cannot start `{}`: {source}", visible(command))]
    Start { command: String, source: std::io::Error },
    /// A file of it is not what it was when recur read the manifest.
    #[error("its files were changed while recur ran: the same command again names other trials")]
    Changed,
    /// A frozen file is not what its manifest says.
    #[error("{problem}")]
    Frozen {
        /// Which file, and what is wrong with it.
        problem: String,
    },
    /// Whoever asks only reads, and did not name the folder of plugins.
    #[error("is not started by a command that reads results; --plugins DIR names its folder and allows it")]
    OnlyRead,
    /// It was gone before it answered.
    #[error("{how} before it answered `{request}`")]
    Ended { how: String, request: &'static str },
    #[error("did not answer `{request}` within {limit} of {}", seconds(*after))]
    TooLate {
        request: &'static str,
        /// The key of the limit in its manifest.
        limit: &'static str,
        after: Duration,
    },
    /// It does not read what it is sent.
    #[error("does not read its standard input: `{request}` cannot be asked")]
    NotReading {
        /// What it was to be asked.
        request: &'static str,
    },
    /// A line that is no answer.
    #[error("wrote `{line}` where an answer in JSON was due ({problem}); messages for people go to standard error")]
    Garbage {
        /// The beginning of the line.
        line: String,
        problem: String,
    },
    /// An answer that is larger than allowed.
    #[error("its answer has {bytes} bytes or more, and {limit} are allowed")]
    TooLarge {
        /// Bytes announced or read.
        bytes: u64,
        /// The limit, with the key that raises it.
        limit: String,
    },
    /// An answer to another question.
    #[error("answered question {got} where `{request}`, question {expected}, was asked")]
    OutOfTurn {
        request: &'static str,
        /// The number of the question.
        expected: u64,
        /// The number in the answer.
        got: u64,
    },
    /// It speaks another version of the protocol.
    #[error("speaks version {got} of the protocol, this recur speaks {}{}", crate::PROTOCOL, change(got))]
    Protocol {
        /// The version, or `no`.
        got: String,
    },
    /// An answer without what was asked for.
    #[error("its answer to `{request}` {problem}")]
    Answer { request: &'static str, problem: String },
    /// It says itself that it cannot.
    #[error("cannot do `{request}`: {message}")]
    Refused { request: &'static str, message: String },
    /// It was asked something after it had failed.
    #[error("is no longer there, after it failed: {first}")]
    Gone {
        /// Its first failure.
        first: String,
    },
}

fn seconds(after: Duration) -> String {
    format!("{} s", after.as_secs_f64())
}

/// `text` on one line, at most `max` characters of it, with what cannot be shown as escapes.
pub(crate) fn printable(text: &str, max: usize) -> String {
    let cut = if text.chars().nth(max).is_some() { "…" } else { "" };
    let shown: String = text.chars().take(max).collect();
    format!("{}{cut}", visible(&shown))
}
