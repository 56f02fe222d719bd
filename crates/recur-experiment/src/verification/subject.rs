//! What is to be verified: a report, a spec, or the beginning of a trial's id. Files are recognised by their content.

use super::error::{NotASubject, VerifyError};
use crate::request::{SpecRequest, store_option};
use crate::shell::quoted;
use recur_core::visible::shown;
use recur_files::{kind, read_regular};
use recur_report::{MadeFrom, ReportRecord, ReportRecordError, SpecSource};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Bytes that a report or a spec may have.
const MOST: u64 = 64 << 20;

/// What is to be verified.
#[derive(Debug)]
pub enum Subject {
    /// A report, which was read.
    Report(Box<GivenReport>),
    /// The file of a spec.
    Spec(PathBuf),
    /// Of the store, by the beginning of its id.
    Trial(String),
}

/// A report, as it was read.
#[derive(Debug)]
pub struct GivenReport {
    pub(crate) path: PathBuf,
    pub(crate) text: String,
    /// How it was made.
    pub(crate) record: ReportRecord,
    /// Its spec, by that record.
    pub(crate) source: SpecSource,
    /// What the command that wrote it was asked for.
    pub(crate) request: SpecRequest,
}

impl Subject {
    /// What `word` is: a report, a spec, or the beginning of the id of a trial in the store at `store`. A file is read here, and
    /// only here.
    ///
    /// # Errors
    /// If it names something else, or a report that cannot be used.
    pub fn of(word: &str, store: &Path) -> Result<Self, VerifyError> {
        let path = Path::new(word);
        let refused = |problem, instead| Err(not_a_subject(path, problem, instead));
        match path.metadata() {
            Ok(metadata) if metadata.is_dir() => {
                let remedy = reports_in(path).or_else(|| trial_in(path, store));
                refused(NotASubject::Folder, Some(remedy.unwrap_or_else(takes)))
            }
            Ok(metadata) if !metadata.is_file() => refused(NotASubject::NotRegular(kind(&metadata)), Some(takes())),
            Ok(_) => {
                if let Some(report) = ReportRecord::report_of(path).filter(|report| report.is_file()) {
                    return refused(NotASubject::Record, Some(command(&report)));
                }
                let bytes = read_regular(path, MOST).map_err(|error| cannot_read(path, error))?;
                Self::of_file(path, &bytes, store)
            }
            Err(error) if error.kind() == ErrorKind::NotFound => match path.read_link() {
                Ok(target) => refused(NotASubject::DanglingLink(target), None),
                Err(_) if is_path(path) => refused(NotASubject::Missing, there(path)),
                Err(_) => Ok(Self::Trial(word.to_owned())),
            },
            Err(error) => Err(cannot_read(path, error)),
        }
    }

    fn of_file(path: &Path, bytes: &[u8], store: &Path) -> Result<Self, VerifyError> {
        let refused = |problem, instead| Err(not_a_subject(path, problem, instead));
        let Some(text) = std::str::from_utf8(bytes).ok().filter(|text| !text.contains('\0')) else {
            return refused(NotASubject::NotText, trial_in(path, store));
        };
        let start: String = text.trim_start_matches('\u{feff}').trim_start().chars().take(64).collect();
        let start = start.to_ascii_lowercase();
        if start.starts_with("<!doctype html") || start.starts_with("<html") {
            return refused(NotASubject::HtmlPage, report_of_page(path));
        }
        if start.starts_with("<svg") || start.starts_with("<?xml") {
            return refused(NotASubject::Figure, report_of_figure(path));
        }
        if start.starts_with('{') && has_extension(path, &["json", "jsonl", "ndjson"]) {
            return refused(NotASubject::Neither, trial_in(path, store).or_else(|| Some(takes())));
        }
        if let Some(record) = ReportRecord::of_report(path)? {
            return GivenReport::new(path, text, record).map(|report| Self::Report(Box::new(report)));
        }
        match () {
            () if has_extension(path, &["md"]) => match report_of_figure(path) {
                Some(report) => refused(NotASubject::InFolderOfReport, Some(report)),
                None => Err(ReportRecordError::NoReport { report: path.to_owned() }.into()),
            },
            () if has_extension(path, &["yaml", "yml"]) || is_spec(text) => Ok(Self::Spec(path.to_owned())),
            () => refused(NotASubject::Neither, Some(takes())),
        }
    }
}

impl GivenReport {
    /// The folder of plugins that the report names.
    pub fn plugins(&self) -> Option<&Path> {
        self.request.plugins.as_deref()
    }

    fn new(path: &Path, text: &str, record: ReportRecord) -> Result<Self, VerifyError> {
        let source = match &record.provenance.made_from {
            MadeFrom::Experiment(source) => source.clone(),
            MadeFrom::Comparison(_) => return Err(VerifyError::IsComparison { report: path.to_owned() }),
        };
        let change = |change: &String| {
            change.parse().map_err(|problem: recur_spec::ErrorKind| VerifyError::Change {
                record: ReportRecord::path_of(path),
                change: change.clone(),
                problem: Box::new(problem),
            })
        };
        let overrides = source.overrides.iter().map(change).collect::<Result<_, _>>()?;
        let path_of_spec = PathBuf::from(&source.spec_path);
        let plugins = source.plugins.as_ref().map(PathBuf::from);
        let request = SpecRequest { overrides, plugins, ..SpecRequest::of_file(path_of_spec) };
        Ok(Self { path: path.to_owned(), text: text.to_owned(), record, source, request })
    }
}

fn not_a_subject(path: &Path, problem: NotASubject, instead: Option<String>) -> VerifyError {
    VerifyError::NotASubject { path: path.to_owned(), problem, instead }
}

fn cannot_read(path: &Path, source: std::io::Error) -> VerifyError {
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
        false => format!("there is no report {}", shown(&report)),
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
    let names: Vec<String> = reports.iter().take(SHOWN).map(shown).collect();
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
        return Some(format!("there is no folder {}", shown(folder)));
    }
    let extensions: &[&str] = if has_extension(path, &["yaml", "yml"]) { &["yaml", "yml"] } else { &["md"] };
    let entries = std::fs::read_dir(folder).ok()?;
    let shown = |name: std::ffi::OsString| shown(path.with_file_name(name));
    let names = entries.flatten().map(|entry| entry.file_name());
    let mut alike: Vec<String> = names.filter(|name| has_extension(Path::new(name), extensions)).map(shown).collect();
    alike.sort();
    alike.truncate(10);
    Some(if alike.is_empty() { takes() } else { format!("there are: {}", alike.join(", ")) })
}
