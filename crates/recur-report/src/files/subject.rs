//! Whether the report at a place is about the same as the one that is to be written there.

use crate::provenance::{ComparisonSource, MadeFrom, Provenance, SpecSource};
use crate::record::ReportRecordError;
use recur_core::visible::visible_fully;
use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

/// What a report that is there is about: its provenance and its question. Nothing where there is none.
pub(crate) type SubjectThere = Result<Option<(Provenance, String)>, ReportRecordError>;

/// What a report is about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subject<'a> {
    pub(crate) provenance: &'a Provenance,
    /// Empty if there is none.
    pub(crate) question: &'a str,
}

impl Subject<'_> {
    /// What distinguishes a report from another that was to be written at its place, of each of them. A changed spec at the
    /// same path is the same experiment, and so is the same spec at another path.
    pub(crate) fn difference(&self, new: &Self) -> Option<[String; 2]> {
        if !is_same(&self.provenance.made_from, &new.provenance.made_from) {
            return Some([self.described(), new.described()]);
        }
        let questions = [self.asked(), new.asked()];
        let differ = questions[0] != questions[1] && questions.iter().all(|question| !question.is_empty());
        differ.then(|| questions.map(|question| format!("the question \"{}\"", visible_fully(question))))
    }

    fn described(&self) -> String {
        let mut text = match self.provenance.made_from {
            MadeFrom::Experiment(_) => "the spec ".to_owned(),
            MadeFrom::Comparison(_) => "the comparison of ".to_owned(),
        };
        text.push_str(&visible_fully(&self.provenance.spec_path()));
        if let MadeFrom::Comparison(source) = &self.provenance.made_from {
            let options = source.models.iter().map(|model| ("model", model));
            for (option, value) in options.chain(source.baseline.iter().map(|baseline| ("baseline", baseline))) {
                text.push_str(&format!(" --{option} {}", visible_fully(value)));
            }
        }
        text
    }

    /// The question. A comparison without one of its own has those of its experiments, which may change.
    fn asked(&self) -> &str {
        match &self.provenance.made_from {
            MadeFrom::Experiment(_) => self.question,
            MadeFrom::Comparison(source) => source.question.as_deref().unwrap_or(""),
        }
    }
}

fn is_same(there: &MadeFrom, new: &MadeFrom) -> bool {
    match (there, new) {
        (MadeFrom::Experiment(there), MadeFrom::Experiment(new)) => {
            let spec = |source: &SpecSource| source.resolved_spec.trim_end().to_owned();
            spec(there) == spec(new)
                || there.spec_path == new.spec_path
                || is_one_file(&there.spec_path, &new.spec_path)
        }
        (MadeFrom::Comparison(there), MadeFrom::Comparison(new)) => {
            let names = |source: &ComparisonSource| -> BTreeSet<String> {
                source.compared.iter().map(|spec| spec.name.clone()).collect()
            };
            let models = |source: &ComparisonSource| -> BTreeSet<String> { source.models.iter().cloned().collect() };
            names(there) == names(new) && models(there) == models(new) && there.baseline == new.baseline
        }
        _ => false,
    }
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
    use crate::provenance::ComparedSpec;

    fn provenance(made_from: MadeFrom) -> Provenance {
        let (program, command) = ("recur".to_owned(), "recur experiment x".to_owned());
        Provenance {
            program,
            prefix: None,
            command,
            recur_version: "1".to_owned(),
            numeric_contract: 1,
            store_link: None,
            made_from,
        }
    }

    fn experiment(spec_path: &str, resolved_spec: &str) -> Provenance {
        let (spec_path, resolved_spec) = (spec_path.to_owned(), resolved_spec.to_owned());
        provenance(MadeFrom::Experiment(SpecSource { spec_path, overrides: Vec::new(), plugins: None, resolved_spec }))
    }

    fn comparison(compared: &[[&str; 2]], question: Option<&str>) -> Provenance {
        let spec = |[name, spec]: &[&str; 2]| ComparedSpec {
            given: (*name).to_owned(),
            name: (*name).to_owned(),
            resolved_spec: (*spec).to_owned(),
        };
        let question = question.map(str::to_owned);
        let compared = compared.iter().map(spec).collect();
        provenance(MadeFrom::Comparison(ComparisonSource { compared, question, models: Vec::new(), baseline: None }))
    }

    fn is_other(there: &Provenance, new: &Provenance) -> bool {
        let of = |provenance| Subject { provenance, question: "" };
        of(there).difference(&of(new)).is_some()
    }

    #[track_caller]
    fn check(a: (&str, &str, &str), b: (&str, &str, &str), is_same: bool) {
        let [of_a, of_b] = [a, b].map(|(path, spec, _)| experiment(path, spec));
        let [a, b] = [(&of_a, a.2), (&of_b, b.2)].map(|(provenance, question)| Subject { provenance, question });
        assert_eq!(a.difference(&b).is_none(), is_same, "{a:?} and {b:?}");
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
        let there = comparison(&[["a", "x: 1"], ["b", "x: 2"]], None);
        assert!(!is_other(&there, &comparison(&[["b", "x: 3"], ["a", "x: 1"]], None)));
        assert!(is_other(&there, &comparison(&[["a", "x: 1"], ["c", "x: 2"]], None)));
        assert!(is_other(&there, &experiment("a.yaml", "x: 1")));
        let asks = |question| comparison(&[["a", "x: 1"]], Some(question));
        assert!(is_other(&asks("Why?"), &asks("How?")));
        assert!(!is_other(&asks("Why?"), &comparison(&[["a", "x: 1"]], None)));
        let mut of_one_model = there.clone();
        let MadeFrom::Comparison(source) = &mut of_one_model.made_from else { panic!("a comparison") };
        source.models.push("gru".to_owned());
        assert!(is_other(&there, &of_one_model));
        let of = |provenance| Subject { provenance, question: "" };
        let [_, new] = of(&there).difference(&of(&of_one_model)).unwrap();
        assert_eq!(new, "the comparison of a, b --model gru");
    }
}
