//! `recur export`: the figures of an experiment's stored records, for other programs.

mod viewers;

use crate::args::{Export as ExportArgs, Level};
use crate::error::{CliError, Exit};
use crate::options::scoring_options;
use crate::stores;
use recur_core::registry::Registry;
use recur_core::visible::shown;
use recur_experiment::{Program, RequestedExperiment, SpecRequest, available_cores};
use recur_files::write_unless_other;
use recur_report::{Export, csv};
use recur_store::{Store, layout};
use recur_terminal::{MemoryNames, Screen, print, start_logs};
use std::path::{Path, PathBuf};
use viewers::Viewed;

/// Writes the files that are asked for; all is made before the first is written.
pub(crate) fn run(args: &ExportArgs, level: Level, program: &Program<'_>) -> Result<Exit, CliError> {
    start_logs(level.into(), &Screen::new(), None);
    let asked = asked(args)?;
    each_once(&paths(args))?;
    let store = stores::to_read(&args.spec.store);
    let registry = &stores::registry_with_results(program.registry, store.as_ref().ok(), Some(&args.spec.spec))?;
    let (files, viewed) = made(args, &asked, store, &Program { registry, ..*program })?;
    for (path, bytes) in files {
        write_unless_other(path, &bytes, args.replace)?;
        print(&format!("written: {}", shown(path)))?;
    }
    viewed.write_folders(args)?;
    Ok(Exit::Success)
}

/// The bytes of files that are to be written.
type NamedFiles<'a> = Vec<(&'a Path, Vec<u8>)>;

/// The bytes of all files, and the folders.
fn made<'a>(
    args: &'a ExportArgs,
    asked: &[(&'a Path, Make)],
    store: Result<Store, CliError>,
    program: &Program<'_>,
) -> Result<(NamedFiles<'a>, Viewed<'a>), CliError> {
    let request = request(args, store.as_ref().ok())?;
    if asked.is_empty() && args.tensorboard.is_none() && args.mlflow.is_none() && args.optuna.is_none() {
        // Weights need no data.
        let name = request.read(program.registry)?.name;
        return Ok((network(args, &name, &store?, program.registry)?.into_iter().collect(), Viewed::default()));
    }
    let mut prepared = RequestedExperiment::read(&request, program)?;
    let store = store?;
    let network = network(args, &prepared.plan().name, &store, program.registry)?;
    let outcomes = prepared.stored_outcomes(&store)?;
    let scored = &prepared.score(&outcomes, &store, available_cores(), &scoring_options(&MemoryNames::default()))?;
    let (analysis, signature) = (prepared.analyse(&outcomes, scored)?, prepared.signature(&outcomes, scored));
    let export = Export::of(&analysis, &prepared.provenance, &signature);
    let mut files: NamedFiles<'_> = asked.iter().map(|(path, make)| (*path, make(&export))).collect();
    let mut viewed = Viewed::of(args, &analysis, &outcomes, &store);
    files.extend(args.optuna.as_deref().zip(viewed.take_journal()));
    files.extend(network);
    Ok((files, viewed))
}

/// What is asked for: a spec, or an experiment of the store as it was run last.
fn request(args: &ExportArgs, store: Option<&Store>) -> Result<SpecRequest, CliError> {
    let mut request = args.spec.request();
    if let Some(store) = store.filter(|_| !request.path.is_file()) {
        let stored = store.experiments()?.into_iter().find(|name| request.path == Path::new(name));
        request.path = stored.map_or(request.path, |name| store.experiment(&name).join(layout::RESOLVED));
    }
    Ok(request)
}

/// The file of the network, where one is asked for.
fn network<'a>(
    args: &'a ExportArgs,
    name: &str,
    store: &Store,
    registry: &Registry,
) -> Result<Option<(&'a Path, Vec<u8>)>, CliError> {
    let Some(path) = args.onnx.as_deref() else { return Ok(None) };
    Ok(Some((path, viewers::network(args, name, store, registry)?)))
}

/// Every file and folder that is asked for.
fn paths(args: &ExportArgs) -> Vec<&Path> {
    let ExportArgs { records, leaderboard, analysis, tensorboard, mlflow, optuna, onnx, .. } = args;
    [records, leaderboard, analysis, tensorboard, mlflow, optuna, onnx]
        .into_iter()
        .filter_map(Option::as_deref)
        .collect()
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
const OPTUNA: &[&str] = &[".log", ".jsonl"];
const ONNX: &[&str] = &[".onnx"];

/// The tables and documents that are asked for, each with what makes it.
fn asked(args: &ExportArgs) -> Result<Vec<(&Path, Make)>, CliError> {
    let mut asked: Vec<(&Path, Make)> = Vec::new();
    for (option, formats, path) in [("optuna", OPTUNA, &args.optuna), ("onnx", ONNX, &args.onnx)] {
        let has_ending = |path: &&PathBuf| formats.iter().any(|ending| shown(path).ends_with(ending));
        if let Some(path) = path.as_ref().filter(|path| !has_ending(path)) {
            return Err(CliError::ending(path, option, formats));
        }
    }
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
