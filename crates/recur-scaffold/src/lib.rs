//! Makes a new model of recur-models: a copy of its template under another name, a smoke spec, and the line in `lib.rs`.
//!
//! The template is a module of recur-models that is compiled and tested there (`src/template`), so what is copied works.

mod copy;
mod error;
mod name;

pub use error::Error;
pub use name::Name;

use std::path::{Path, PathBuf};

/// The crate that gets the model, and its root.
const SRC: &str = "crates/recur-models/src";
const ROOT: &str = "crates/recur-models/src/lib.rs";

/// The spec of a first run.
const SMOKE: &str = include_str!("smoke.yaml");

/// Makes the model `name` in the checkout at `root` and returns the files that it wrote, or leaves everything as it was.
///
/// # Errors
/// If the name is taken, or a file cannot be read or written.
pub fn new_model(root: &Path, name: &Name) -> Result<Vec<PathBuf>, Error> {
    name.ensure_free(root)?;
    let crate_root = read(&root.join(ROOT))?;
    let crate_root = copy::with_module(&crate_root, name).ok_or_else(|| Error::NoModules(ROOT.into()))?;
    let mut files = copy::of_template(&root.join(SRC).join("template"), name)?;
    files.iter_mut().for_each(|(path, _)| *path = Path::new(SRC).join(name.as_str()).join(&path));
    files.push((Path::new("experiments").join(format!("{name}.yaml")), name.put_into(SMOKE)));

    let folder = root.join(SRC).join(name.as_str());
    std::fs::create_dir(&folder).map_err(|error| Error::io(&folder, error))?;
    let written = files.iter().try_for_each(|(path, text)| write(&root.join(path), text));
    // The line comes last: without it nothing of the model is compiled.
    if let Err(error) = written.and_then(|()| replace(&root.join(ROOT), &crate_root)) {
        // What cannot be removed is named by the next attempt: the name is taken.
        let _ = std::fs::remove_dir_all(&folder);
        let _ = std::fs::remove_file(root.join("experiments").join(format!("{name}.yaml")));
        return Err(error);
    }
    let mut paths: Vec<PathBuf> = files.into_iter().map(|(path, _)| path).collect();
    paths.push(ROOT.into());
    Ok(paths)
}

/// The checkout that `folder` lies in.
///
/// # Errors
/// If it lies in none.
pub fn checkout_above(folder: &Path) -> Result<PathBuf, Error> {
    let root = folder.ancestors().find(|folder| folder.join(ROOT).is_file());
    root.map(Path::to_owned).ok_or_else(|| Error::NoCheckout(folder.to_owned()))
}

fn read(path: &Path) -> Result<String, Error> {
    std::fs::read_to_string(path).map_err(|error| Error::io(path, error))
}

fn write(path: &Path, text: &str) -> Result<(), Error> {
    std::fs::write(path, text).map_err(|error| Error::io(path, error))
}

/// Gives a file another text as a whole or not at all.
fn replace(path: &Path, text: &str) -> Result<(), Error> {
    recur_files::write_atomically(path, text.as_bytes()).map_err(|error| Error::io(path, error.source))
}
