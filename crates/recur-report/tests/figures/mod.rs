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
                // What many texts have stands at what is around them.
                let given = |name: &str| node.ancestors().find_map(|around| around.attribute(name));
                let number = |name: &str| given(name).unwrap().parse::<f64>().unwrap();
                let words = node.text().unwrap().trim();
                let length = fonts::width(words, number("font-size"));
                let before = match given("text-anchor").unwrap_or("start") {
                    "start" => 0.0,
                    "middle" => length / 2.0,
                    _ => length,
                };
                // Small digits have a place each.
                if node.attribute("x").unwrap().contains(' ') {
                    let places = node.attribute("x").unwrap().split(' ').map(|place| place.parse::<f64>().unwrap());
                    assert!(places.into_iter().all(|at| 4.0 < at && at < size("width") - 4.0), "{file}: {words}");
                    continue;
                }
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
            let turned = document
                .descendants()
                .filter(|node| node.has_tag_name("text") && node.attribute("transform").is_some());
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
        let linked: Vec<&str> = linked.filter(|link| !link.ends_with("/cost.md") && !link.starts_with('#')).collect();
        for link in &linked {
            assert!(files.contains_key(*link), "{link}");
        }
        assert_eq!((linked.len(), files.len()), (written.figures.len(), written.figures.len() + 3));
    }
}

/// The figure of an effect has each value at its distance from the others: here by the logarithm.
#[test]
fn values_are_at_their_true_distances() {
    let mut outline = small();
    outline.models.truncate(1);
    outline.models[0].axes = vec![("hidden_size", integers(&[16, 32, 128]))];
    let files = rendered(&outline.build()).1;
    let document = roxmltree::Document::parse(&files["small/effect-hidden-size.svg"]).unwrap();
    let x = |text: &str| -> i32 {
        let found = document
            .descendants()
            .find(|node| node.has_tag_name("text") && node.text().is_some_and(|t| t.trim() == text));
        found.and_then(|node| node.attribute("x")).unwrap().parse().unwrap()
    };
    let (first, second) = (x("32") - x("16"), x("128") - x("32"));
    assert!((second - 2 * first).abs() <= 2, "{first} {second}");
}

#[test]
fn every_configuration_has_a_learning_curve_and_the_chosen_ones_stand_out() {
    let experiment = small().build();
    let text = &rendered(&experiment).1["small/learning-curves.svg"];
    let n_thin = text.matches("opacity=\"0.45\"").count();
    let analysis = experiment.analysis();
    let others = analysis
        .configuration_curves
        .iter()
        .filter(|curve| analysis.configurations[curve.configuration].times_chosen == 0);
    // One of them is the key of the legend.
    assert_eq!(n_thin, others.count() + 1);
    assert!(n_thin > 3 && text.contains("loss on training rows, while training"), "{n_thin}");
}

#[test]
fn values_have_their_paired_differences_as_the_sentences_have_them() {
    let files = rendered(&small().build()).1;
    let (page, figure) = (&files["small.md"], &files["small/values-stacked-rnn-layers.svg"]);
    assert!(page.contains("`2` is 3.40 points of validation macro-F1 better than `1`"), "{page}");
    let tip = figure.replace('\u{A0}', " ");
    assert!(tip.contains("layers 1: −3.40 [−3.82, −2.99], both finished in 8 of 9"), "{tip}");
    assert!(tip.contains("layers 2: the best value"), "{tip}");
}

#[test]
fn marks_of_labels_with_few_rows_are_small_and_cells_have_their_uncertainty() {
    let files = rendered(&small().build()).1;
    let labels = &files["small/labels.svg"];
    let document = roxmltree::Document::parse(labels).unwrap();
    let radii: std::collections::BTreeSet<&str> =
        document.descendants().filter_map(|node| node.attribute("r")).collect();
    assert!(radii.contains("3") && !radii.contains("2"), "{radii:?}");
    let analysis = small().build().analysis();
    for label in analysis.label_differences.unwrap().labels.iter().filter(|label| label.test_rows > 0.0) {
        assert!(labels.contains(&format!("({:.0})", label.test_rows)), "{}: {}", label.label, label.test_rows);
    }
    let pair = &files["small/pair-stacked-rnn.svg"];
    assert!(pair.matches("± ").count() >= 4, "{pair}");
}

#[test]
fn the_calibration_of_each_model_is_drawn_from_its_predictions() {
    let experiment = small().build();
    let files = rendered(&experiment).1;
    let figure = &files["small/calibration.svg"];
    for of in &experiment.analysis().reliability {
        let all = of.coverage.last().unwrap();
        assert!((all.share - 1.0).abs() < 1e-12);
        let tip = format!(
            "{}, share of rows, the surest first, % 100: accuracy on these rows {:.2} %",
            of.model,
            100.0 * all.accuracy
        );
        assert!(figure.contains(&tip), "{tip}");
    }
    assert!(files["small.md"].contains("\n## Calibration\n"));
}

/// Hundreds of cells in each of many matrices would otherwise be most of a page.
#[test]
fn a_cell_of_a_matrix_takes_few_bytes() {
    let labels: Vec<String> = (0..34).map(|label| format!("Label {label}")).collect();
    let mut outline = Outline { labels, n_tested_labels: 34, n_test: 3400, replicates: 1, ..small() };
    outline.models.truncate(1);
    let experiment = outline.build();
    let text = &rendered(&experiment).1["small/confusion.svg"];
    let analysis = experiment.analysis();
    let n = analysis.best().unwrap().confusion.counts().iter().filter(|rows| **rows > 0).count();
    // What is not of cells: labels, key, and what the rows show in words.
    assert!(n > 300 && text.len() < 18_000 + 20 * n, "{n} cells, {} bytes", text.len());
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
