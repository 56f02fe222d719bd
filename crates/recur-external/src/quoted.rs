//! Words of a plugin in an error. The reason why a trial failed is part of its record and of reports, which are the
//! same on every machine: folders of this one are left out of it. The log has the words as they came.

use crate::error::printable;

/// `text` on one line, at most `max` characters of it, with absolute paths as `…/name`.
pub(crate) fn quoted(text: &str, max: usize) -> String {
    printable(&without_folders(text), max)
}

/// `text` with the last part of each absolute path that has several.
fn without_folders(text: &str) -> String {
    let (mut out, mut before, mut rest) = (String::with_capacity(text.len()), None, text);
    while let Some(character) = rest.chars().next() {
        let path = if character == '/' && before.is_none_or(begins) { path(rest, before) } else { "" };
        let mut parts = path.split('/').filter(|part| !part.is_empty());
        match (parts.next(), parts.next_back()) {
            (Some(_), Some(name)) => out.extend(["…/", name, if path.ends_with('/') { "/" } else { "" }]),
            (Some(_), None) => out.push_str(path),
            (None, _) => out.push(character),
        }
        let read = path.len().max(character.len_utf8());
        before = rest[..read].chars().next_back();
        rest = &rest[read..];
    }
    out
}

/// Whether an absolute path may begin after this character: a relative one, a fraction or a URL goes on.
fn begins(before: char) -> bool {
    !(before.is_alphanumeric() || "/._-~*…".contains(before))
}

/// The path that `rest` begins with: to the quotation mark where one is before it, otherwise as far as it looks like
/// one.
fn path(rest: &str, before: Option<char>) -> &str {
    if rest[1..].starts_with('/') {
        return "";
    }
    let quoted = before.filter(|mark| "'\"`".contains(*mark)).and_then(|mark| rest.find(mark));
    let is_part = |c: char| c.is_alphanumeric() || "/._-+~@%".contains(c);
    let end = quoted.unwrap_or_else(|| rest.find(|c| !is_part(c)).unwrap_or(rest.len()));
    &rest[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(quoted(text, 200), expected);
    }

    #[test]
    fn of_absolute_paths_the_last_part_is_shown() {
        check("File \"/home/an na/plugins/mine/mine.py\", line 3, in f", "File \"…/mine.py\", line 3, in f");
        check("No such file or directory: '/tmp/x1/model.bin'", "No such file or directory: '…/model.bin'");
        check("/usr/bin/env: cannot find it", "…/env: cannot find it");
        check("at /opt/a/b.js:12:3 (/opt/c.js), in /srv/data/", "at …/b.js:12:3 (…/c.js), in …/data/");
        check("error:/a/b;path=/a/b,/c/d", "error:…/b;path=…/b,…/d");
    }

    #[test]
    fn what_is_no_absolute_path_stays() {
        for text in [
            "1/2 and/or a/b.py",
            "../up/it.py ./here/it.py ~/mine/it.py",
            "https://example.org/a/b",
            "a // b",
            "/",
            "/name and '/name'",
            "`train` is 7 / 2",
            "",
        ] {
            check(text, text);
        }
    }

    #[test]
    fn a_line_is_cut_after_its_folders_are_left_out() {
        assert_eq!(quoted("/a/long/way/to/name", 3), "…/n…");
        assert_eq!(quoted("'/never/ended", 200), "'…/ended");
    }
}
