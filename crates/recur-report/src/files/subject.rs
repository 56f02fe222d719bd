//! What a report is about: its spec and its question, as its text shows them.

use crate::how_to::HowTo;
use crate::index::Opening;
use crate::making::Making;
use crate::markdown::{code, uncode};
use crate::sections;
use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

/// What a command begins with that wrote a comparison.
const COMPARISON: &str = "just compare ";

/// What a report is about.
#[derive(Clone, Debug)]
pub(crate) struct Subject {
    is_comparison: bool,
    /// As a report shows it.
    spec_path: String,
    resolved_spec: String,
    /// In Markdown, on one line; empty if there is none.
    question: String,
}

impl Subject {
    /// That of a report that is to be written.
    pub(crate) fn new(how_to: &HowTo, question: &str) -> Self {
        Self {
            is_comparison: how_to.command.starts_with(COMPARISON),
            spec_path: code(&how_to.spec_path),
            resolved_spec: how_to.resolved_spec.clone(),
            question: asked(&how_to.command, sections::question(question).join(" ")),
        }
    }

    /// That of a report of recur's.
    pub(crate) fn read(markdown: &str) -> Option<Self> {
        let Making { command, resolved_spec, spec_path, .. } = Making::read(markdown)?;
        let question = asked(&command, Opening::question(markdown));
        Some(Self { is_comparison: command.starts_with(COMPARISON), spec_path, resolved_spec, question })
    }

    /// What distinguishes a report from another that was to be written at its place, of each of them. A changed spec at the
    /// same path is the same experiment, and so is the same spec at another path.
    pub(crate) fn difference(&self, new: &Self) -> Option<[String; 2]> {
        let told = |subject: &Self| {
            let kind = if subject.is_comparison { "the comparison of" } else { "the spec" };
            format!("{kind} {}", uncode(&subject.spec_path))
        };
        if self.is_comparison != new.is_comparison || !self.has_spec_of(new) {
            return Some([told(self), told(new)]);
        }
        let asks = |subject: &Self| format!("the question \"{}\"", subject.question);
        let questions = [&self.question, &new.question];
        let differ = questions[0] != questions[1] && questions.iter().all(|question| !question.is_empty());
        differ.then(|| [asks(self), asks(new)])
    }

    fn has_spec_of(&self, new: &Self) -> bool {
        if self.resolved_spec.trim_end() == new.resolved_spec.trim_end() {
            return true;
        }
        if self.is_comparison {
            return compared(&self.resolved_spec) == compared(&new.resolved_spec);
        }
        self.spec_path == new.spec_path || is_one_file(&uncode(&self.spec_path), &uncode(&new.spec_path))
    }
}

/// The question, unless it is that of a comparison that has none of its own: then it is made of those of its experiments.
fn asked(command: &str, question: String) -> String {
    let has_own = !command.starts_with(COMPARISON) || command.contains(" --question ");
    if has_own { question } else { String::new() }
}

/// The names of what is compared: the first line of each spec.
fn compared(resolved_specs: &str) -> BTreeSet<&str> {
    let specs = resolved_specs.split("\n---\n").map(|spec| spec.trim_start_matches("---\n"));
    specs.filter_map(|spec| spec.lines().next()).collect()
}

/// Whether two paths lead to one file.
fn is_one_file(a: &str, b: &str) -> bool {
    let canonical = |path: &str| std::fs::canonicalize(path).ok();
    let plain = |path: &str| std::path::absolute(path).ok().map(|path| without_detours(&path));
    (canonical(a).is_some() && canonical(a) == canonical(b)) || (plain(a).is_some() && plain(a) == plain(b))
}

/// `path` without `.` and `..`.
fn without_detours(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => _ = plain.pop(),
            other => plain.push(other),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject(command: &str, spec_path: &str, resolved_spec: &str, question: &str) -> Subject {
        let how_to = HowTo {
            spec_path: spec_path.to_owned(),
            command: command.to_owned(),
            recur_version: "1".to_owned(),
            commit: None,
            resolved_spec: resolved_spec.to_owned(),
            numeric_contract: 1,
        };
        Subject::new(&how_to, question)
    }

    fn check(a: (&str, &str, &str), b: (&str, &str, &str), is_same: bool) {
        let of = |(path, spec, question)| subject("just experiment x", path, spec, question);
        assert_eq!(of(a).difference(&of(b)).is_none(), is_same, "{a:?} and {b:?}");
    }

    #[test]
    fn an_edited_spec_is_the_same_experiment_and_a_spec_at_another_path_is_another() {
        check(("a.yaml", "x: 1", ""), ("a.yaml", "x: 2", ""), true);
        check(("a.yaml", "x: 1", ""), ("b.yaml", "x: 2", ""), false);
        check(("a.yaml", "x: 1", ""), ("b.yaml", "x: 1", ""), true);
        check(("dir/../a.yaml", "x: 1", ""), ("./a.yaml", "x: 2", ""), true);
        let absolute = std::path::absolute("a|`b.yaml").unwrap();
        check((absolute.to_str().unwrap(), "x: 1", ""), ("a|`b.yaml", "x: 2", ""), true);
    }

    #[test]
    fn another_question_is_another_report_and_none_is_no_other() {
        check(("a.yaml", "x: 1", "Why?"), ("a.yaml", "x: 2", "How?"), false);
        check(("a.yaml", "x: 1", "Why?"), ("a.yaml", "x: 2", "Why?"), true);
        check(("a.yaml", "x: 1", ""), ("a.yaml", "x: 2", "Why?"), true);
        check(("a.yaml", "x: 1", "Why?"), ("a.yaml", "x: 2", ""), true);
    }

    #[test]
    fn comparisons_are_of_the_same_experiments_in_any_order() {
        let of = |specs: &str| subject("just compare a b", "a, b", specs, "");
        let there = of("# a\nx: 1\n---\n# b\nx: 2\n");
        assert!(there.difference(&of("# b\nx: 3\n---\n# a\nx: 1\n")).is_none());
        assert!(there.difference(&of("# a\nx: 1\n---\n# c\nx: 2\n")).is_some());
        let asks =
            |question: &str| subject(&format!("just compare a b --question '{question}'"), "a, b", "# a\n", question);
        assert!(asks("Why?").difference(&asks("How?")).is_some());
        assert!(there.difference(&subject("just experiment a.yaml", "a.yaml", "x: 1", "")).is_some());
    }
}
