//! The partial report of an experiment whose full report was written: it is stale, and goes unless somebody changed it.

use super::list;
use super::place::Place;
use super::subject::Subject;
use super::{Destination, at, partial_name};
use crate::ReportError;
use crate::partial::PartialRecord;
use recur_files::remove_unfinished;
use std::fs;
use std::path::{Path, PathBuf};

/// Removes the partial report of `name` with all of its files that recur wrote, if it is about `subject`. The path of its text where it
/// stays, because a file of it was changed or cannot be removed; nothing is removed then.
pub(super) fn remove(name: &str, subject: &Subject<'_>, destination: Destination<'_>) -> Option<PathBuf> {
    let name = partial_name(name);
    let place = Place::new(destination, &name);
    let text = place.path(&place.text());
    match removed(&place, subject) {
        Ok(true) => None,
        // Where there is no such page, nothing that is left misleads anybody.
        Ok(false) | Err(_) => text.symlink_metadata().is_ok().then_some(text),
    }
}

/// Whether the partial report at `place` is gone, or there is none of this experiment.
fn removed(place: &Place<'_>, subject: &Subject<'_>) -> Result<bool, ReportError> {
    if !place.has_folder()? {
        return Ok(true);
    }
    let _turn = place.turn();
    match PartialRecord::of_report(&place.path(&place.text())) {
        Ok(Some(there)) => {
            let there = Subject { provenance: &there.provenance, question: &there.question };
            if there.difference(subject).is_some() {
                return Ok(true);
            }
        }
        // A page of somebody else, as far as anybody can tell.
        Ok(None) => return Ok(true),
        Err(_) => return Ok(false),
    }
    let own = place.own_files()?;
    // A list that somebody else wrote may name anything: only the page, and plain names in its own folder.
    let is_plain = |name: &&str| Path::new(name).components().count() == 1 && !name.starts_with('.');
    let pages = [place.text(), place.html()];
    let within = own.names().filter(is_plain).filter(|name| *name != list::FILE);
    // The pages go first: they never name a figure that is not there.
    let names: Vec<&str> = pages.iter().map(String::as_str).filter(|name| own.has(name)).chain(within).collect();
    let mut there = Vec::new();
    for name in names {
        match place.content(name)? {
            Some(content) if own.is_of(name, &content) => there.push(place.path(name)),
            Some(_) => return Ok(false),
            None => {}
        }
    }
    there.push(place.path(list::FILE));
    there.iter().try_for_each(|path| fs::remove_file(path).map_err(at(path)))?;
    remove_unfinished(&place.folder);
    // Files of others stay, and their folder with them.
    _ = fs::remove_dir(&place.folder);
    Ok(true)
}
