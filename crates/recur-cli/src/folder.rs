//! The folder that a command works in: that of the project of what it is about. Everything below the command line finds files relative
//! to the working folder of the process, as if the user had typed the command in the project's folder.

use crate::args::{Args, Command, Folders, Level};
use crate::error::CliError;
use anstyle::Style;
use recur_core::visible::shown;
use recur_experiment::shell::quoted;
use recur_experiment::{Project, RequestedExperiment};
use recur_terminal::print_error;
use std::path::{Component, Path, PathBuf};
use std::sync::OnceLock;

/// The folder in which the process was started.
static STARTED_IN: OnceLock<PathBuf> = OnceLock::new();

/// How the project's folder is named where the process was started; nothing where that is the same folder.
static AWAY: OnceLock<String> = OnceLock::new();

/// The folder in which this process was started, for a process that gets the same arguments.
pub(crate) fn started_in() -> Option<&'static Path> {
    STARTED_IN.get().map(PathBuf::as_path)
}

/// What users type before a command where the process was started, if `prefix` is what they type in the project's folder: hints name
/// paths as they are there.
pub(crate) fn prefix_here(name: &str, prefix: &str) -> String {
    AWAY.get().map_or_else(|| prefix.to_owned(), |root| format!("{name} -C {root}"))
}

/// `command`, which is one for the project's folder of `experiment`, where the process was started.
pub(crate) fn command_here(experiment: &RequestedExperiment, command: &str) -> String {
    let prefix = experiment.prefix();
    let words = command.strip_prefix(prefix).unwrap_or(command);
    prefix_here(&experiment.provenance.program, prefix) + words
}

/// Goes into the folder that `-C` names, and then into that of the project, if there is one: all paths of `args` are put as they are
/// there. The project is that of the file which the command is about, or else that of the working folder.
pub(crate) fn enter(args: &mut Args) -> Result<Option<Project>, CliError> {
    let here = std::env::current_dir().and_then(|here| here.canonicalize());
    let here = here.map_err(|error| CliError::new("the working folder is gone").because(&error))?;
    STARTED_IN.get_or_init(|| here.clone());
    let typed_in = match &args.directory {
        None => here.clone(),
        Some(folder) => go_to(folder)?,
    };
    if matches!(args.command, Command::Init(_)) {
        // It makes projects, and finds none.
        return Ok(None);
    }
    let project = Project::find(args.subject().unwrap_or(Path::new(".")))
        .map_err(|error| CliError::of(&error).hint(error.hint().to_owned()))?;
    if let Some(Project { root, .. }) = &project {
        args.move_paths(&Folders { typed_in: typed_in.clone(), root: root.clone() });
        if *root != typed_in {
            go_to(root)?;
            AWAY.get_or_init(|| quoted(&from(&here, root).display().to_string()));
            if args.log_level >= Level::Info {
                let line = format!("project: {} (paths are relative to it)", shown(root));
                print_error(Style::new(), "", &line);
            }
        } else if typed_in != here {
            AWAY.get_or_init(|| quoted(&from(&here, root).display().to_string()));
        }
    } else if typed_in != here {
        AWAY.get_or_init(|| quoted(&from(&here, &typed_in).display().to_string()));
    }
    Ok(project)
}

/// The path of `path`, which is absolute, from the folder `root`, which has no links in it: by its names, so that a link in the folder
/// keeps its name. `None` where the way leads out of the folder, or through `..` in it.
pub(crate) fn within(root: &Path, path: &Path) -> Option<PathBuf> {
    let is_root = |folder: &&Path| folder.canonicalize().is_ok_and(|folder| folder == root);
    let by_name = path.ancestors().find(is_root).and_then(|folder| path.strip_prefix(folder).ok());
    by_name.filter(|path| path.components().all(|part| matches!(part, Component::Normal(_)))).map(Path::to_owned)
}

/// Makes `folder` the working folder.
fn go_to(folder: &Path) -> Result<PathBuf, CliError> {
    let went = std::env::set_current_dir(folder).and_then(|()| std::env::current_dir());
    went.and_then(|folder| folder.canonicalize())
        .map_err(|error| CliError::new(format!("cannot go to the folder {}", shown(folder))).because(&error))
}

/// The path of `to` for who is in `here`: short where one is in the other.
fn from(here: &Path, to: &Path) -> PathBuf {
    if let Ok(within) = to.strip_prefix(here) {
        return within.to_owned();
    }
    match here.strip_prefix(to) {
        Ok(down) => down.components().map(|_| Component::ParentDir).collect(),
        Err(_) => to.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_above_or_below_has_a_short_path() {
        let check = |here: &str, to: &str, expected: &str| {
            assert_eq!(from(Path::new(here), Path::new(to)), Path::new(expected));
        };
        check("/a/b/c", "/a", "../..");
        check("/a", "/a/b/c", "b/c");
        check("/a/b", "/a/c", "/a/c");
    }
}
