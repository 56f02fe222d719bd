//! What a report says and draws of searches, and of races and halving.

use crate::fixture::{Build, Outline, Reported, clear, diverges, integers, no_mishap, reals};
use crate::rendered;
use recur_core::params::ParamValue;
use recur_core::record::Outcome;
use recur_core::search::{Budget, SearchMethod};
use std::collections::BTreeMap;

/// An experiment with one model, whose values are those of `axes`, before the race or search.
fn experiment(axes: Vec<(&'static str, Vec<ParamValue>)>, mishap: fn(usize, u32) -> Option<Outcome>) -> Reported {
    let mut outline = Outline { baseline: None, ..clear() };
    outline.models.drain(..2);
    (outline.models[0].axes, outline.models[0].mishap) = (axes, mishap);
    outline.build()
}

/// Of a search with these proposals.
fn searched(
    axes: Vec<(&'static str, Vec<ParamValue>)>,
    mishap: fn(usize, u32) -> Option<Outcome>,
) -> BTreeMap<String, String> {
    let mut experiment = experiment(axes, mishap);
    experiment.race("stacked_rnn", Some(SearchMethod::Tpe), Budget::full(2), 2);
    rendered(&experiment).1
}

/// The texts and the tips of a figure.
fn texts(files: &BTreeMap<String, String>, figure: &str) -> Vec<String> {
    let document = roxmltree::Document::parse(&files[&format!("clear/{figure}.svg")]).unwrap();
    let is_text = |node: &roxmltree::Node<'_, '_>| node.has_tag_name("text") || node.has_tag_name("title");
    document.descendants().filter(is_text).map(|node| node.text().unwrap_or_default().trim().to_owned()).collect()
}

fn count(texts: &[String], end: &str) -> usize {
    texts.iter().filter(|text| text.ends_with(end)).count()
}

#[test]
fn proposals_without_a_result_are_drawn_and_counted() {
    let axes = || vec![("layers", integers(&[1, 2, 3])), ("learning_rate", reals(&[0.001, 0.01]))];
    let files = searched(axes(), |configuration, _| if configuration % 4 == 1 { diverges(0, 0) } else { None });
    let page = &files["clear.md"];
    assert!(page.contains("2 of 6 proposals did not finish: crosses at the lower edge of each panel."), "{page}");
    assert!(page.contains("by layers, learning\\_rate. 2 of 6 proposals did not finish."), "{page}");
    for figure in ["best-so-far", "slices"] {
        assert_eq!(count(&texts(&files, figure), ": no result"), 4, "two in each of two panels of {figure}");
    }
    let files = searched(axes(), no_mishap);
    assert!(!files["clear.md"].contains("did not finish"));
    assert_eq!(count(&texts(&files, "slices"), ": no result"), 0);
}

#[test]
fn axes_of_whole_numbers_have_whole_ticks() {
    let files = searched(vec![("layers", integers(&[2, 3, 4]))], no_mishap);
    for (figure, n_ticks) in [("slices", 3), ("best-so-far", 2)] {
        let texts = texts(&files, figure);
        let odd = ["0.5", "1.5", "2.2", "2.5", "3.6"].iter().filter(|text| texts.iter().any(|found| found == *text));
        assert_eq!(odd.count(), 0, "{figure}: {texts:?}");
        assert!(
            ["2", "3", "4"].iter().filter(|text| texts.iter().any(|found| found == *text)).count() >= n_ticks,
            "{texts:?}"
        );
    }
}

#[test]
fn a_value_on_an_axis_of_logarithms_is_shown_as_it_is() {
    let files = searched(vec![("learning_rate", reals(&[0.0013, 0.1, 1e-300]))], no_mishap);
    let texts = texts(&files, "slices");
    for value in ["0.0013", "0.1", "1e-300"] {
        assert!(texts.iter().any(|text| text.contains(&format!("learning_rate {value}:"))), "{value}: {texts:?}");
    }
    assert!(files.values().all(|file| !file.contains("0.00000000000000000000")));
}

#[test]
fn figures_of_effects_in_a_race_name_the_stage_that_they_are_of() {
    let axes = || vec![("layers", integers(&[1, 2])), ("learning_rate", reals(&[0.001, 0.01]))];
    let page = |first: Budget| {
        let mut experiment = experiment(axes(), no_mishap);
        experiment.race("stacked_rnn", None, first, 2);
        rendered(&experiment).1
    };
    let files = page(Budget { replicates: 2, epochs: Some(3) });
    let over = "after 3 epochs on the first 2 of 5 replicates, which all configurations were trained for";
    for alternative in [format!("Effect of layers on validation, {over}: stacked"), format!("% macro-F1), {over}.")] {
        assert!(files["clear.md"].contains(&alternative), "{alternative}: {}", files["clear.md"]);
    }
    let titles = texts(&files, "effect-layers");
    assert!(titles.contains(&"mean over the first 2 replicates, 95 % interval".to_owned()), "{titles:?}");
    // Where nothing is eliminated, all results count.
    let mut experiment = experiment(axes(), no_mishap);
    experiment.race("stacked_rnn", None, Budget::full(2), 1);
    let page = &rendered(&experiment).1["clear.md"];
    assert!(!page.contains("on the first 2 replicates") && page.contains("Effect of layers on validation: "), "{page}");
}
