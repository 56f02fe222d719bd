//! Which files a source means, and of which format they are. Nothing is read here but folders.

use crate::error::IngestError;
use crate::open::{FileError, metadata};
use recur_core::nearest::nearest;
use recur_core::settings::Source;
use recur_core::split::Part;
use recur_core::visible::shown;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Component, Path, PathBuf};

/// A format of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Csv,
    Tsv,
    Ndjson,
    Parquet,
    /// `LABEL.txt`, one text per line.
    List,
}

const EXTENSIONS: [(&str, Kind); 6] = [
    ("csv", Kind::Csv),
    ("jsonl", Kind::Ndjson),
    ("ndjson", Kind::Ndjson),
    ("parquet", Kind::Parquet),
    ("tsv", Kind::Tsv),
    ("txt", Kind::List),
];

/// Extensions of compressed files, behind the one of the format. Whether a file is compressed, its content says.
const PACKED: [&str; 6] = ["gz", "zst", "zstd", "bz2", "xz", "lz4"];

/// A file of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct InputFile {
    /// Its name relative to the source, with `/` between parts: what facts and rejects call it.
    pub key: String,
    /// Its path as the spec would write it: what errors call it.
    pub shown: String,
    /// Its path for the system.
    pub path: PathBuf,
    pub kind: Kind,
}

impl InputFile {
    /// The name of the file without its extensions: the label of a list.
    pub fn stem(&self) -> Option<&str> {
        without_packing(&self.path).file_stem()?.to_str()
    }
}

/// Files, and the hidden ones among them that are not read.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Found {
    pub files: Vec<InputFile>,
    /// As the spec would write their paths, sorted.
    pub hidden: Vec<String>,
}

/// The files of each place of `source` with the part that they hold, if they hold only one. No two files have the same key.
pub(crate) fn files_by_place<'s>(source: &'s Source, base: &Path) -> Result<Vec<PlaceFiles<'s>>, IngestError> {
    let read = |(part, place): (Option<Part>, &'s str)| {
        let Found { files, hidden } = files(place, base)?;
        Ok(PlaceFiles { part, place, files, hidden })
    };
    let mut places: Vec<PlaceFiles<'_>> = source.places().into_iter().map(read).collect::<Result<_, _>>()?;
    let mut keys: Vec<String> = places.iter().flat_map(|place| &place.files).map(|file| file.key.clone()).collect();
    keys.sort_unstable();
    if keys.windows(2).any(|pair| pair[0] == pair[1]) {
        // Two parts hold files of one name: only the whole path says which is which.
        places.iter_mut().flat_map(|place| &mut place.files).for_each(|file| file.key.clone_from(&file.shown));
    }
    Ok(places)
}

pub(crate) struct PlaceFiles<'s> {
    /// The part that they hold, if they hold only one.
    pub part: Option<Part>,
    /// As written in the spec.
    pub place: &'s str,
    pub files: Vec<InputFile>,
    /// Hidden files that are not read.
    pub hidden: Vec<String>,
}

/// The files of `source`, sorted by key, all of one format. Relative paths start at `base`.
///
/// A path that exists is taken as it is even if it holds `*`, `?` or `[`. Of a folder and of a glob, hidden files (`.NAME`:
/// macOS leaves `._NAME` next to a file) are left out, unless the glob itself has the dot.
pub(crate) fn files(source: &str, base: &Path) -> Result<Found, IngestError> {
    files_of_kind(source, base, None)
}

/// As [`files`]; all files are of the format `kind`, if one is given, whatever they are called. `LABEL.txt` in a folder
/// stay lists.
pub(crate) fn files_of_kind(source: &str, base: &Path, kind: Option<Kind>) -> Result<Found, IngestError> {
    if source.contains("://") {
        return Err(IngestError::Remote { location: source.to_owned() });
    }
    let path = base.join(source);
    match metadata(&path) {
        Ok(metadata) if metadata.is_dir() => lists(source, &path),
        Ok(_) => {
            let key = path.file_name().and_then(|name| name.to_str()).unwrap_or(source).to_owned();
            let kind = kind.map_or_else(|| kind_of(&path, source), Ok)?;
            Ok(Found { files: vec![InputFile { key, shown: source.to_owned(), path, kind }], hidden: Vec::new() })
        }
        Err(FileError::Io(error)) if is_missing(&error) => {
            let (folder, pattern) = glob_parts(source, base);
            if is_glob(pattern) {
                return matches(source, folder, pattern, base, kind);
            }
            Err(IngestError::Missing { path: source.to_owned(), nearest: nearest_sibling(source, &path) })
        }
        Err(source_error) => Err(IngestError::of_file(source, source_error)),
    }
}

fn is_glob(text: &str) -> bool {
    text.contains(['*', '?', '['])
}

/// A glob as the folder that all of its matches are in, up to the last `/` of it, and the pattern within. A folder that is there is
/// taken as it is even if its name holds `*`, `?` or `[`. Relative paths start at `base`.
pub fn glob_parts<'s>(source: &'s str, base: &Path) -> (&'s str, &'s str) {
    let ends = source.rmatch_indices('/').map(|(at, _)| at + 1);
    let is_folder = |end: &usize| !is_glob(&source[..*end]) || base.join(&source[..*end]).is_dir();
    source.split_at(ends.into_iter().find(is_folder).unwrap_or(0))
}

/// Whether `source`, a file, a folder or a glob as a spec has it, leads to anything from the folder `base`. What is there may still be
/// of no use: reading it gives the reason then.
pub fn is_there(source: &str, base: &Path) -> bool {
    !matches!(files(source, base), Err(IngestError::Missing { .. } | IngestError::NoMatch { .. }))
}

fn is_missing(error: &io::Error) -> bool {
    // A name with a zero byte, or one that is too long, belongs to no file.
    matches!(
        error.kind(),
        ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::InvalidInput | ErrorKind::InvalidFilename
    )
}

/// `path` without the extension of a compressed file.
fn without_packing(path: &Path) -> &Path {
    let is_packed = |extension: &str| PACKED.iter().any(|packed| packed.eq_ignore_ascii_case(extension));
    match (path.extension().and_then(|extension| extension.to_str()), path.to_str()) {
        (Some(extension), Some(whole)) if is_packed(extension) => {
            Path::new(&whole[..whole.len() - extension.len() - 1])
        }
        _ => path,
    }
}

pub(crate) fn kind_by_extension(path: &Path) -> Option<Kind> {
    let extension = without_packing(path).extension()?.to_str()?.to_ascii_lowercase();
    EXTENSIONS.iter().find(|(known, _)| *known == extension).map(|(_, kind)| *kind)
}

fn kind_of(path: &Path, shown: &str) -> Result<Kind, IngestError> {
    let unknown = || IngestError::UnknownKind {
        path: shown.to_owned(),
        known: EXTENSIONS.iter().map(|(extension, _)| *extension).collect(),
    };
    kind_by_extension(path).ok_or_else(unknown)
}

/// The `LABEL.txt` of a folder; other files and folders in it are left alone.
fn lists(source: &str, folder: &Path) -> Result<Found, IngestError> {
    let (mut found, mut others) = (Found::default(), Vec::new());
    // A pipe or a link that leads nowhere is an error when it is opened, not a label that is missing.
    for path in entries(source, folder)?.into_iter().filter(|path| !path.is_dir()) {
        let Some(key) = path.file_name().and_then(|name| name.to_str()).map(str::to_owned) else {
            return Err(IngestError::FileName { path: shown(&path) });
        };
        let shown = join_shown(source, &key);
        match kind_by_extension(&path) {
            _ if key.starts_with('.') => found.hidden.push(shown),
            Some(Kind::List) => found.files.push(InputFile { key, shown, path, kind: Kind::List }),
            Some(_) => others.push(key),
            None => {}
        }
    }
    found.hidden.sort();
    if found.files.is_empty() {
        others.sort();
        others.truncate(5);
        return Err(IngestError::NoLists { folder: source.to_owned(), found: others, hidden: found.hidden });
    }
    found.files.sort_by(|a, b| a.key.cmp(&b.key));
    Ok(found)
}

fn entries(shown: &str, folder: &Path) -> Result<Vec<PathBuf>, IngestError> {
    let unreadable = |source| IngestError::Read { path: shown.to_owned(), source };
    let entries = fs::read_dir(folder).map_err(unreadable)?;
    entries.map(|entry| entry.map(|entry| entry.path()).map_err(unreadable)).collect()
}

fn join_shown(folder: &str, key: &str) -> String {
    match folder.trim_end_matches('/') {
        "" if !folder.starts_with('/') => key.to_owned(),
        folder => format!("{folder}/{key}"),
    }
}

/// The files that match the glob `pattern`, which is `rest` in `folder`. Folders that match are left alone.
fn matches(pattern: &str, folder: &str, rest: &str, base: &Path, kind: Option<Kind>) -> Result<Found, IngestError> {
    let root = without_dots(&base.join(folder));
    let full = format!("{}/{rest}", glob::Pattern::escape(&root.to_string_lossy()));
    let invalid = |source| IngestError::Glob { pattern: pattern.to_owned(), source };
    let glob = glob::Pattern::new(&full).map_err(invalid)?;
    let with_dots = glob::MatchOptions {
        require_literal_leading_dot: true,
        require_literal_separator: true,
        ..glob::MatchOptions::new()
    };
    let mut found = Found::default();
    for path in glob::glob(&full).map_err(invalid)? {
        let path = path.map_err(|error| IngestError::Read { path: shown(error.path()), source: error.into() })?;
        let relative = path.strip_prefix(&root).unwrap_or(&path);
        let has_dot = relative.iter().any(|part| part.as_encoded_bytes().starts_with(b"."));
        if path.is_dir() {
            continue;
        } else if has_dot && !glob.matches_path_with(&path, with_dots) {
            found.hidden.push(join_shown(folder, &relative.to_string_lossy()));
        } else {
            found.files.push(matched_file(folder, &root, path, kind)?);
        }
    }
    found.hidden.sort();
    found.files.sort_by(|a, b| a.key.cmp(&b.key));
    same_kind(pattern, found)
}

fn matched_file(folder: &str, root: &Path, path: PathBuf, kind: Option<Kind>) -> Result<InputFile, IngestError> {
    let relative = path.strip_prefix(root).unwrap_or(&path);
    let parts: Option<Vec<&str>> = relative.iter().map(|part| part.to_str()).collect();
    let Some(parts) = parts else { return Err(IngestError::FileName { path: shown(&path) }) };
    let key = parts.join("/");
    let shown = join_shown(folder, &key);
    let kind = kind.map_or_else(|| kind_of(&path, &shown), Ok)?;
    Ok(InputFile { key, shown, path, kind })
}

fn same_kind(pattern: &str, found: Found) -> Result<Found, IngestError> {
    let Some(first) = found.files.first() else {
        return Err(IngestError::NoMatch { pattern: pattern.to_owned(), hidden: found.hidden });
    };
    match found.files.iter().find(|file| file.kind != first.kind) {
        Some(other) => Err(IngestError::MixedKinds { first: first.shown.clone(), other: other.shown.clone() }),
        None => Ok(found),
    }
}

/// `path` without `.` parts, as the glob crate gives its matches, so that one can be stripped from the other.
fn without_dots(path: &Path) -> PathBuf {
    let clean: PathBuf = path.components().filter(|part| *part != Component::CurDir).collect();
    if clean.as_os_str().is_empty() { PathBuf::from(".") } else { clean }
}

fn nearest_sibling(source: &str, path: &Path) -> Option<String> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let typed = path.file_name()?.to_str()?;
    let entries = fs::read_dir(parent).ok()?;
    let mut names: Vec<String> = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
    names.sort();
    let name = nearest(typed, names.iter().map(String::as_str))?;
    Path::new(source).with_file_name(name).to_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(names: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for name in names {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        folder
    }

    fn check(names: &[&str], source: &str, expected: &[(&str, &str)]) {
        let folder = folder(names);
        let files = files(source, folder.path()).unwrap().files;
        let found: Vec<_> = files.iter().map(|file| (file.key.as_str(), file.shown.as_str())).collect();
        assert_eq!(found, expected);
        assert!(files.iter().all(|file| file.path.is_file()));
    }

    fn check_error(names: &[&str], source: &str, expected: &str) {
        let folder = folder(names);
        assert_eq!(files(source, folder.path()).unwrap_err().to_string(), expected);
    }

    #[test]
    fn files_are_sorted_and_named_relative_to_the_source() {
        check(&["d/a.csv"], "d/a.csv", &[("a.csv", "d/a.csv")]);
        check(&["d/B.txt", "d/A.TXT", "d/x.md"], "d/", &[("A.TXT", "d/A.TXT"), ("B.txt", "d/B.txt")]);
        check(&["d/b.csv", "d/a.csv", "d/x.md"], "./d/*.csv", &[("a.csv", "./d/a.csv"), ("b.csv", "./d/b.csv")]);
        check(&["d/1/n.csv", "d/2/n.csv"], "d/*/n.csv", &[("1/n.csv", "d/1/n.csv"), ("2/n.csv", "d/2/n.csv")]);
        check(&["a.csv"], "*.csv", &[("a.csv", "a.csv")]);
    }

    #[test]
    fn hidden_files_are_left_out_of_folders_and_globs_and_listed() {
        let hidden = |names: &[&str], source: &str| files(source, folder(names).path()).unwrap().hidden;
        let names = ["d/A.txt", "d/._A.txt", "d/.DS_Store", "d/.x/B.txt"];
        check(&names, "d", &[("A.txt", "d/A.txt")]);
        assert_eq!(hidden(&names, "d"), ["d/.DS_Store", "d/._A.txt"]);
        assert_eq!(hidden(&names, "d/*.txt"), ["d/._A.txt"]);
        check(&names, "*/*.txt", &[("d/A.txt", "d/A.txt")]);
        check(&names, "d/.x/*.txt", &[("B.txt", "d/.x/B.txt")]);
        check(&names, "d/._*.txt", &[("._A.txt", "d/._A.txt")]);
        check(&names, "d/._A.txt", &[("._A.txt", "d/._A.txt")]);
        check_error(&["._A.txt"], "*.txt", "no file matches `*.txt`; hidden files are not read: `._A.txt`");
        let none = "folder `d` holds no LABEL.txt, one text per line; hidden files are not read: `d/._A.txt`";
        check_error(&["d/._A.txt"], "d", none);
    }

    #[test]
    fn the_format_of_a_compressed_file_is_named_before_the_last_dot() {
        check(&["a.csv.gz"], "a.csv.gz", &[("a.csv.gz", "a.csv.gz")]);
        check(&["d/A.txt.GZ", "d/B.txt", "d/c.gz"], "d", &[("A.txt.GZ", "d/A.txt.GZ"), ("B.txt", "d/B.txt")]);
        let folder = folder(&["d/Old Norse.txt.zst"]);
        assert_eq!(files("d", folder.path()).unwrap().files[0].stem(), Some("Old Norse"));
    }

    #[cfg(unix)]
    #[test]
    fn links_that_lead_nowhere_are_errors_that_name_their_target() {
        use std::os::unix::fs::symlink;
        let folder = folder(&["a.csv"]);
        symlink("gone.csv", folder.path().join("dang.csv")).unwrap();
        symlink("loop.csv", folder.path().join("loop.csv")).unwrap();
        let error = |source: &str| files(source, folder.path()).unwrap_err().to_string();
        let dangling = "`dang.csv` cannot be read: it is a link to `gone.csv`, which does not exist";
        assert_eq!(error("dang.csv"), dangling);
        let circle = "`loop.csv` cannot be read: it is a link to `loop.csv`, and these links lead in a circle";
        assert_eq!(error("loop.csv"), circle);
    }

    #[test]
    fn existing_path_is_no_glob() {
        check(&["d/a[1].csv", "d/a1.csv"], "d/a[1].csv", &[("a[1].csv", "d/a[1].csv")]);
    }

    #[test]
    fn a_folder_with_the_characters_of_a_glob_may_hold_what_a_glob_matches() {
        let names = ["d[1]/a.csv", "d[1]/b.csv", "d1/c.csv", "x*y/z/a.csv"];
        check(&names, "d[1]/*.csv", &[("a.csv", "d[1]/a.csv"), ("b.csv", "d[1]/b.csv")]);
        check(&names, "x*y/*/a.csv", &[("z/a.csv", "x*y/z/a.csv")]);
        check(&names, "x*/z/a.csv", &[("x*y/z/a.csv", "x*y/z/a.csv")]);
        check(&["d1/c.csv"], "d[1]/*.csv", &[("d1/c.csv", "d1/c.csv")]);
        check_error(&names, "d[1]/c.csv", "`d[1]/c.csv` does not exist (did you mean `d[1]/a.csv`?)");
    }

    #[test]
    fn missing_file_is_an_error_with_the_nearest_name() {
        check_error(&["d/names.csv"], "d/name.csv", "`d/name.csv` does not exist (did you mean `d/names.csv`?)");
        check_error(&["Ümlaut.csv"], "Ümlaut.csv/", "`Ümlaut.csv/` does not exist (did you mean `Ümlaut.csv`?)");
        check_error(
            &["d/Ümlaut.csv"],
            "d/Ümlauf.csv/.",
            "`d/Ümlauf.csv/.` does not exist (did you mean `d/Ümlaut.csv`?)",
        );
        check_error(
            &["d/Ümlaut.csv"],
            "d//Ümlauf.csv//",
            "`d//Ümlauf.csv//` does not exist (did you mean `d/Ümlaut.csv`?)",
        );
        check_error(&["d/names.csv"], "e/zebra.csv", "`e/zebra.csv` does not exist");
    }

    #[test]
    fn unknown_extension_is_an_error_that_lists_the_known_ones() {
        let known = "the extension should be one of csv, jsonl, ndjson, parquet, tsv, txt (.gz or .zst may follow)";
        check_error(&["a.xlsx"], "a.xlsx", &format!("`a.xlsx` is of no known format: {known}"));
        check_error(&["a"], "a", &format!("`a` is of no known format: {known}"));
    }

    #[test]
    fn folder_without_lists_is_an_error_that_says_what_was_expected() {
        let none = "folder `d` holds no LABEL.txt, one text per line";
        check_error(&["d/readme.md"], "d", none);
        check_error(&["d/a.csv"], "d", &format!("{none}; to read `a.csv` name the file or a glob"));
    }

    #[test]
    fn glob_of_nothing_and_of_two_formats_are_errors() {
        check_error(&["a.csv"], "*.tsv", "no file matches `*.tsv`");
        let mixed = "`a.csv` and `a.tsv` are of different formats: one source has one format";
        check_error(&["a.csv", "a.tsv"], "a.*", mixed);
        check_error(&[], "a[.csv", "`a[.csv` is not a valid glob");
    }

    #[test]
    fn address_of_the_network_is_refused() {
        let expected = "`https://example.org/a.csv` is no local file: recur reads files of this machine only";
        check_error(&[], "https://example.org/a.csv", expected);
    }
}
