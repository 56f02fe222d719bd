//! `recur export`: the figures of an experiment's stored records, for other programs.

use crate::args::{Export as ExportArgs, Level};
use crate::error::{CliError, Exit};
use crate::options::scoring_options;
use crate::stores;
use recur_core::visible::shown;
use recur_experiment::Program;
use recur_experiment::RequestedExperiment;
use recur_experiment::available_cores;
use recur_files::write_unless_other;
use recur_report::{Export, csv};
use recur_terminal::{MemoryNames, Screen, print, start_logs};
use std::path::{Path, PathBuf};

/// Writes the files that are asked for; all is made before the first is written.
pub(crate) fn run(args: &ExportArgs, level: Level, program: &Program<'_>) -> Result<Exit, CliError> {
    start_logs(level.into(), &Screen::new(), None);
    let asked = asked(args)?;
    each_once(&asked.iter().map(|(path, _)| *path).collect::<Vec<_>>())?;
    let store = stores::to_read(&args.spec.store);
    let registry = &stores::registry_with_results(program.registry, store.as_ref().ok(), Some(&args.spec.spec))?;
    let mut prepared = RequestedExperiment::read(&args.spec.request(), &Program { registry, ..*program })?;
    let store = store?;
    let outcomes = prepared.stored_outcomes(&store)?;
    let scored = &prepared.score(&outcomes, &store, available_cores(), &scoring_options(&MemoryNames::default()))?;
    let (analysis, signature) = (prepared.analyse(&outcomes, scored)?, prepared.signature(&outcomes, scored));
    let export = Export::of(&analysis, &prepared.provenance, &signature);
    let files: Vec<(&Path, Vec<u8>)> = asked.iter().map(|(path, make)| (*path, make(&export))).collect();
    for (path, bytes) in files {
        write_unless_other(path, &bytes, args.replace)?;
        print(&format!("written: {}", shown(path)))?;
    }
    Ok(Exit::Success)
}

/// Refuses two names of one file.
fn each_once(paths: &[&Path]) -> Result<(), CliError> {
    let place = |path: &&Path| {
        let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
        // Links in the way to the file lead elsewhere; one in its place is refused when it is written.
        let folder = absolute.parent().and_then(|folder| folder.canonicalize().ok());
        folder.map_or(absolute.clone(), |folder| folder.join(absolute.file_name().unwrap_or_default()))
    };
    let places: Vec<PathBuf> = paths.iter().map(place).collect();
    match places.iter().enumerate().position(|(n, place)| places[..n].contains(place)) {
        None => Ok(()),
        Some(twice) => Err(CliError::new(format!("{} is named for two outputs", shown(paths[twice])))
            .hint("name a file for each".to_owned())),
    }
}

/// How a format makes a file's bytes.
type Make = fn(&Export<'_>) -> Vec<u8>;

const RECORDS: &[&str] = &[".parquet", ".csv"];
const LEADERBOARD: &[&str] = &[".tex", ".csv", ".parquet"];
const ANALYSIS: &[&str] = &[".json"];

/// The files that are asked for, each with what makes it.
fn asked(args: &ExportArgs) -> Result<Vec<(&Path, Make)>, CliError> {
    let mut asked: Vec<(&Path, Make)> = Vec::new();
    let options = [
        ("records", RECORDS, args.records.as_deref()),
        ("leaderboard", LEADERBOARD, args.leaderboard.as_deref()),
        ("analysis", ANALYSIS, args.analysis.as_deref()),
    ];
    for (option, formats, path) in options {
        let Some(path) = path else { continue };
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or("");
        let make: Make = match (option, ending) {
            ("records", "parquet") => |export| recur_ingest::write_table(&export.records()),
            ("records", "csv") => |export| csv(&export.records()),
            ("leaderboard", "tex") => |export| export.leaderboard_latex().into_bytes(),
            ("leaderboard", "csv") => |export| csv(&export.leaderboard()),
            ("leaderboard", "parquet") => |export| recur_ingest::write_table(&export.leaderboard()),
            ("analysis", "json") => |export| export.json().into_bytes(),
            _ => return Err(CliError::ending(path, option, formats)),
        };
        asked.push((path, make));
    }
    Ok(asked)
}
