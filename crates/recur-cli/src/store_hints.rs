//! What to do about an error of the store.

use recur_core::visible::visible;
use recur_store::{Fault, Problem, Refused, StoreError, layout};
use std::path::Path;

const OTHER_STORE: &str = "--store DIR names another store";

/// What to do where a store cannot be opened or written.
pub(crate) fn opening(error: &StoreError) -> Option<String> {
    Some(match error {
        StoreError::OlderFormat { .. } => "in another folder the experiments have to be run again".to_owned(),
        StoreError::Format { .. } => "use a later version of recur, or another folder: --store DIR".to_owned(),
        StoreError::NotAStore { .. } => {
            "--store DIR names a store, or a folder that is empty or does not exist; nothing was changed in this one"
                .to_owned()
        }
        StoreError::InUse { .. } => {
            "wait for it to end; if none is running, the user who owns that folder runs `recur store gc`, and \
             where the file system has no locks `recur store gc --host-gone HOST` (the folder's name begins with HOST)"
                .to_owned()
        }
        StoreError::InUseElsewhere { host, .. } => format!(
            "wait for it to end; if that machine is gone, or was started again since: recur store gc --host-gone {}",
            visible(host)
        ),
        // The error itself names the remedy.
        StoreError::Io { source, .. } if Refused::of(source).is_some() => OTHER_STORE.to_owned(),
        StoreError::Io { .. } => {
            "name a folder that can be written: --store DIR; recur report, recur store check and other commands \
             that only read need no leave to write"
                .to_owned()
        }
        StoreError::Damaged(problem) => damaged(problem),
        _ => return None,
    })
}

fn damaged(problem: &Problem) -> String {
    let is_format = problem.path.ends_with(layout::STORE);
    match problem.fault {
        Fault::Refused(Refused::NoFolder) if problem.path.parent().is_none_or(|p| !p.join(layout::STORE).is_file()) => {
            format!("a store is a folder; {OTHER_STORE}")
        }
        Fault::Refused(_) | Fault::Unreadable { .. } => {
            format!("make it a file or folder that can be read; {OTHER_STORE}")
        }
        _ if is_format => {
            let path = problem.path.display().to_string();
            format!(
                "if this folder is a store of this version of recur, write its format again: echo '{{\"format\": 4}}' > {}; \
                 {OTHER_STORE}",
                crate::shell::quoted(&visible(&path))
            )
        }
        _ => format!("recur store check lists all damage; {OTHER_STORE}"),
    }
}

/// What to do where the weights of the trial in `folder` cannot be used to score it.
pub(crate) fn scoring(folder: &Path, error: &StoreError) -> String {
    let is_damage = match error {
        StoreError::Damaged(problem) => !matches!(problem.fault, Fault::Refused(_) | Fault::Unreadable { .. }),
        StoreError::Weights { .. } => true,
        _ => false,
    };
    let folder = folder.display().to_string();
    if is_damage {
        format!(
            "{} was damaged after this run began. Nothing was scored with it; run the experiment again: it trains this trial again",
            visible(&folder)
        )
    } else {
        "the trial may be whole: recur store check tells, and the same command goes on".to_owned()
    }
}

/// What to do where a file of weights cannot be read.
pub(crate) fn reading_model(error: &StoreError) -> Option<String> {
    match error {
        StoreError::Damaged(Problem { fault: Fault::Refused(_) | Fault::Unreadable { .. }, .. }) => None,
        StoreError::Damaged(_) => Some(
            "take the file from a copy that is whole; if it is a trial of a store, recur experiment with its spec trains it again"
                .to_owned(),
        ),
        _ => None,
    }
}
