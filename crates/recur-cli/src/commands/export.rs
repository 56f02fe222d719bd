//! `recur export`: the figures of an experiment's stored records, for other programs.

use crate::args::{Export as ExportArgs, Level};
use crate::error::{CliError, Exit};
use crate::logging;
use crate::output::print;
use crate::owned;
use crate::pipeline::Prepared;
use crate::program::Program;
use crate::progress::Screen;
use crate::stores;
use crate::watch::MemoryNames;
use recur_core::spreadsheet;
use recur_core::table::{Column, Values};
use recur_experiment::available_cores;
use recur_report::Export;
use std::path::Path;

/// Writes the files that are asked for; all is made before the first is written.
pub(crate) fn run(args: &ExportArgs, level: Level, program: &Program<'_>) -> Result<Exit, CliError> {
    logging::start(level, &Screen::new(), None);
    let asked = asked(args)?;
    let prepared = Prepared::read(&args.spec, program)?;
    let store = stores::to_read(&args.spec.store)?;
    let findings = prepared.stored_findings(&store, &args.spec.spec)?;
    let scored = &prepared.score(&findings, &store, available_cores(), &MemoryNames::default().options())?;
    let (analysis, signature) = (prepared.analyse(&findings, scored)?, prepared.signature(&findings, scored));
    let export = Export::of(&analysis, &prepared.provenance, &signature);
    let paths: Vec<&Path> = asked.iter().map(|(path, _)| *path).collect();
    if let Some(path) = paths.iter().enumerate().find_map(|(n, path)| paths[..n].contains(path).then_some(path)) {
        return Err(CliError::new(format!("{} is named for two outputs", path.display()))
            .hint("name a file for each".to_owned()));
    }
    let files: Vec<(&Path, Vec<u8>)> = asked.iter().map(|(path, make)| (*path, make(&export))).collect();
    for (path, bytes) in files {
        owned::text(path, &bytes, args.replace)?;
        print(&format!("written: {}", path.display()))?;
    }
    Ok(Exit::Success)
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

/// A table as CSV; what has no value is empty. A text that a spreadsheet would take for a formula begins with an apostrophe.
pub(crate) fn csv(columns: &[Column]) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let in_memory = "a row can be written to memory";
    writer.write_record(columns.iter().map(|column| &column.name)).expect(in_memory);
    for row in 0..columns.first().map_or(0, |column| column.values.len()) {
        writer.write_record(columns.iter().map(|column| cell(&column.values, row))).expect(in_memory);
    }
    writer.into_inner().expect(in_memory)
}

fn cell(values: &Values, row: usize) -> String {
    let text = values.text(row);
    match values {
        Values::Text(_) => spreadsheet::cell(&text).into_owned(),
        Values::Integer(_) | Values::Real(_) | Values::Boolean(_) => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_a_spreadsheet_would_execute_are_texts_and_numbers_stay_numbers() {
        let column = |name: &str, values| Column { name: name.to_owned(), values };
        let words = ["=cmd()", "-1", "a=b", "@x"].map(|word| Some(word.to_owned()));
        let columns = [
            column("word", Values::Text(words.to_vec())),
            column("number", Values::Real(vec![Some(-0.5), None, Some(f64::NEG_INFINITY), Some(-1e-9)])),
        ];
        let text = String::from_utf8(csv(&columns)).unwrap();
        assert_eq!(text, "word,number\n'=cmd(),-0.5\n-1,\na=b,-inf\n'@x,-0.000000001\n");
    }
}
