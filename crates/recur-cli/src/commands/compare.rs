//! `recur compare`: experiments that share their test sets, or single trials on one, side by side.

mod things;

use crate::args::{Compare, Level};
use crate::commands::export::csv;
use crate::error::{CliError, Exit};
use crate::logging;
use crate::output::{print, print_json, table};
use crate::owned;
use crate::pipeline::plugins_option;
use crate::program::Program;
use crate::progress::Screen;
use crate::stores;
use recur_analysis::{Analysis, ComparedExperiment, Comparison};
use recur_core::nearest::nearest;
use recur_experiment::costs;
use recur_experiment::shell::quoted;
use recur_report::{ComparedSpec, ComparisonSource, Destination, Export, MadeFrom, Overview, Provenance, Signature};
use recur_store::Store;
use std::path::Path;
use things::Thing;

/// What a comparison is called where no file names it.
const NAME: &str = "comparison";

/// Prints the comparison, and writes it where that is asked for. The store is read alone: nothing is trained or scored.
pub(crate) fn run(args: &Compare, level: Level, program: &Program<'_>) -> Result<Exit, CliError> {
    logging::start(level, &Screen::new(), None);
    let format = args.write.as_deref().map(Format::of).transpose()?;
    let store = stores::to_read(&args.store)?;
    let things = things::read(&args.things, &store, program)?;
    let comparison = comparison(args, &things)?;
    let (outcomes, provenance) = (comparison.outcomes(), provenance(args, &things, program));
    let (analysis, signature) = (Analysis::of(&outcomes)?, Signature::of(&outcomes, &provenance));
    let export = Export::of(&analysis, &provenance, &signature);
    if let (Some(path), Some(format)) = (&args.write, format) {
        let bytes = match format {
            Format::Report => None,
            Format::Analysis => Some(export.json().into_bytes()),
            Format::Latex => Some(export.leaderboard_latex().into_bytes()),
            Format::Csv => Some(csv(&export.leaderboard())),
        };
        match bytes {
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

/// All of `things` as one experiment.
fn comparison(args: &Compare, things: &[Thing]) -> Result<Comparison, CliError> {
    let is_of_several = things.iter().any(|thing| thing.dataset() != things[0].dataset());
    let parts: Vec<ComparedExperiment<'_>> =
        things.iter().map(|thing| thing.part(is_of_several, &args.models)).collect::<Result<_, _>>()?;
    let labels: Vec<&str> = parts.iter().flat_map(|part| part.labels.values().map(String::as_str)).collect();
    let baseline = args.baseline.as_deref();
    if let Some(name) = baseline.filter(|name| !labels.contains(name)) {
        let nearest = nearest(name, labels.iter().copied());
        let mut models: Vec<String> = labels.iter().map(|label| (*label).to_owned()).collect();
        models.sort();
        return Err(CliError::new(format!("no model of these experiments is called {name}"))
            .hint(CliError::did_you_mean(nearest, &models)));
    }
    let name = args.write.as_deref().and_then(Path::file_stem).and_then(|stem| stem.to_str()).unwrap_or(NAME);
    let question = args.question.as_deref();
    Comparison::of(&parts, name, question, baseline).map_err(|error| CliError::not_comparable(&error))
}

/// How the comparison is made.
fn provenance(args: &Compare, things: &[Thing], program: &Program<'_>) -> Provenance {
    let mut words: Vec<String> = args.things.clone();
    words.extend(args.baseline.iter().flat_map(|baseline| ["--baseline".to_owned(), baseline.clone()]));
    words.extend(args.models.iter().flat_map(|model| ["--model".to_owned(), model.clone()]));
    words.extend(args.question.iter().flat_map(|question| ["--question".to_owned(), question.clone()]));
    words.extend(args.write.iter().flat_map(|path| ["--write".to_owned(), path.display().to_string()]));
    let words: Vec<String> = words.iter().map(|word| quoted(word)).collect();
    let compared = args.things.iter().zip(things).map(|(given, thing)| ComparedSpec {
        given: given.clone(),
        name: thing.name.clone(),
        resolved_spec: thing.resolved_spec(),
    });
    let source = ComparisonSource { compared: compared.collect(), question: args.question.clone() };
    let plugins = plugins_option(args.plugins.as_deref());
    Provenance {
        program: program.name.to_owned(),
        command: format!("{} compare {}{plugins}", program.prefix(), words.join(" ")),
        recur_version: env!("CARGO_PKG_VERSION").to_owned(),
        numeric_contract: recur_core::NUMERIC_CONTRACT,
        made_from: MadeFrom::Comparison(source),
    }
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
            _ => {
                let formats = &[".md", ".json", ".tex", ".csv"];
                Err(CliError::ending(path, "write", formats))
            }
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
