//! All commands of recur, with its models and two of our own.

mod letter_bayes;
mod letter_net;

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut registry = recur_cli::builtin();
    registry.register(&letter_bayes::LetterBayes).expect("the id is free");
    registry.register(&letter_net::LetterNet).expect("the id is free");
    recur_cli::run("own-model", &registry)
}
