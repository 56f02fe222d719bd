//! `SHA256SUMS`: the digests of a folder's files, in the format that `sha256sum -c` reads.

use crate::files::{read, read_small, unreadable};
use crate::fs;
use crate::layout::SUMS;
use crate::problem::{Fault, Problem};
use recur_core::digest::Digest;
use std::collections::BTreeMap;
use std::path::Path;

/// The digests of a folder's files, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sums(pub(crate) BTreeMap<String, Digest>);

/// The files of a folder, by name.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

impl Sums {
    pub(crate) fn of(files: &Files) -> Self {
        Self(files.iter().map(|(name, bytes)| (name.clone(), Digest::of(bytes))).collect())
    }

    pub(crate) fn render(&self) -> String {
        self.0.iter().map(|(name, digest)| format!("{digest}  {name}\n")).collect()
    }

    /// The digests that `bytes` list, if they are exactly what [`Sums::render`] writes.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        let line = |line: &str| {
            let (digest, name) = line.split_once("  ")?;
            Some((name.to_owned(), Digest::parse(digest)?))
        };
        let sums = Self(text.lines().map(line).collect::<Option<_>>()?);
        let is_plain = |name: &String| !name.is_empty() && !name.contains(['/', '\\']);
        (sums.0.keys().all(is_plain) && sums.render() == text).then_some(sums)
    }

    /// Those of the files called `names`.
    pub(crate) fn only(&self, names: &[&str]) -> Self {
        Self(
            self.0
                .iter()
                .filter(|(name, _)| names.contains(&name.as_str()))
                .map(|(n, d)| (n.clone(), d.clone()))
                .collect(),
        )
    }

    /// Reads the file in `folder`.
    pub(crate) fn read(folder: &Path) -> Result<Self, Problem> {
        let path = folder.join(SUMS);
        Self::parse(&read_small(&path)?).ok_or_else(|| Problem::content(&path, "it is not as sha256sum writes it"))
    }

    /// Reads the file of `folder` that is called `name` and compares it with its digest.
    pub(crate) fn read_file(&self, folder: &Path, name: &str) -> Result<Vec<u8>, Problem> {
        let Some(digest) = self.0.get(name) else {
            return Err(Problem::content(&folder.join(SUMS), format!("it does not list {name}")));
        };
        let path = folder.join(name);
        let bytes = read(&path).map_err(|problem| match problem.fault {
            Fault::Missing => Problem::new(&path, Fault::ListedButMissing),
            _ => problem,
        })?;
        if Digest::of(&bytes) == *digest { Ok(bytes) } else { Err(Problem::new(&path, Fault::OtherDigest)) }
    }

    /// Reads a whole folder and checks it: every listed file has its digest. A file that is not listed is somebody else's: it makes
    /// nothing of this unusable.
    pub(crate) fn read_folder(folder: &Path) -> Result<(Self, Files), Problem> {
        let sums = Self::read(folder)?;
        let files = sums.read_all(folder)?;
        Ok((sums, files))
    }

    /// Reads every listed file of `folder` and compares it with its digest.
    pub(crate) fn read_all(&self, folder: &Path) -> Result<Files, Problem> {
        self.0.keys().map(|name| Ok((name.clone(), self.read_file(folder, name)?))).collect()
    }

    /// Refuses a file in `folder` that is not listed, but for what `beside` names.
    pub(crate) fn no_unlisted(&self, folder: &Path, beside: &[&str]) -> Result<(), Problem> {
        // Folders are opened anew by each call of the system: a name that is listed twice cannot be.
        for entry in fs::retried(|| std::fs::read_dir(folder)).map_err(|error| unreadable(folder, &error))? {
            let name = entry.map_err(|error| unreadable(folder, &error))?.file_name();
            let known = name.to_str().is_some_and(|n| n == SUMS || self.0.contains_key(n) || beside.contains(&n));
            if !known {
                return Err(Problem::new(&folder.join(name), Fault::Unlisted));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sums() -> Sums {
        Sums::of(&[("a".to_owned(), vec![1]), ("b c".to_owned(), vec![])].into())
    }

    #[test]
    fn the_format_is_that_of_sha256sum() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert!(sums().render().ends_with(&format!("{empty}  b c\n")));
    }

    fn check(text: &str, accepted: bool) {
        assert_eq!(Sums::parse(text.as_bytes()).is_some(), accepted, "{text:?}");
    }

    #[test]
    fn only_what_is_written_is_read() {
        let text = sums().render();
        check(&text, true);
        check("", true);
        check(text.trim_end(), false);
        check(&text.replace('\n', "\r\n"), false);
        check(&text.to_uppercase(), false);
        check(&text.replace("  a", " *a"), false);
        check(&text.replace("  a", "  ../a"), false);
        check(&text.lines().rev().map(|line| format!("{line}\n")).collect::<String>(), false);
        check(&format!("{text}{text}"), false);
    }

    proptest! {
        #[test]
        fn no_bit_can_change_unseen(bit in 0..sums().render().len() * 8) {
            let mut bytes = sums().render().into_bytes();
            bytes[bit / 8] ^= 1 << (bit % 8);
            prop_assert_ne!(Sums::parse(&bytes), Some(sums()));
        }
    }
}
