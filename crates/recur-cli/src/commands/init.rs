//! `recur init`: a new project, and a spec for data that is looked at.

use crate::args::Init;
use crate::error::{CliError, Exit};
use crate::init::{FIRST, File, SpecOf, basic_files, sample_files, spec_name, write_new};
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
            let name = spec_name(Path::new(source));
            let source = source_within(&folder, source)?;
            let spec = SpecOf { name: &name, source: &source, look: &looked };
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

/// The path of the data as a spec in `folder` has it: relative where it is within, otherwise absolute.
fn source_within(folder: &Path, source: &str) -> Result<String, CliError> {
    let failed = |error| CliError::new(format!("cannot find {}", shown(Path::new(source)))).because(&error);
    // The folder before the first character of a glob, which is there.
    let at = source.find(['*', '?', '[']).filter(|_| !Path::new(source).exists());
    let (there, pattern) = match at {
        Some(at) => source.split_at(source[..at].rfind('/').map_or(0, |slash| slash + 1)),
        None => (source, ""),
    };
    let there = if there.is_empty() { "." } else { there };
    let real = Path::new(there).canonicalize().map_err(failed)?;
    // What does not exist yet holds no data.
    let root = folder.canonicalize().ok();
    let within = root.and_then(|root| real.strip_prefix(root).map(Path::to_owned).ok());
    let path = within.unwrap_or(real);
    let path = if pattern.is_empty() { path } else { path.join(pattern) };
    // A folder by itself would be an empty text.
    let path = if path.as_os_str().is_empty() { PathBuf::from(".") } else { path };
    path.to_str().map(str::to_owned).ok_or_else(|| CliError::new(format!("the path {} is not UTF-8", shown(&path))))
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
