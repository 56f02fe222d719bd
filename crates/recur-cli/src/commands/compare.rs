//! `recur compare`: experiments that share their test sets, or single trials on one, side by side.

mod things;

use crate::args::{Compare, Level};
use crate::commands::export::csv;
use crate::error::{CliError, Exit};
use crate::logging;
use crate::output::{print, print_json, table};
use crate::owned;
use crate::pipeline::plugins_option;
use crate::progress::Screen;
use crate::stores;
use recur_analysis::{Analysis, ComparedExperiment, Comparison};
use recur_core::nearest::nearest;
use recur_core::registry::Registry;
use recur_experiment::costs;
use recur_experiment::shell::quoted;
use recur_report::{Destination, Export, HowTo, Overview, Signature};
use recur_store::Store;
use std::path::Path;
use things::Thing;

/// What a comparison is called where no file names it.
const NAME: &str = "comparison";

/// Prints the comparison, and writes it where that is asked for. The store is read alone: nothing is trained or scored.
pub(crate) fn run(args: &Compare, level: Level, registry: &Registry) -> Result<Exit, CliError> {
    logging::start(level, &Screen::new(), None);
    let format = args.write.as_deref().map(Format::of).transpose()?;
    let store = stores::to_read(&args.store)?;
    let things = things::read(&args.things, &store, registry)?;
    let comparison = comparison(args, &things)?;
    let (outcomes, how_to) = (comparison.outcomes(), how_to(args, &things));
    let (analysis, signature) = (Analysis::of(&outcomes)?, Signature::of(&outcomes, &how_to));
    let export = Export::of(&analysis, &how_to, &signature);
    if let (Some(path), Some(format)) = (&args.write, format) {
        let bytes = match format {
            Format::Report => None,
            Format::Analysis => Some(export.json().into_bytes()),
            Format::Latex => Some(export.leaderboard_latex().into_bytes()),
            Format::Csv => Some(csv(&export.leaderboard())),
        };
        match bytes {
            Some(bytes) => owned::text(path, &bytes, args.replace)?,
            None => write_report(path, args.replace, &analysis, (&how_to, &signature), &store)?,
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
        let nearest = nearest(name, labels.iter().copied()).map(str::to_owned);
        let mut models: Vec<String> = labels.iter().map(|label| (*label).to_owned()).collect();
        models.sort();
        return Err(CliError::NoSuchBaseline { name: name.to_owned(), nearest, models });
    }
    let name = args.write.as_deref().and_then(Path::file_stem).and_then(|stem| stem.to_str()).unwrap_or(NAME);
    let question = args.question.as_deref();
    Comparison::of(&parts, name, question, baseline).map_err(CliError::NotComparable)
}

/// How to get the same comparison again.
fn how_to(args: &Compare, things: &[Thing]) -> HowTo {
    let mut words: Vec<String> = args.things.clone();
    words.extend(args.baseline.iter().flat_map(|baseline| ["--baseline".to_owned(), baseline.clone()]));
    words.extend(args.models.iter().flat_map(|model| ["--model".to_owned(), model.clone()]));
    words.extend(args.question.iter().flat_map(|question| ["--question".to_owned(), question.clone()]));
    words.extend(args.write.iter().flat_map(|path| ["--write".to_owned(), path.display().to_string()]));
    let words: Vec<String> = words.iter().map(|word| quoted(word)).collect();
    let spec = |thing: &Thing| format!("# {}\n{}", thing.name, thing.resolved_spec());
    HowTo {
        spec_path: args.things.join(", "),
        command: format!("just compare {}{}", words.join(" "), plugins_option(args.plugins.as_deref())),
        recur_version: env!("CARGO_PKG_VERSION").to_owned(),
        commit: None,
        resolved_spec: things.iter().map(spec).collect::<Vec<_>>().join("---\n"),
        numeric_contract: recur_core::NUMERIC_CONTRACT,
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
                Err(CliError::ExportFormat { path: path.to_owned(), option: "write", formats })
            }
        }
    }
}

/// Writes the comparison as a report.
fn write_report(
    path: &Path,
    replace: bool,
    analysis: &Analysis,
    (how_to, signature): (&HowTo, &Signature),
    store: &Store,
) -> Result<(), CliError> {
    let dir = path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
    let destination = Destination { dir, replace };
    recur_report::write(analysis, how_to, signature, destination).map_err(CliError::Compare)?;
    recur_report::write_costs(analysis, &costs(analysis, store), destination).map_err(CliError::Compare)?;
    Ok(())
}
