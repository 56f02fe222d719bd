//! What `recur --version` shows: `RECUR_VERSION`, with the commit that a release build is made from.
//!
//! It is read from the files of the checkout that this crate is in, without git, so nothing is run that a repository names. A source
//! archive has none, and neither has a development build, which would be built again for every commit.

use std::path::{Path, PathBuf};

#[expect(clippy::disallowed_methods, reason = "cargo gives the profile in a variable")]
fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let is_release = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    let commit = is_release.then(|| commit(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."))).flatten();
    let commit = commit.map_or_else(String::new, |commit| format!(" (commit {commit})"));
    println!("cargo::rustc-env=RECUR_VERSION={}{commit}", env!("CARGO_PKG_VERSION"));
}

/// The commit of the checkout `root`; `None` where there is none, or one in another form.
fn commit(root: &Path) -> Option<String> {
    let dot_git = root.join(".git");
    let git = if dot_git.is_dir() { dot_git } else { root.join(read(&dot_git)?.strip_prefix("gitdir:")?.trim()) };
    let common = read(&git.join("commondir")).map_or_else(|| git.clone(), |common| git.join(common));
    let head = read(&git.join("HEAD"))?;
    let id = match head.strip_prefix("ref:").map(str::trim) {
        None => head,
        Some(name) if is_plain(name) => {
            read(&git.join(name)).or_else(|| read(&common.join(name))).or_else(|| packed(&common, name))?
        }
        Some(_) => return None,
    };
    let is_id = matches!(id.len(), 40 | 64) && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_id.then(|| id[..12].to_owned())
}

/// Whether a reference's name stays within the git folder.
fn is_plain(name: &str) -> bool {
    name.starts_with("refs/") && name.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

/// A reference in the one file of packed references.
fn packed(common: &Path, name: &str) -> Option<String> {
    let text = read(&common.join("packed-refs"))?;
    text.lines().find_map(|line| line.strip_suffix(name)?.strip_suffix(' ').map(str::to_owned))
}

/// The text of a file, without blanks around it. A change of the file builds this again.
fn read(path: &PathBuf) -> Option<String> {
    let text = std::fs::read_to_string(path).ok()?;
    println!("cargo::rerun-if-changed={}", path.display());
    Some(text.trim().to_owned())
}
