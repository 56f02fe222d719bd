//! What holds for every figure.

use crate::fixture::{Build as _, Outline, Sketch, integers, no_mishap, small};
use crate::{every_kind, fonts, rendered};

#[test]
fn every_figure_names_its_trials() {
    for experiment in every_kind() {
        let ids: Vec<String> = experiment.trials.iter().map(|f| f.trial.id.short().to_owned()).collect();
        for (file, text) in rendered(&experiment).1.into_iter().filter(|(file, _)| file.ends_with(".svg")) {
            let document = roxmltree::Document::parse(&text).unwrap();
            let said = document.root_element().attribute("data-trials").unwrap_or_default().to_owned();
            // Without trials, the figure of the sweep shows the configurations alone.
            let is_named = !said.is_empty() && said.split(' ').all(|id| ids.iter().any(|own| own == id));
            assert!(is_named || ids.is_empty(), "{file}: {said}");
        }
    }
}

#[test]
fn every_figure_is_well_formed_and_says_what_it_is() {
    for experiment in every_kind() {
        for (file, text) in rendered(&experiment).1.into_iter().filter(|(file, _)| file.ends_with(".svg")) {
            let document = roxmltree::Document::parse(&text).unwrap_or_else(|error| panic!("{file}: {error}"));
            let root = document.root_element();
            assert!(root.attribute("viewBox").is_some(), "{file}");
            let title = root.children().find(|node| node.has_tag_name("title")).unwrap();
            assert!(title.text().unwrap().len() > 10, "{file}");
            assert!(root.descendants().any(|node| node.has_tag_name("text")), "{file}: text is text");
        }
    }
}

#[test]
fn no_text_leaves_its_figure() {
    let mut outside = Vec::new();
    for experiment in every_kind() {
        for (file, text) in rendered(&experiment).1.into_iter().filter(|(file, _)| file.ends_with(".svg")) {
            let document = roxmltree::Document::parse(&text).unwrap();
            let size = |name: &str| document.root_element().attribute(name).unwrap().parse::<f64>().unwrap();
            for node in document.descendants().filter(|node| node.has_tag_name("text")) {
                let number = |name: &str| node.attribute(name).unwrap().parse::<f64>().unwrap();
                let words = node.text().unwrap().trim();
                let length = fonts::width(words, number("font-size"));
                let before = match node.attribute("text-anchor").unwrap() {
                    "start" => 0.0,
                    "middle" => length / 2.0,
                    _ => length,
                };
                let (from, end) = if node.attribute("transform").is_some() {
                    (size("height") - number("y") - before, size("height"))
                } else {
                    (number("x") - before, size("width"))
                };
                if from < 0.0 || from + length > end {
                    outside.push(format!(
                        "{}/{file}: {words:?} from {from} to {} of {end}",
                        experiment.plan.name,
                        from + length
                    ));
                }
            }
        }
    }
    assert!(outside.is_empty(), "{}", outside.join("\n"));
}

#[test]
fn turned_labels_do_not_overlap() {
    for experiment in every_kind() {
        for (file, text) in rendered(&experiment).1.into_iter().filter(|(file, _)| file.ends_with(".svg")) {
            let document = roxmltree::Document::parse(&text).unwrap();
            let turned = document.descendants().filter(|node| node.attribute("transform").is_some());
            let mut places: Vec<i32> = turned.map(|node| node.attribute("x").unwrap().parse().unwrap()).collect();
            places.sort_unstable();
            assert!(places.windows(2).all(|pair| pair[1] - pair[0] >= 12), "{file}: {places:?}");
        }
    }
}

#[test]
fn every_linked_figure_exists_and_every_figure_is_linked() {
    for experiment in every_kind() {
        let (written, files) = rendered(&experiment);
        let text = &files[&format!("{}.md", experiment.plan.name)];
        let linked = text.split("](").skip(1).map(|rest| rest.split(')').next().unwrap());
        // Times are written by a call of their own.
        let linked: Vec<&str> = linked.filter(|link| !link.ends_with("/cost.md")).collect();
        for link in &linked {
            assert!(files.contains_key(*link), "{link}");
        }
        assert_eq!((linked.len(), files.len()), (written.figures.len(), written.figures.len() + 3));
    }
}

#[test]
fn no_figure_grows_without_end() {
    let values: Vec<i64> = (0..100).collect();
    let ids = (0..30).map(|model| &*format!("model_{model}").leak());
    let few = ids.map(|id| Sketch { id, axes: vec![], skill: 0.5, n_epochs: 600, mishap: no_mishap });
    let wide = Sketch {
        id: "wide",
        axes: vec![("layers", integers(&values)), ("hidden_size", integers(&values[..40]))],
        skill: 0.6,
        n_epochs: 1,
        mishap: no_mishap,
    };
    let names = (0..1500).map(|label| format!("Label {label} of many")).collect();
    let outline = Outline {
        name: "large",
        labels: names,
        n_tested_labels: 1500,
        n_test: 3000,
        replicates: 1,
        baseline: None,
        models: std::iter::once(wide).chain(few).collect(),
        ..small()
    };
    let files = rendered(&outline.build()).1;
    for (file, text) in files.iter().filter(|(file, _)| file.ends_with(".svg")) {
        assert!(text.len() < 500_000, "{file}: {} kB", text.len() / 1000);
    }
    let text = &files["large.md"];
    for left_out in [
        "labels the figure shows 60, those with most test rows.",
        "models the figure shows 24, those with the best means.",
        "Of 4,030 configurations the figure shows 200: the chosen ones, and the best of the others.",
        "Of 100 values the figure shows 60, evenly spaced.",
        "Of 100 values of `layers` the figure shows 30, evenly spaced.",
        "models the figure shows 12, those with the best means.",
    ] {
        assert!(text.contains(left_out), "{left_out}");
    }
}
