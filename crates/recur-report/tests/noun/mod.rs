//! What a report calls an example: the word of the spec.

use crate::fixture::{Build, Outline, Reported, small};
use crate::rendered;
use recur_core::data_warning::DataWarning;
use recur_core::digest::Digest;
use recur_core::facts::PublishedFacts;
use recur_core::noun::Noun;

/// What a report has to say `name` of: figures name trials, specs and elements of a page have names.
const OTHER_NAMES: [&str; 3] = ["Each figure names its trials", "name: small", "<meta name="];

/// The lines of `text` that say `name` or `names` of anything else.
pub fn lines_with_names(text: &str) -> Vec<String> {
    let is_name = |word: &str| matches!(word.to_lowercase().as_str(), "name" | "names");
    let says_it = |line: &String| line.split(|c: char| !c.is_alphanumeric() && c != '_').any(is_name);
    let others = |line: &str| OTHER_NAMES.iter().fold(line.to_owned(), |line, other| line.replace(other, ""));
    text.lines().map(others).filter(says_it).collect()
}

/// An experiment on what is called `noun`, with all that a report can say of the examples.
fn experiment(noun: &str) -> Reported {
    let mut experiment = Outline { noun: Noun::of(noun), ..small() }.build();
    let overlap = PublishedFacts { rows: [80, 10, 10], texts_in_two: 2, groups_in_two: 1, rows_of_these: 3 };
    experiment.facts.source = "data/list.csv".to_owned();
    experiment.facts.files = [("list.csv".to_owned(), Digest::of(b"list"))].into();
    experiment.facts.published = Some(overlap);
    experiment.facts.warnings = vec![
        DataWarning::LabelsRepeatTexts { rows: 9, of: 10 },
        DataWarning::MostlyUnknown { unknown: 3, of: 4 },
        DataWarning::UnknownLabels { labels: vec!["Greek".to_owned()], of: 7 },
        DataWarning::Overlap(overlap),
    ];
    let trials = experiment.trials.iter().filter(|finding| finding.trial.identity.model == "manual_rnn");
    let constant: Vec<_> = trials.map(|finding| finding.trial.id.clone()).collect();
    for test in experiment.tests.iter_mut().filter(|test| constant.contains(&test.id)) {
        test.predictions.iter_mut().for_each(|prediction| prediction.predicted = 4);
    }
    experiment
}

#[test]
fn a_report_on_domains_speaks_of_domains() {
    let (_, files) = rendered(&experiment("domain"));
    for (file, text) in files.iter().filter(|(file, _)| !file.ends_with(".json")) {
        // The page has a style and a script.
        let text = text.split("<style>").next().unwrap().to_owned() + text.split("</style>").nth(1).unwrap_or_default();
        let text = text.split("<script>").next().unwrap();
        assert_eq!(lines_with_names(text), Vec::<String>::new(), "{file}");
    }
    let page = &files["small.md"];
    for part in [
        "## Hardest domains",
        "| domain | label |",
        "each domain once:",
        "## Domain by domain",
        "(paired bootstrap over groups of domains,",
        "| replicate | domains |",
        "| distinct domains |",
        "| rows rejected | 4 (empty domain: 3, domain too long: 1) |",
        "the best model of the exact domain could reach",
        "2 domains and 1 group (with 3 rows) are in two parts",
        "9 of 10 rows have their own domain as label",
        "75 % of the characters of domains are",
        "1 of 7 labels has no domain with a character of the alphabet",
        "In two parts of the published split: domains: 2, groups: 1",
        "it has learned nothing of the domains.",
        "the share of domains whose label",
        "with domains that the model was surest of",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
}

#[test]
fn the_words_are_all_that_the_noun_changes() {
    let pages = ["domain", "query"].map(|noun| rendered(&experiment(noun)).1.remove("small.md").unwrap());
    let [domains, queries] = pages.map(|page| {
        let replaced = page.replace("queries", "domains").replace("query", "domain");
        replaced.replace("Query", "Domain")
    });
    assert_eq!(domains, queries);
}

#[test]
fn the_notes_of_the_export_speak_of_domains_too() {
    let json = experiment("domain").json(20);
    for part in [&json["answer"], &json["notes"], &json["data"]["warnings"]] {
        assert_eq!(lines_with_names(&part.to_string()), Vec::<String>::new());
    }
    assert!(json["data"]["warnings"].to_string().contains("empty domain: 3"), "{}", json["data"]["warnings"]);
}
