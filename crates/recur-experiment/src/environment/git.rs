//! What git knows of the folder that recur runs in, asked so that nothing of that folder is run.
//!
//! A repository's configuration may name programs: a monitor of files, hooks, filters, viewers of differences. Git
//! starts them when it is asked for a diff. So git is never shown that configuration. It works on a private git folder:
//! with a configuration of recur's own, the commit's id, a copy of the index, and the repository's objects to read. The
//! attributes of the working tree may still name filters, but none is defined. Git gets a limited time, and recur holds
//! a limited part of what it prints.

use super::repository::Repository;
use crate::clock::Started;
use crate::error::with_causes;
use recur_core::visible::visible;
use recur_files::TemporaryFolder;
use recur_files::read_regular;
use sha2::{Digest as _, Sha256};
use std::io::Read;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// What git gets for all its answers.
const TIME: Duration = Duration::from_secs(10);

/// Bytes of a diff that are kept; of one that has more, the names and sizes of its files are.
const MOST: usize = 1 << 20;

/// Files that are named of a diff that is too large.
const NAMED: usize = 1000;

/// All of the private git folder's configuration, but for [`TAKEN`]. Files beyond the threshold are not compared line by
/// line: git would hold both versions in memory.
const CONFIG: &str = "\
[core]
\tbare = false
\tfsmonitor = false
\tuntrackedCache = false
\thooksPath = /dev/null
\tpager = cat
\tbigFileThreshold = 1m
[diff]
\tautoRefreshIndex = true
";

/// What is taken over of the repository's own configuration: how its files are to be read. Their values are words.
const TAKEN: [&str; 7] = [
    "core.autocrlf",
    "core.checkstat",
    "core.eol",
    "core.filemode",
    "core.ignorecase",
    "core.symlinks",
    "core.trustctime",
];

/// Until when an answer counts.
#[derive(Clone, Copy)]
struct Deadline {
    started: Started,
    time: Duration,
}

impl Deadline {
    fn left(self) -> Duration {
        self.time.saturating_sub(self.started.elapsed())
    }
}

/// What is compared: the whole working tree, and nothing outside of it. An index may be anybody's, and name any path; git
/// would show what is there.
const WITHIN: [&str; 5] = ["--", ".", ":(exclude)[.][.]/*", ":(exclude)*/[.][.]/*", ":(exclude)[/]*"];

/// Why nothing is known.
#[derive(Debug, thiserror::Error)]
pub(super) enum GitError {
    #[error("git did not answer within {} s", TIME.as_secs())]
    Late,
    #[error("git ended with an error: {0}")]
    Failed(String),
    #[error("git cannot be run: {0}")]
    Start(std::io::Error),
    #[error("{0}")]
    Folder(String),
}

/// What failed on a private git folder.
#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` hands over")]
fn in_folder(error: std::io::Error) -> GitError {
    GitError::Folder(format!("a git folder of recur's own cannot be made: {error}"))
}

struct Printed {
    /// At most the bytes that were asked for.
    bytes: Vec<u8>,
    /// Of all.
    len: u64,
    /// Of all, in hexadecimal.
    sha256: String,
}

/// The uncommitted changes of tracked files in `repository`, as a diff, or as a list where the diff is too large or not
/// wanted; empty where there are none.
pub(super) fn uncommitted(repository: &Repository, keep: bool) -> Result<String, GitError> {
    let deadline = Deadline { started: Started::now(), time: TIME };
    let private = Private::new(repository, deadline)?;
    let diff = private.git(&["diff", "HEAD", "--full-index"], if keep { MOST } else { 0 }, deadline)?;
    if diff.len == 0 {
        return Ok(String::new());
    }
    if diff.len <= diff.bytes.len() as u64 {
        return Ok(String::from_utf8_lossy(&diff.bytes).into_owned());
    }
    let about = format!("bytes: {}\nSHA-256: {}\n", diff.len, diff.sha256);
    if !keep {
        return Ok(format!("The diff of uncommitted changes is not kept (--no-diff).\n{about}"));
    }
    tracing::warn!(
        "the diff has {} bytes, more than 1 MiB: only its digest and the names of the changed files are kept",
        diff.len
    );
    let names = private.git(&["diff", "HEAD", "--name-status", "--no-renames", "-z"], MOST, deadline)?;
    Ok(format!("The diff of uncommitted changes is too large to be kept.\n{about}\n{}", listed(repository, &names)))
}

/// The changed files, a line each, with the bytes that they have now.
fn listed(repository: &Repository, names: &Printed) -> String {
    let text = String::from_utf8_lossy(&names.bytes);
    let fields: Vec<&str> = text.split_terminator('\0').collect();
    let line = |(status, name): (&str, &str)| {
        let metadata = repository.root.join(name).symlink_metadata();
        let size = metadata.map_or_else(|_| "gone".to_owned(), |metadata| format!("{} bytes", metadata.len()));
        format!("{status} {}: {size}\n", visible(name))
    };
    let (pairs, _) = fields.as_chunks::<2>();
    let shown: String = pairs.iter().take(NAMED).map(|[status, name]| line((status, name))).collect();
    if pairs.len() > NAMED { format!("{shown}… and {} files more\n", pairs.len() - NAMED) } else { shown }
}

/// A git folder of recur's own.
struct Private<'a> {
    folder: TemporaryFolder,
    repository: &'a Repository,
}

impl<'a> Private<'a> {
    fn new(repository: &'a Repository, deadline: Deadline) -> Result<Self, GitError> {
        let folder = TemporaryFolder::new("git").map_err(|error| GitError::Folder(with_causes(&error)))?;
        let private = Self { folder, repository };
        private.fill().map_err(in_folder)?;
        let taken = private.taken(deadline)?;
        private.write("config", &format!("{}{CONFIG}{taken}", format_of(&repository.commit))).map_err(in_folder)?;
        Ok(private)
    }

    fn fill(&self) -> std::io::Result<()> {
        let Repository { git, common, commit, .. } = self.repository;
        for folder in ["objects/info", "refs"] {
            std::fs::create_dir_all(self.folder.path().join(folder))?;
        }
        self.write("HEAD", &format!("{commit}\n"))?;
        self.write("config", &format!("{}{CONFIG}", format_of(commit)))?;
        let objects = common.join("objects");
        let objects = objects.to_str().filter(|path| !path.contains('\n'));
        let objects = objects.ok_or_else(|| std::io::Error::other("its path is not UTF-8, or has a line end"))?;
        self.write("objects/info/alternates", &format!("{objects}\n"))?;
        // With the index git knows which files have not changed without reading them.
        for entry in std::fs::read_dir(git)?.flatten() {
            let name = entry.file_name();
            let is_index = name == "index" || name.to_string_lossy().starts_with("sharedindex.");
            if is_index && entry.path().metadata().is_ok_and(|metadata| metadata.is_file()) {
                std::fs::copy(entry.path(), self.folder.path().join(&name))?;
            }
        }
        Ok(())
    }

    fn write(&self, name: &str, text: &str) -> std::io::Result<()> {
        std::fs::write(self.folder.path().join(name), text)
    }

    /// The lines of configuration that are taken over. Git reads the file here, and acts on nothing in it.
    fn taken(&self, deadline: Deadline) -> Result<String, GitError> {
        let config = self.repository.common.join("config");
        let Ok(text) = read_regular(&config, MOST as u64) else { return Ok(String::new()) };
        self.write("repository-config", &String::from_utf8_lossy(&text)).map_err(in_folder)?;
        let file = self.folder.path().join("repository-config");
        let mut command = self.command();
        command.args(["config", "--file"]).arg(file).args(["--no-includes", "--null", "--get-regexp", "^core\\."]);
        // It ends with an error where nothing is found, too.
        let found = match output(command, MOST, deadline) {
            Err(GitError::Failed(_)) => return Ok(String::new()),
            found => found?,
        };
        let text = String::from_utf8_lossy(&found.bytes).into_owned();
        let setting = |entry: &str| {
            let (key, value) = entry.split_once('\n')?;
            let is_word = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_alphanumeric());
            let key = TAKEN.contains(&key).then(|| key.strip_prefix("core.")).flatten().filter(|_| is_word)?;
            Some(format!("\t{key} = {value}\n"))
        };
        Ok(format!("[core]\n{}", text.split_terminator('\0').filter_map(setting).collect::<String>()))
    }

    /// What git prints, for these arguments of a diff.
    fn git(&self, arguments: &[&str], most: usize, deadline: Deadline) -> Result<Printed, GitError> {
        let mut command = self.command();
        command.args(arguments).args(["--no-color", "--no-ext-diff", "--no-textconv"]);
        // Git would ask a submodule for its changes by running git there, with its configuration.
        command.arg("--ignore-submodules=dirty").args(WITHIN);
        output(command, most, deadline)
    }

    /// Git on this folder. Nothing that the user set for git is heeded either: it was meant for another git folder.
    fn command(&self) -> Command {
        let folder = self.folder.path();
        let mut command = Command::new("git");
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("GIT_")) {
            command.env_remove(name);
        }
        command.current_dir(&self.repository.root);
        let nothing = if cfg!(windows) { "NUL" } else { "/dev/null" };
        for name in ["GIT_CONFIG_SYSTEM", "GIT_CONFIG_GLOBAL"] {
            command.env(name, nothing);
        }
        for name in ["GIT_CONFIG_NOSYSTEM", "GIT_ATTR_NOSYSTEM", "GIT_NO_LAZY_FETCH", "GIT_NO_REPLACE_OBJECTS"] {
            command.env(name, "1");
        }
        for name in ["GIT_OPTIONAL_LOCKS", "GIT_TERMINAL_PROMPT"] {
            command.env(name, "0");
        }
        command.env("HOME", folder).env("XDG_CONFIG_HOME", folder).env("LC_ALL", "C");
        command.env("GIT_DIR", folder).env("GIT_WORK_TREE", &self.repository.root);
        command
    }
}

/// The first lines of the configuration of a repository with such ids.
fn format_of(commit: &str) -> &'static str {
    if commit.len() == 40 {
        "[core]\n\trepositoryFormatVersion = 0\n"
    } else {
        "[core]\n\trepositoryFormatVersion = 1\n[extensions]\n\tobjectFormat = sha256\n"
    }
}

/// Starts a thread that nobody waits for.
fn thread(work: impl FnOnce() + Send + 'static) -> std::io::Result<()> {
    std::thread::Builder::new().spawn(work).map(drop)
}

/// Runs `command` until `deadline` at most.
fn output(mut command: Command, most: usize, deadline: Deadline) -> Result<Printed, GitError> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(GitError::Start)?;
    let (out, errors) = (child.stdout.take().expect("it is piped"), child.stderr.take().expect("it is piped"));
    let (done, printed) = mpsc::channel();
    // Little is written as errors, and never so much that git would wait.
    let (failed, words) = mpsc::channel();
    let readers = thread(move || drop(done.send(read(out, most))))
        .and_then(|()| thread(move || drop(failed.send(read(errors, 1000)))));
    if let Err(error) = readers {
        // The system refuses a thread: the child is not waited for.
        let _ = child.kill();
        let _ = child.wait();
        return Err(GitError::Start(error));
    }
    let answer = (printed.recv_timeout(deadline.left()), words.recv_timeout(deadline.left()));
    let (Ok(printed), Ok(words)) = answer else {
        let _ = child.kill();
        let _ = child.wait();
        return Err(GitError::Late);
    };
    let status = child.wait().map_err(GitError::Start)?;
    if !status.success() {
        let words = words.map(|words| String::from_utf8_lossy(&words.bytes).trim().to_owned()).unwrap_or_default();
        return Err(GitError::Failed(visible(&words).into_owned()));
    }
    printed.map_err(GitError::Start)
}

/// Reads to the end, and holds at most so many bytes.
fn read(mut from: impl Read, most: usize) -> std::io::Result<Printed> {
    let (mut bytes, mut len, mut hasher) = (Vec::new(), 0, Sha256::new());
    let mut buffer = vec![0; 1 << 16];
    loop {
        let n = from.read(&mut buffer)?;
        if n == 0 {
            let sha256 = hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
            return Ok(Printed { bytes, len, sha256 });
        }
        len += n as u64;
        hasher.update(&buffer[..n]);
        bytes.extend_from_slice(&buffer[..n.min(most - bytes.len())]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_is_printed_is_digested_and_so_much_of_it_held() {
        let text = vec![b'a'; 200_000];
        let [whole, part, none] = [300_000, 70_000, 0].map(|most| read(text.as_slice(), most).unwrap());
        assert_eq!((whole.bytes.len(), part.bytes.len(), none.bytes.len()), (200_000, 70_000, 0));
        let digest = recur_core::digest::Digest::of(&text);
        for printed in [whole, part, none] {
            assert_eq!((printed.len, printed.sha256.as_str()), (200_000, digest.as_str()));
        }
    }

    #[cfg(unix)]
    #[test]
    fn what_does_not_answer_in_time_is_ended() {
        let started = Started::now();
        let mut command = Command::new("sleep");
        command.arg("60");
        let deadline = Deadline { started, time: Duration::from_millis(50) };
        assert!(matches!(output(command, 0, deadline), Err(GitError::Late)));
        assert!(started.elapsed() < Duration::from_secs(30));
    }
}
