//! All commands of recur, with its models and our own.

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut registry = recur_cli::builtin();
    registry.register_all(own_model::PLUGINS);
    recur_cli::run("own-model", &registry)
}
