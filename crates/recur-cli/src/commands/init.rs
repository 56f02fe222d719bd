//! `recur init`: a new project, and a spec for data that is looked at.

use crate::args::Init;
use crate::error::{CliError, Exit};
use crate::init::{DataPlace, FIRST, File, SpecOf, basic_files, refuse_links_out, sample_files, write_new};
use recur_core::visible::shown;
use recur_experiment::Project;
use recur_experiment::shell::quoted;
use recur_ingest::{Look, LookError, LookRequest, look};
use recur_terminal::{print, print_error};
use std::path::{Component, Path, PathBuf};

/// Writes the files that are not there, and says which were written and which were there.
pub(crate) fn run(args: &Init) -> Result<Exit, CliError> {
    let folder = args.dir.clone().unwrap_or_else(|| PathBuf::from("."));
    let above = Project::find(&folder).map_err(|error| CliError::of(&error).hint(error.hint().to_owned()))?;
    let (name, mut files) = match &args.from {
        None => (FIRST.to_owned(), sample_files()),
        Some(source) => {
            let looked = looked(args, source)?;
            let place = DataPlace::find(&folder, source)?;
            let name = place.spec_name();
            let spec = SpecOf { name: &name, source: &place.in_spec()?, look: &looked };
            if let Some(problem) = spec.all_too_long() {
                return Err(CliError::new(format!("cannot use {}: {problem}", shown(Path::new(source))))
                    .hint("divide the texts into shorter ones".to_owned()));
            }
            let file = (format!("experiments/{name}.yaml"), spec.text());
            refuse_spec_that_is_there(&folder, &file)?;
            spec.warnings().iter().for_each(|warning| print_error(anstyle::Style::new(), "", warning));
            (name, vec![file])
        }
    };
    files.splice(0..0, basic_files(&name));
    std::fs::create_dir_all(&folder)
        .map_err(|error| CliError::new(format!("cannot make the folder {}", shown(&folder))).because(&error))?;
    let root = folder.canonicalize().unwrap_or_else(|_| folder.clone());
    refuse_links_out(&folder, &files)?;
    let mut lines = about_projects(above.as_ref(), &root);
    for file in &files {
        let what = if write_new(&folder, file)? { "written" } else { "was there, and is kept" };
        lines.push(format!("{what}: {}", shown(plain(&folder, &file.0))));
    }
    let spec = plain(&folder, &format!("experiments/{name}.yaml"));
    lines.push(format!("The first report: recur experiment {}", quoted(&spec.display().to_string())));
    print(&lines.join("\n"))?;
    Ok(Exit::Success)
}

/// A file in a folder, without the `.` of the working folder.
fn plain(folder: &Path, file: &str) -> PathBuf {
    folder.join(file).components().filter(|part| *part != Component::CurDir).collect()
}

fn looked(args: &Init, source: &str) -> Result<Look, CliError> {
    let request = LookRequest { source, text: args.text.as_deref(), label: args.label.as_deref() };
    look(request, Path::new("")).map_err(|error: LookError| CliError::of(&error).hint(error.hint()))
}

fn refuse_spec_that_is_there(folder: &Path, (path, _): &File) -> Result<(), CliError> {
    let path = folder.join(path);
    if path.symlink_metadata().is_err() {
        return Ok(());
    }
    Err(CliError::new(format!("there is a spec {} already, and it is kept; nothing was written", shown(&path)))
        .hint("move it elsewhere first, or name another folder: recur init --from DATA DIR".to_owned()))
}

/// What a user may not expect: that the folder `root` is, or is in, a project.
fn about_projects(project: Option<&Project>, root: &Path) -> Vec<String> {
    match project {
        Some(project) if project.root == root => {
            vec!["This folder is a project already: what is there is kept, and what is missing is added.".to_owned()]
        }
        Some(project) => vec![format!(
            "This folder is in the project {}. From now on it is a project of its own, with its own results.",
            shown(&project.root)
        )],
        None => Vec::new(),
    }
}
