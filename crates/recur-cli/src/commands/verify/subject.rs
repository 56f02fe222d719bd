//! What `recur verify` was given: a report, a spec, or the beginning of a trial's id. Files are recognised by their content.

use crate::error::CliError;
use recur_core::visible::visible;
use recur_experiment::shell::quoted;
use recur_experiment::{SpecRequest, store_option};
use recur_files::{kind, read_regular};
use recur_report::{MadeFrom, ReportRecord, ReportRecordError, SpecSource};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Bytes that a report or a spec may have.
const MOST: u64 = 64 << 20;

/// What is to be verified.
pub(super) enum Subject {
    Report(Box<GivenReport>),
    Spec(PathBuf),
    /// Of the store, by the beginning of its id.
    Trial(String),
}

/// A report, as it was read.
pub(super) struct GivenReport {
    pub(super) path: PathBuf,
    pub(super) text: String,
    /// How it was made.
    pub(super) record: ReportRecord,
    /// Its spec, by that record.
    pub(super) source: SpecSource,
    /// What the command that wrote it was asked for.
    pub(super) request: SpecRequest,
}

impl Subject {
    /// What `word` is. A file is read here, and only here.
    pub(super) fn of(word: &str, store: &Path) -> Result<Self, CliError> {
        let path = Path::new(word);
        let refused = |problem: String, remedy: Option<String>| {
            CliError::new(format!("{} {problem}", path.display())).hint(remedy)
        };
        match path.metadata() {
            Ok(metadata) if metadata.is_dir() => {
                let remedy = reports_in(path).or_else(|| trial_in(path, store));
                Err(refused("is a folder".to_owned(), Some(remedy.unwrap_or_else(takes))))
            }
            Ok(metadata) if !metadata.is_file() => Err(refused(format!("is {}", kind(&metadata)), Some(takes()))),
            Ok(_) => {
                if let Some(report) = ReportRecord::report_of(path).filter(|report| report.is_file()) {
                    let what = "is the record of a report, and a report is verified by its Markdown file";
                    return Err(refused(what.to_owned(), Some(command(&report))));
                }
                let bytes = read_regular(path, MOST).map_err(|error| cannot_read(path, error))?;
                Self::of_file(path, &bytes, store)
            }
            Err(error) if error.kind() == ErrorKind::NotFound => match path.read_link() {
                Ok(target) => Err(refused(format!("is a link to {}, which does not exist", target.display()), None)),
                Err(_) if is_path(path) => Err(refused("does not exist".to_owned(), there(path))),
                Err(_) => Ok(Self::Trial(word.to_owned())),
            },
            Err(error) => Err(cannot_read(path, error)),
        }
    }

    fn of_file(path: &Path, bytes: &[u8], store: &Path) -> Result<Self, CliError> {
        let refused =
            |problem: &str, remedy: Option<String>| CliError::new(format!("{} {problem}", path.display())).hint(remedy);
        let Some(text) = std::str::from_utf8(bytes).ok().filter(|text| !text.contains('\0')) else {
            return Err(refused("is neither a report nor a spec: it is not text", trial_in(path, store)));
        };
        let start: String = text.trim_start_matches('\u{feff}').trim_start().chars().take(64).collect();
        let start = start.to_ascii_lowercase();
        if start.starts_with("<!doctype html") || start.starts_with("<html") {
            return Err(refused("is an HTML page: a report is verified by its Markdown file", report_of_page(path)));
        }
        if start.starts_with("<svg") || start.starts_with("<?xml") {
            return Err(refused("is a figure, and a figure is verified with its report", report_of_figure(path)));
        }
        if start.starts_with('{') && has_extension(path, &["json", "jsonl", "ndjson"]) {
            return Err(refused("is neither a report nor a spec", trial_in(path, store).or_else(|| Some(takes()))));
        }
        if let Some(record) = ReportRecord::of_report(path)? {
            return GivenReport::new(path, text, record).map(|report| Self::Report(Box::new(report)));
        }
        match () {
            () if has_extension(path, &["md"]) => Err(match report_of_figure(path) {
                Some(report) => refused("is not a report, but in the folder of one", Some(report)),
                None => ReportRecordError::NoReport { report: path.to_owned() }.into(),
            }),
            () if has_extension(path, &["yaml", "yml"]) || is_spec(text) => Ok(Self::Spec(path.to_owned())),
            () => Err(refused("is neither a report nor a spec", Some(takes()))),
        }
    }
}

impl GivenReport {
    fn new(path: &Path, text: &str, record: ReportRecord) -> Result<Self, CliError> {
        let source = match &record.provenance.made_from {
            MadeFrom::Experiment(source) => source.clone(),
            MadeFrom::Comparison(_) => {
                return Err(CliError::new(format!(
                    "{} is a comparison: its experiments are verified, not it",
                    path.display()
                ))
                .hint("recur verify their reports; the command in this one then writes these bytes again".to_owned()));
            }
        };
        let change = |change: &String| {
            let wrong = |problem: recur_spec::ErrorKind| {
                let record = ReportRecord::path_of(path);
                let what = format!("cannot use {}: the change {change} of its spec cannot be read", record.display());
                CliError::new(format!("{what}: {problem}"))
                    .hint("write the report anew from the stored records: recur report SPEC --replace".to_owned())
            };
            change.parse().map_err(wrong)
        };
        let overrides = source.overrides.iter().map(change).collect::<Result<_, _>>()?;
        let path_of_spec = PathBuf::from(&source.spec_path);
        let plugins = source.plugins.as_ref().map(PathBuf::from);
        let request = SpecRequest { path: path_of_spec, overrides, plugins };
        Ok(Self { path: path.to_owned(), text: text.to_owned(), record, source, request })
    }
}

fn cannot_read(path: &Path, source: std::io::Error) -> CliError {
    ReportRecordError::Unreadable { path: path.to_owned(), source }.into()
}

/// Whether a text whose name does not show it is a spec: it has the key that every spec has.
fn is_spec(text: &str) -> bool {
    text.lines().any(|line| line.starts_with("recur:"))
}

fn has_extension(path: &Path, extensions: &[&str]) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| extensions.iter().any(|known| extension.eq_ignore_ascii_case(known)))
}

/// Whether a word that names no file was meant for one.
fn is_path(path: &Path) -> bool {
    path.components().count() > 1
        || has_extension(path, &["md", "yaml", "yml", "html", "svg", "json", "safetensors"])
        || path.as_os_str().to_string_lossy().ends_with(std::path::is_separator)
}

fn takes() -> String {
    "recur verify takes a report (.md), a spec (.yaml), or the beginning of a trial's id".to_owned()
}

fn command(path: &Path) -> String {
    format!("recur verify {}", quoted(&path.display().to_string()))
}

fn report_of_page(page: &Path) -> Option<String> {
    let report = page.with_extension("md");
    Some(match report.is_file() {
        true => format!("this is the page of a report: {}", command(&report)),
        false => format!("there is no report {}", report.display()),
    })
}

fn report_of_figure(figure: &Path) -> Option<String> {
    let report = figure.parent()?.with_extension("md");
    report.is_file().then(|| command(&report))
}

/// The reports in `folder`, for a hint.
fn reports_in(folder: &Path) -> Option<String> {
    const SHOWN: usize = 10;
    let is_report = |path: &PathBuf| ReportRecord::of_report(path).is_ok_and(|record| record.is_some());
    let entries = std::fs::read_dir(folder).ok()?;
    let mut reports: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).filter(is_report).collect();
    reports.sort();
    let first = command(reports.first()?);
    let names: Vec<String> =
        reports.iter().take(SHOWN).map(|path| visible(&path.display().to_string()).into_owned()).collect();
    let more = if reports.len() > SHOWN { format!(", and {} more", reports.len() - SHOWN) } else { String::new() };
    Some(format!("verify one report at a time, such as: {first}\n       reports in it: {}{more}", names.join(", ")))
}

/// The trial of a store whose folder `path` is, or is in.
fn trial_in(path: &Path, store: &Path) -> Option<String> {
    let is_id = |name: &&str| name.len() == 32 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
    let id = path.iter().filter_map(|part| part.to_str()).find(is_id)?;
    Some(format!("a stored trial is verified by its id: recur verify {id}{}", store_option(store)))
}

/// Files of the same kind in the folder where `path` would be, for a hint.
fn there(path: &Path) -> Option<String> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !folder.is_dir() {
        return Some(format!("there is no folder {}", folder.display()));
    }
    let extensions: &[&str] = if has_extension(path, &["yaml", "yml"]) { &["yaml", "yml"] } else { &["md"] };
    let entries = std::fs::read_dir(folder).ok()?;
    let shown = |name: std::ffi::OsString| visible(&path.with_file_name(name).display().to_string()).into_owned();
    let names = entries.flatten().map(|entry| entry.file_name());
    let mut alike: Vec<String> = names.filter(|name| has_extension(Path::new(name), extensions)).map(shown).collect();
    alike.sort();
    alike.truncate(10);
    Some(if alike.is_empty() { takes() } else { format!("there are: {}", alike.join(", ")) })
}
