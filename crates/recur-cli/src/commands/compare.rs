//! `recur compare`: experiments that share their test sets, or single trials on one, side by side.

use crate::args::{Compare, Level};
use crate::error::{CliError, Exit};
use crate::owned;
use crate::stores;
use recur_analysis::Analysis;
use recur_experiment::{ComparedInputs, ComparisonRequest, Program, costs};
use recur_report::{Destination, Export, Overview, Provenance, Signature, csv};
use recur_store::Store;
use recur_terminal::{Screen, print, print_json, start_logs, table};
use std::path::Path;

/// What a comparison is called where no file names it.
const NAME: &str = "comparison";

/// Prints the comparison, and writes it where that is asked for. The store is only read: nothing is trained or scored.
pub(crate) fn run(args: &Compare, level: Level, program: &Program<'_>) -> Result<Exit, CliError> {
    start_logs(level.into(), &Screen::new(), None);
    let format = args.write.as_deref().map(Format::of).transpose()?;
    let store = stores::to_read(&args.store)?;
    let request = ComparisonRequest {
        inputs: &args.inputs,
        name: args.write.as_deref().and_then(Path::file_stem).and_then(|stem| stem.to_str()).unwrap_or(NAME),
        question: args.question.as_deref(),
        baseline: args.baseline.as_deref(),
        models: &args.models,
    };
    let inputs = ComparedInputs::read(&request, &store, program.registry)?;
    let comparison = inputs.comparison(&request)?;
    let outcomes = comparison.outcomes();
    let provenance = inputs.provenance(&request, program, args.plugins.as_deref(), args.write.as_deref());
    let (analysis, signature) = (Analysis::of(&outcomes)?, Signature::of(&outcomes, &provenance));
    let export = Export::of(&analysis, &provenance, &signature);
    if let (Some(path), Some(format)) = (&args.write, format) {
        match format.bytes(&export) {
            Some(bytes) => owned::text(path, &bytes, args.replace)?,
            None => write_report(path, args.replace, &analysis, (&provenance, &signature), &store)?,
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
        let header: Vec<&str> = overview.header.iter().map(String::as_str).collect();
        print(&format!("{}\n\n{}\n\n{}", table(&header, &overview.rows, 1), overview.answer, overview.method))?;
    }
    if let Some(path) = &args.write {
        tracing::info!("written: {}", path.display());
    }
    Ok(Exit::Success)
}

/// What a file is to hold, by its ending.
#[derive(Clone, Copy)]
enum Format {
    Report,
    Analysis,
    Latex,
    Csv,
}

impl Format {
    fn of(path: &Path) -> Result<Self, CliError> {
        match path.extension().and_then(|ending| ending.to_str()).unwrap_or("") {
            "md" => Ok(Format::Report),
            "json" => Ok(Format::Analysis),
            "tex" => Ok(Format::Latex),
            "csv" => Ok(Format::Csv),
            _ => Err(CliError::ending(path, "write", &[".md", ".json", ".tex", ".csv"])),
        }
    }

    /// The content of the file; nothing for a report, which has several files.
    fn bytes(self, export: &Export<'_>) -> Option<Vec<u8>> {
        match self {
            Format::Report => None,
            Format::Analysis => Some(export.json().into_bytes()),
            Format::Latex => Some(export.leaderboard_latex().into_bytes()),
            Format::Csv => Some(csv(&export.leaderboard())),
        }
    }
}

/// Writes the comparison as a report.
fn write_report(
    path: &Path,
    replace: bool,
    analysis: &Analysis,
    (provenance, signature): (&Provenance, &Signature),
    store: &Store,
) -> Result<(), CliError> {
    let dir = path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
    let destination = Destination { dir, replace };
    recur_report::write(analysis, provenance, signature, destination).map_err(|error| CliError::comparison(&error))?;
    recur_report::write_costs(analysis, &costs(analysis, store), destination)
        .map_err(|error| CliError::comparison(&error))?;
    Ok(())
}
