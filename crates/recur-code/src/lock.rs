//! Locked versions of packages.

use std::path::{Path, PathBuf};

/// The `Cargo.lock` in `folder` or above it.
///
/// # Panics
/// If there is none.
pub(crate) fn file_above(folder: &Path) -> PathBuf {
    let candidates = folder.ancestors().map(|folder| folder.join("Cargo.lock"));
    candidates
        .into_iter()
        .find(|file| file.is_file())
        .unwrap_or_else(|| panic!("no Cargo.lock above {}", folder.display()))
}

/// The versions of `package` in the text of a `Cargo.lock`, which writes a package as lines `name = "…"`, `version = "…"`.
pub(crate) fn versions(lock: &str, package: &str) -> Vec<String> {
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines();
    let mut found = Vec::new();
    while let Some(line) = lines.next() {
        if line == name {
            let version = lines.next().and_then(|line| line.strip_prefix("version = \"")?.strip_suffix('"'));
            found.extend(version.map(str::to_owned));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::versions;

    #[test]
    fn every_locked_version_is_found() {
        let lock = "[[package]]\nname = \"a\"\nversion = \"1.0.0\"\n\n[[package]]\nname = \"ab\"\nversion = \"2.0.0\"\n\n\
                    [[package]]\nname = \"a\"\nversion = \"3.0.0\"\n";
        assert_eq!(versions(lock, "a"), ["1.0.0", "3.0.0"]);
        assert_eq!(versions(lock, "b"), [""; 0]);
    }
}
