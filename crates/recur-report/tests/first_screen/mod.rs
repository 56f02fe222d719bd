//! What a reader sees first: the answer, a figure and a short table.

use crate::fixture::{Build, Outline, Sketch, clear, small};
use crate::{every_kind, markdown, rendered};

#[test]
fn an_answer_has_at_most_eighty_words_and_the_rest_is_below_it() {
    let words = |text: &str| text.split_whitespace().count();
    let mut many_models = Outline { name: "many_models", ..small() };
    let like = many_models.models[0].clone();
    many_models.models = (0..40).map(|n| Sketch { id: format!("model_{n}").leak(), ..like.clone() }).collect();
    for experiment in every_kind().into_iter().chain([many_models.build()]) {
        let json = experiment.json(10);
        let (answer, name) = (json["answer"].as_str().unwrap(), &experiment.plan.name);
        assert!((1..=80).contains(&words(answer)), "{name}: {} words: {answer}", words(answer));
        let text = markdown(&experiment);
        let opening = text.split("\n## ").next().unwrap();
        let mut blocks = opening.split("\n\n").filter(|part| !part.starts_with(['#', '>']));
        assert_eq!(blocks.next().map(words), Some(words(answer)), "{name}");
        let mut blocks = blocks.skip_while(|block| block.starts_with("**Read first:** "));
        let kinds: Vec<char> = blocks.by_ref().filter_map(|block| block.chars().next()).take(3).collect();
        let has_figure = text.contains(&format!("]({name}/results.svg)"));
        assert_eq!(
            kinds[..],
            if has_figure { ['!', '|', '<'] } else { ['|', '<', '|'] },
            "{name}: figure, table, all columns"
        );
        let notes = text.split("\n## Notes on the answer\n\n").nth(1).map(|rest| rest.split("\n\n## ").next().unwrap());
        let n_notes = notes.map_or(0, |notes| notes.trim().split("\n\n").count());
        assert_eq!(n_notes, json["notes"].as_array().unwrap().len(), "{name}");
    }
}

/// The table below the figure: the differences are those of the comparisons, with their sign turned.
#[test]
fn the_short_table_has_what_decides_and_the_rest_is_behind_a_line() {
    let page = markdown(&clear().build()).replace('\u{A0}', " ");
    let opening = page.split("\n## ").next().unwrap();
    let (short, all) = opening.split_once("<details>").unwrap();
    let header = short.lines().find(|line| line.starts_with("| model")).unwrap();
    assert_eq!(header, "| model | test macro-F1, % [95 % CI] | Δ to the best [95 % CI] | p (Holm) |");
    assert!(all.contains("| trials finished | chosen configuration |"), "{all}");
    let against = page.split("### The best model against the others").nth(1).unwrap();
    let row = |text: &str| text.lines().find(|line| line.starts_with("| `manual_rnn` |")).unwrap().to_owned();
    let (short, full) = (row(short), row(against));
    let cells = |row: &str| row.trim_matches('|').split(" | ").map(str::trim).map(str::to_owned).collect::<Vec<_>>();
    let (short, full) = (cells(&short), cells(&full));
    let turned: String = full[1]
        .chars()
        .map(|c| {
            if c == '+' {
                '−'
            } else if c == '−' {
                '+'
            } else {
                c
            }
        })
        .collect();
    let ends = |text: &str| text.split(['[', ']', ',']).map(str::trim).map(str::to_owned).collect::<Vec<_>>();
    let (found, turned) = (ends(&short[2]), ends(&turned));
    assert_eq!((&found[0], &found[1], &found[2]), (&turned[0], &turned[2], &turned[1]), "{short:?} {full:?}");
    assert_eq!(short[3], full[2], "p");
}

#[test]
fn of_many_models_the_figure_has_the_best_and_the_baseline() {
    let mut outline = Outline { name: "many_models", baseline: Some("model_0"), n_test: 40, ..small() };
    let like = outline.models[0].clone();
    outline.models = (0..30)
        .map(|n| Sketch { id: format!("model_{n}").leak(), skill: 0.4 + 0.01 * n as f32, ..like.clone() })
        .collect();
    let (_, files) = rendered(&outline.build());
    for file in ["many_models/results.svg", "many_models/differences.svg"] {
        let document = roxmltree::Document::parse(&files[file]).unwrap();
        let rows = document.descendants().filter(|node| node.has_tag_name("g")).count();
        assert_eq!(rows, 12, "{file}");
        assert!(files[file].contains(">\nmodel_0\n<") || files[file].contains("model_0"), "{file}: the baseline");
    }
    assert!(files["many_models.md"].contains("Of 30 models the figure shows 12, the best"));
}
