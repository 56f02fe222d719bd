//! What to do about an error.

use crate::opening::FORMAT;
use crate::{Fault, Problem, Refused, StoreError, layout};
use recur_core::visible::{shown, visible};

const OTHER_STORE: &str = "--store DIR names another store";

impl StoreError {
    /// What to do where a store cannot be opened, read or written; `None` where the error itself shows it.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::OlderFormat { .. } => "in another folder the experiments have to be run again".to_owned(),
            Self::Format { .. } => "use a later version of recur, or another folder: --store DIR".to_owned(),
            Self::NotAStore { .. } => {
                "--store DIR names a store, or a folder that is empty or does not exist; nothing was changed in this one"
                    .to_owned()
            }
            Self::InUse { .. } => {
                "wait for it to end; if none is running, the user who owns that folder runs `recur store gc`, and \
                 where the file system has no locks `recur store gc --host-gone HOST` (the folder's name begins with HOST)"
                    .to_owned()
            }
            Self::InUseElsewhere { host, .. } => format!(
                "wait for it to end; if that machine is gone, or was started again since: recur store gc --host-gone {}",
                visible(host)
            ),
            // The error itself names the remedy.
            Self::Io { source, .. } if Refused::of(source).is_some() => OTHER_STORE.to_owned(),
            Self::Io { .. } => {
                "name a folder that can be written: --store DIR; recur report, recur store check and other commands \
                 that only read need no leave to write"
                    .to_owned()
            }
            Self::Damaged(problem) => damaged(problem),
            _ => return None,
        })
    }

    /// What to do where a file of weights cannot be read.
    pub fn hint_of_weights(&self) -> Option<String> {
        match self {
            Self::Damaged(Problem { fault: Fault::Refused(_) | Fault::Unreadable { .. }, .. }) => None,
            Self::Damaged(_) => Some(
                "take the file from a copy that is whole; if it is a trial of a store, recur experiment with its spec trains it again"
                    .to_owned(),
            ),
            _ => None,
        }
    }
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
            let path = shown(&problem.path);
            // A path that a shell reads as it is can be typed.
            let is_plain = path.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c));
            let how = match is_plain {
                true => format!("write its format again: echo '{{\"format\": {FORMAT}}}' > {path}"),
                false => format!("write {{\"format\": {FORMAT}}} into {} again", visible(&path)),
            };
            format!("if this folder is a store of this version of recur, {how}; {OTHER_STORE}")
        }
        _ => format!("recur store check lists all damage; {OTHER_STORE}"),
    }
}
