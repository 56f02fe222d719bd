//! Where the git repository of a folder is, and which commit it is at: read from its files, without git.

use recur_files::read_regular;
use std::path::{Path, PathBuf};

/// Bytes of a small file of a repository.
const SMALL: u64 = 1 << 16;

/// Bytes of the list of packed references.
const PACKED: u64 = 1 << 28;

/// A repository with a commit.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Repository {
    /// The top folder of the working tree.
    pub(super) root: PathBuf,
    /// Its git folder: of this working tree, where there are several.
    pub(super) git: PathBuf,
    /// The git folder that working trees share.
    pub(super) common: PathBuf,
    pub(super) commit: String,
}

impl Repository {
    /// The repository that `folder` is in; `None` where there is none with a commit, or one that cannot be read.
    pub(super) fn of(folder: &Path) -> Option<Self> {
        let folder = folder.canonicalize().ok()?;
        let (root, git) = folder.ancestors().find_map(|root| Some((root.to_owned(), git_folder(root)?)))?;
        let common = match small(&git.join("commondir")) {
            Some(common) => git.join(common).canonicalize().ok()?,
            None => git.clone(),
        };
        let commit = commit(&git, &common)?;
        Some(Self { root, git, common, commit })
    }
}

/// The git folder of the working tree `root`: the folder `.git`, or the one that a file `.git` names.
fn git_folder(root: &Path) -> Option<PathBuf> {
    let dot_git = root.join(".git");
    let metadata = dot_git.metadata().ok()?;
    let git = if metadata.is_dir() { dot_git } else { root.join(small(&dot_git)?.strip_prefix("gitdir:")?.trim()) };
    // As git has it, a folder without this is no git folder, and the search goes on above.
    git.join("HEAD").symlink_metadata().ok()?;
    git.canonicalize().ok()
}

/// What `HEAD` leads to.
fn commit(git: &Path, common: &Path) -> Option<String> {
    /// References from one to the next, as git follows them.
    const STEPS: usize = 5;
    let mut value = small(&git.join("HEAD"))?;
    for _ in 0..STEPS {
        let Some(name) = value.strip_prefix("ref:") else { break };
        let name = name.trim();
        if !is_plain(name) {
            return None;
        }
        value = small(&git.join(name)).or_else(|| small(&common.join(name))).or_else(|| packed(common, name))?;
    }
    is_id(&value).then_some(value)
}

/// A reference that git keeps in the one file of packed references.
fn packed(common: &Path, name: &str) -> Option<String> {
    let text = read_regular(&common.join("packed-refs"), PACKED).ok()?;
    let text = String::from_utf8_lossy(&text);
    let mut lines = text.lines().filter(|line| !line.starts_with(['#', '^']));
    lines.find_map(|line| line.split_once(' ').filter(|(_, found)| *found == name).map(|(id, _)| id.to_owned()))
}

/// Whether a reference's name stays within the git folder.
fn is_plain(name: &str) -> bool {
    name.starts_with("refs/") && name.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

fn is_id(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// The text of a small file, without blanks around it.
fn small(path: &Path) -> Option<String> {
    let bytes = read_regular(path, SMALL).ok()?;
    String::from_utf8(bytes).ok().map(|text| text.trim().to_owned())
}
