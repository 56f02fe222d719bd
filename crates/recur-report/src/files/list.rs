//! The list of a report's files with their digests: by it recur knows which files it wrote, and whether anybody changed
//! them since.

use recur_core::digest::Digest;
use std::collections::{BTreeMap, BTreeSet};

/// The list's name within the report's folder. `sha256sum -c` reads it there.
pub(crate) const FILE: &str = "SHA256SUMS";

/// The list's first line. A file without it was not written by recur.
const HEADER: &str =
    "# Written by recur: the files of this report. recur replaces or removes only files with these digests.";

/// Files by their names, relative to the report's folder. A file has two digests only while a report is being written:
/// before and after.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct List(BTreeMap<String, BTreeSet<Digest>>);

impl List {
    /// Reads it; `None` if `text` is no list of recur's.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let rest = text.strip_prefix(HEADER)?;
        let mut list = Self::default();
        for line in rest.lines() {
            let line = line.trim_end_matches('\r');
            let (is_escaped, line) = line.strip_prefix('\\').map_or((false, line), |line| (true, line));
            let Some((digest, name)) = line.split_once("  ") else { continue };
            let Some(digest) = Digest::parse(digest) else { continue };
            list.add(&if is_escaped { unescaped(name) } else { name.to_owned() }, digest);
        }
        Some(list)
    }

    pub(crate) fn text(&self) -> String {
        let mut text = format!("{HEADER}\n");
        for (name, digests) in &self.0 {
            let (mark, name) = escaped(name);
            for digest in digests {
                text.push_str(&format!("{mark}{digest}  {name}\n"));
            }
        }
        text
    }

    /// Adds a digest of a file.
    pub(crate) fn add(&mut self, name: &str, digest: Digest) {
        self.0.entry(name.to_owned()).or_default().insert(digest);
    }

    /// All of both.
    pub(crate) fn joined(mut self, other: &Self) -> Self {
        for (name, digests) in &other.0 {
            self.0.entry(name.clone()).or_default().extend(digests.iter().cloned());
        }
        self
    }

    /// Those files whose names are `wanted`.
    pub(crate) fn only(&self, wanted: impl Fn(&str) -> bool) -> Self {
        Self(self.0.iter().filter(|(name, _)| wanted(name)).map(|(name, of)| (name.clone(), of.clone())).collect())
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Whether it has a file of this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Whether `content` is what recur wrote into the file. Line ends that a checkout changed do not count.
    pub(crate) fn is_of(&self, name: &str, content: &[u8]) -> bool {
        let Some(digests) = self.0.get(name) else { return false };
        let is_listed = |content: &[u8]| digests.contains(&Digest::of(content));
        is_listed(content) || (content.contains(&b'\r') && is_listed(&with_plain_line_ends(content)))
    }
}

fn with_plain_line_ends(content: &[u8]) -> Vec<u8> {
    let is_kept = |index: &usize| content[*index] != b'\r' || content.get(index + 1) != Some(&b'\n');
    (0..content.len()).filter(is_kept).map(|index| content[index]).collect()
}

/// A name as `sha256sum` writes it: with a backslash before the line where characters of the name had to be escaped.
fn escaped(name: &str) -> (&'static str, String) {
    let text = name.replace('\\', "\\\\").replace('\n', "\\n").replace('\r', "\\r");
    (if text == name { "" } else { "\\" }, text)
}

fn unescaped(text: &str) -> String {
    let (mut name, mut characters) = (String::new(), text.chars());
    while let Some(character) = characters.next() {
        name.push(match character {
            '\\' => match characters.next() {
                Some('n') => '\n',
                Some('r') => '\r',
                Some(other) => other,
                None => '\\',
            },
            other => other,
        });
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_back_with_names_of_any_characters() {
        let mut list = List::default();
        for name in ["../a b.md", "labels.svg", "../x\\n.md", "../line\nend.md"] {
            list.add(name, Digest::of(name.as_bytes()));
        }
        list.add("labels.svg", Digest::of(b"after"));
        assert_eq!(List::read(&list.text()), Some(list.clone()));
        assert_eq!(List::read(&list.text().replace('\n', "\r\n")), Some(list));
    }

    #[test]
    fn sums_that_another_program_wrote_are_no_list() {
        let digest = Digest::of(b"mine");
        assert_eq!(List::read(&format!("{digest}  mine.svg\n")), None);
        assert_eq!(List::read(""), None);
    }

    #[test]
    fn a_changed_byte_is_seen_and_changed_line_ends_are_not() {
        let mut list = List::default();
        list.add("a", Digest::of(b"x\ny\n"));
        assert!(list.is_of("a", b"x\ny\n") && list.is_of("a", b"x\r\ny\r\n"));
        assert!(!list.is_of("a", b"x\nz\n") && !list.is_of("a", b"x\r\nz\r\n") && !list.is_of("b", b"x\ny\n"));
    }
}
