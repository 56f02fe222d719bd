//! `recur compare`: experiments that share their test sets, or single trials on one, side by side.

mod format;

use crate::args::{Compare, Level};
use crate::error::{CliError, Exit};
use crate::stores;
use format::Format;
use recur_analysis::Analysis;
use recur_core::visible::shown;
use recur_experiment::{ComparedInputs, ComparisonRequest, Program, SpecPaths, costs, link_to_trials};
use recur_files::write_unless_other;
use recur_report::{Destination, Export, Overview, Provenance, ReportError, Signature};
use recur_store::Store;
use recur_terminal::{Screen, print, print_json, start_logs, table};
use std::path::Path;

/// What a comparison is called where no file names it.
const NAME: &str = "comparison";

/// The name of the comparison in the file at `path`.
fn name_of(path: &Path) -> Result<&str, CliError> {
    path.file_stem().and_then(|stem| stem.to_str()).ok_or_else(|| {
        CliError::new(format!(
            "{} has a name that is not UTF-8, and a comparison has the name of its file",
            shown(path)
        ))
        .hint("name another file: --write FILE".to_owned())
    })
}

/// Prints the comparison, and writes it where that is asked for. The store is only read: nothing is trained or scored.
pub(crate) fn run(args: &Compare, level: Level, program: &Program<'_>) -> Result<Exit, CliError> {
    start_logs(level.into(), &Screen::new(), None);
    let format = args.write.as_deref().map(Format::of).transpose()?;
    let name = args.write.as_deref().map_or(Ok(NAME), name_of)?;
    let store = stores::to_read(&args.store)?;
    let request = ComparisonRequest {
        inputs: &args.inputs,
        name,
        question: args.question.as_deref(),
        baseline: args.baseline.as_deref(),
        models: &args.models,
        paths: SpecPaths::Project,
    };
    let registry = stores::registry_with_results(program.registry, Some(&store), None)?;
    let inputs = ComparedInputs::read(&request, &store, &registry)?;
    let comparison = inputs.comparison(&request)?;
    let outcomes = comparison.outcomes();
    let mut provenance = inputs.provenance(&request, program, args.plugins.as_deref(), args.write.as_deref());
    provenance.store_link = args.write.as_deref().and_then(|path| link_to_trials(folder_of(path), &args.store));
    let (analysis, signature) = (Analysis::of(&outcomes)?, Signature::of(&outcomes, &provenance));
    let export = Export::of(&analysis, &provenance, &signature);
    if let (Some(path), Some(format)) = (&args.write, format) {
        match format.bytes(&export) {
            Some(bytes) => write_unless_other(path, &bytes, args.replace)?,
            None => write_report(path, args.replace, &analysis, (&provenance, &signature), &store)
                .map_err(|error| CliError::comparison(&error))?,
        }
    }
    if args.json {
        print_json(export.json().trim_end())?;
        return Ok(Exit::Success);
    }
    let overview = Overview::of(&analysis);
    if args.markdown {
        print(overview.markdown().trim_end())?;
    } else {
        let Overview { answer, header, rows, method, .. } = &overview;
        print(&format!("{}\n\n{answer}\n\n{method}", table(header, rows, 1)))?;
    }
    if let Some(path) = &args.write {
        tracing::info!("written: {}", shown(path));
    }
    Ok(Exit::Success)
}

/// The folder that the file at `path` is in.
fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."))
}

/// Writes the comparison as a report.
fn write_report(
    path: &Path,
    replace: bool,
    analysis: &Analysis,
    (provenance, signature): (&Provenance, &Signature),
    store: &Store,
) -> Result<(), ReportError> {
    let destination = Destination { dir: folder_of(path), replace };
    recur_report::write(analysis, provenance, signature, destination)?;
    recur_report::write_costs(analysis, &costs(analysis, store), destination)?;
    Ok(())
}
