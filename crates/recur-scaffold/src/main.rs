//! `recur-scaffold NAME`: makes a model of that name in the checkout around the working folder.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program speaks on the terminal")]

use recur_scaffold::{Error, Name, checkout_above, new_model};
use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [name] = &arguments[..] else {
        eprintln!("error: one name is needed, in snake_case: just new-model my_model");
        return ExitCode::from(2);
    };
    match make(name) {
        Ok(files) => {
            tell(name, &files);
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn make(name: &str) -> Result<Vec<PathBuf>, Error> {
    let name = Name::new(name)?;
    let here = std::env::current_dir().map_err(|source| Error::Io { path: ".".into(), source })?;
    new_model(&checkout_above(&here)?, &name)
}

fn tell(name: &str, files: &[PathBuf]) {
    for (index, file) in files.iter().enumerate() {
        let last = index + 1 == files.len();
        println!("{} {}", if last { "added a line to" } else { "made" }, file.display());
    }
    println!(
        "
The model works already, as a linear map of the characters. Next:
  cargo test -p recur-models --lib {name}         its tests, some seconds
  just models {name}                              what users see
  just experiment experiments/{name}.yaml --reports scratch
  just generate                                   before `just ci`: the schema of specs and the page of models
Then make it yours: docs/adding-a-model.md"
    );
}
