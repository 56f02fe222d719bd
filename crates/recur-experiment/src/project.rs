//! The project of a spec: the nearest folder, from that of the spec upward, with a file `recur.toml`.

use recur_core::visible::{shown, visible};
use recur_files::{folder_of, read_regular};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The file that makes a folder a project.
pub const PROJECT_FILE: &str = "recur.toml";

/// The most bytes of that file.
const MOST: u64 = 1 << 16;

/// The keys of the file.
const KEYS: [&str; 1] = ["command"];

/// A folder with experiments, their data, their store and their reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    /// Its folder: absolute, without links.
    pub root: PathBuf,
    /// What its users type instead of `recur`, such as `just`: its reports show commands so.
    pub command: Option<String>,
}

/// Why the file of a project cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProjectError {
    /// It cannot be read.
    #[error("cannot read {}", shown(path))]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A line is not one that the file may have.
    #[error("{}:{line}: {}", shown(path), visible(problem))]
    Line {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What is wrong with it.
        problem: String,
    },
}

impl ProjectError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        "docs/own-data.md shows what recur.toml may contain; an empty file is enough"
    }
}

impl Project {
    /// The project that a file or folder is in; `None` if it is in none. What does not exist is in the project of the working folder.
    ///
    /// A folder such as `/tmp`, where everybody may put files, is not a project: somebody else could have made it one.
    ///
    /// # Errors
    /// If the project's file cannot be read, or has other lines than it may have.
    pub fn find(place: &Path) -> Result<Option<Self>, ProjectError> {
        let folder = if place.is_dir() { place } else { folder_of(place) };
        let Ok(folder) = folder.canonicalize().or_else(|_| Path::new(".").canonicalize()) else { return Ok(None) };
        let mut folders = folder.ancestors().filter(|folder| !is_for_everybody(folder));
        match folders.find(|folder| folder.join(PROJECT_FILE).symlink_metadata().is_ok()) {
            Some(root) => Self::read(root).map(Some),
            None => Ok(None),
        }
    }

    fn read(root: &Path) -> Result<Self, ProjectError> {
        let path = root.join(PROJECT_FILE);
        let failed = |source| ProjectError::Unreadable { path: path.clone(), source };
        let text = read_regular(&path, MOST).map_err(failed)?;
        let text =
            String::from_utf8(text).map_err(|error| failed(std::io::Error::new(ErrorKind::InvalidData, error)))?;
        let mut project = Self { root: root.to_owned(), command: None };
        for (line, text) in (1..).zip(text.trim_start_matches('\u{feff}').lines()) {
            project.take(text).map_err(|problem| ProjectError::Line { path: path.clone(), line, problem })?;
        }
        Ok(project)
    }

    /// Takes over what a line of the file says: nothing, or a key with its text.
    fn take(&mut self, line: &str) -> Result<(), String> {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            return Ok(());
        }
        let (key, value) = line.split_once('=').ok_or("expected a line such as `command = \"just\"`")?;
        let (key, value) = (key.trim(), value.trim());
        if !KEYS.contains(&key) {
            return Err(format!("unknown key `{key}`; there is: {}", KEYS.join(", ")));
        }
        if self.command.is_some() {
            return Err(format!("`{key}` is here a second time"));
        }
        let (value, rest) = value
            .strip_prefix('"')
            .and_then(|value| value.split_once('"'))
            .ok_or_else(|| format!("the value of `{key}` is a text in quotes"))?;
        if !rest.trim().is_empty() && !rest.trim().starts_with('#') {
            return Err(format!("there is more behind the text of `{key}`"));
        }
        if !is_command(value) {
            return Err(format!(
                "`{key}` takes the name of one program, of a-z, A-Z, 0-9, `.`, `_`, `-` and `/`, which does not begin with one of the last three; such as \"just\""
            ));
        }
        self.command = Some(value.to_owned());
        Ok(())
    }
}

/// Whether a text is the name of a program, without options. The file may be anybody's, and users copy commands from what recur
/// prints.
fn is_command(text: &str) -> bool {
    let begins = text.starts_with(|first: char| first.is_ascii_alphanumeric() || first == '.');
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._/-".contains(&byte);
    text.len() <= 60 && begins && text.bytes().all(is_plain)
}

/// Whether everybody may put files into a folder, as into `/tmp`.
#[cfg(unix)]
fn is_for_everybody(folder: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    /// Everybody may write, and only the owner of a file may remove it.
    const SHARED: u32 = 0o1002;
    folder.metadata().is_ok_and(|metadata| metadata.permissions().mode() & SHARED == SHARED)
}

#[cfg(not(unix))]
fn is_for_everybody(_: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    #[test]
    fn the_project_is_the_nearest_folder_upward_with_its_file() {
        let folder = folder(&[("recur.toml", ""), ("a/b/x.yaml", ""), ("a/inner/recur.toml", "command = \"just\"")]);
        let root = folder.path().canonicalize().unwrap();
        let check = |place: &str, expected: &Path, command: Option<&str>| {
            let project = Project::find(&root.join(place)).unwrap().unwrap();
            assert_eq!((project.root.as_path(), project.command.as_deref()), (expected, command), "{place}");
        };
        check("a/b/x.yaml", &root, None);
        check("a/b/not-there.yaml", &root, None);
        check("a/b", &root, None);
        check("", &root, None);
        check("a/inner", &root.join("a/inner"), Some("just"));
        check("a/inner/../b/x.yaml", &root, None);
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_that_everybody_writes_to_is_no_project() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = folder(&[("shared/recur.toml", ""), ("shared/mine/x.yaml", "")]);
        let shared = folder.path().join("shared");
        let find = || Project::find(&shared.join("mine/x.yaml")).unwrap();
        assert!(find().is_some());
        fs::set_permissions(&shared, fs::Permissions::from_mode(0o1777)).unwrap();
        assert_eq!(find(), None);
    }

    #[test]
    fn the_file_has_comments_and_a_command_and_nothing_else() {
        let read = |text: &str| {
            let folder = folder(&[("recur.toml", text)]);
            let found = Project::find(folder.path()).map(|project| project.unwrap().command);
            found.map_err(|error| error.to_string().rsplit_once("recur.toml").unwrap().1.to_owned())
        };
        assert_eq!(read("# what it is\n\n"), Ok(None));
        assert_eq!(read("\u{feff}command = \"just\" # a comment\r\n"), Ok(Some("just".to_owned())));
        assert_eq!(read("command = \"./tools/run\"\n"), Ok(Some("./tools/run".to_owned())));
        let check = |text: &str, expected: &str| assert_eq!(read(text), Err(expected.to_owned()), "{text}");
        check("\nstore = \"x\"", ":2: unknown key `store`; there is: command");
        check("[project]", ":1: expected a line such as `command = \"just\"`");
        check("command = just", ":1: the value of `command` is a text in quotes");
        check("command = \"a\" b", ":1: there is more behind the text of `command`");
        check("command = \"a\"\ncommand = \"b\"", ":2: `command` is here a second time");
        let words = ":1: `command` takes the name of one program, of a-z, A-Z, 0-9, `.`, `_`, `-` and `/`, which does not begin \
                     with one of the last three; such as \"just\"";
        for text in ["curl x | sh", "", "a;b", "$(a)", "rm -rf .", "-rf", "/bin/rm"] {
            check(&format!("command = \"{text}\""), words);
        }
    }
}
