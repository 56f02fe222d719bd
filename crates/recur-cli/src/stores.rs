//! Opening stores: a wait for another process is reported, and so is a store that does not exist.

use crate::error::CliError;
use anstyle::Style;
use recur_core::registry::Registry;
use recur_core::visible::{shown, visible};
use recur_experiment::LookupError;
use recur_store::{Store, StoreEvent};
use recur_terminal::print_error;
use std::path::Path;

/// The store at `path`, to write; made where there is none.
pub(crate) fn to_write(path: &Path) -> Result<Store, CliError> {
    Ok(Store::open_and_listen(path, report)?)
}

/// Refuses `folder` as the place of another store if it is the one of `store`, or within it.
pub(crate) fn check_elsewhere(folder: &Path, store: &Path) -> Result<(), CliError> {
    // Of a folder that does not exist yet, the nearest one above it that does.
    let place = std::path::absolute(folder).ok();
    let place = place.iter().flat_map(|path| path.ancestors()).find_map(|path| path.canonicalize().ok());
    match (place, store.canonicalize()) {
        (Some(place), Ok(root)) if place.starts_with(&root) => {
            let what = format!("the folder {} is within the store {}", shown(folder), shown(store));
            Err(CliError::new(what).hint("name a folder elsewhere: what is copied is a store of its own".to_owned()))
        }
        _ => Ok(()),
    }
}

/// The store at `path`, to read.
pub(crate) fn to_read(path: &Path) -> Result<Store, CliError> {
    let store = Store::open_to_read_and_listen(path, report)?;
    Ok(store.ok_or_else(|| LookupError::NoStore { path: path.to_owned() })?)
}

/// The store at `path`, to read, if there is one; a line of the log if not.
pub(crate) fn to_read_if_any(path: &Path) -> Result<Option<Store>, CliError> {
    let store = Store::open_to_read_and_listen(path, report)?;
    if store.is_none() {
        let path = shown(path);
        tracing::info!("there is no store {}: no trial has a record (--store DIR names another store)", visible(&path));
    }
    Ok(store)
}

/// `registry` with the models that only `store` knows: plugins that are gone. Their results can be read, and nothing be trained.
pub(crate) fn registry_with_results(
    registry: &Registry,
    store: Option<&Store>,
    spec: Option<&Path>,
) -> Result<Registry, CliError> {
    let mut registry = registry.clone();
    if let Some(store) = store {
        // The name of an experiment is that of its file, unless the spec gives another.
        let first = spec.and_then(Path::file_stem).and_then(|stem| stem.to_str());
        store.declared_models(first)?.into_iter().for_each(|model| registry.register_declared(model));
    }
    Ok(registry)
}

fn report(event: &StoreEvent) {
    let StoreEvent::Waiting { lock } = event else { return };
    let lock = lock.display().to_string();
    let message = format!("waiting for another process, which has locked {}", visible(&lock));
    // The log file of an experiment is within its store: until the store is open nothing is logged.
    if tracing::dispatcher::has_been_set() {
        tracing::warn!("{message}");
    } else {
        print_error(Style::new(), "", &message);
    }
}
