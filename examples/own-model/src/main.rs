//! All commands of recur, with its models and one of our own.

mod letter_bayes;

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut registry = recur_cli::builtin();
    registry.register(&letter_bayes::LetterBayes).expect("the id is free");
    recur_cli::run("own-model", &registry)
}
