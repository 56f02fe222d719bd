//! Every number in the tables of a report is in the JSON of its analysis.

use crate::fixture::{Build, Outline, Reported, clear, small};
use crate::markdown;
use recur_core::metric::Metric;
use recur_core::plan::UnusedSettings;
use recur_core::selection::Selection;
use recur_core::settings::{TestRows, TrainingKey};
use serde_json::Value;
use std::collections::BTreeSet;

/// A number as a report prints it: its value, and half a unit of its last digit.
#[derive(Debug)]
struct Printed {
    value: f64,
    tolerance: f64,
}

/// The numbers in the text of a cell. Digits in code and in names are none.
fn numbers(cell: &str) -> Vec<Printed> {
    let mut outside_code = cell.split('`').step_by(2).collect::<Vec<_>>().join(" ");
    outside_code = outside_code.replace(['−', '\u{2212}'], "-").replace("95 %", "");
    let is_part = |character: char| character.is_ascii_digit() || matches!(character, '.' | ',' | '-' | '+');
    let words = outside_code
        .split(|character: char| character.is_whitespace() || matches!(character, '[' | ']' | '(' | ')' | '|'));
    let number = |word: &str| {
        let text = word.trim_matches(|character| matches!(character, '*' | ',' | ';' | '†' | '%'));
        let is_number = !text.is_empty() && text.chars().all(is_part) && text.contains(|c: char| c.is_ascii_digit());
        let text = is_number.then(|| text.replace(',', ""))?;
        let decimals = text.split_once('.').map_or(0, |(_, decimals)| decimals.len());
        let unit: f64 = format!("1e-{decimals}").parse().ok()?;
        Some(Printed { value: text.parse().ok()?, tolerance: 0.500_001 * unit })
    };
    words.filter_map(number).collect()
}

/// All numbers and texts of a document.
fn collect<'v>(value: &'v Value, found: &mut Vec<f64>, texts: &mut BTreeSet<&'v str>) {
    match value {
        Value::Number(number) => found.extend(number.as_f64()),
        Value::Array(values) => values.iter().for_each(|value| collect(value, found, texts)),
        Value::Object(fields) => fields.values().for_each(|value| collect(value, found, texts)),
        Value::String(text) => _ = texts.insert(text),
        Value::Null | Value::Bool(_) => {}
    }
}

/// The rows of tables of `markdown`, without headers, each with the section that it is in.
fn rows(markdown: &str) -> Vec<(&str, Vec<&str>)> {
    let (mut section, mut rows, mut lines) = ("", Vec::new(), markdown.lines().peekable());
    while let Some(line) = lines.next() {
        if let Some(title) = line.strip_prefix("## ") {
            section = title;
        }
        let is_header = lines.peek().is_some_and(|next| next.starts_with("| :--") || next.starts_with("| --"));
        if line.starts_with("| ") && !line.starts_with("| :--") && !line.starts_with("| --") && !is_header {
            rows.push((section, line.trim_matches('|').split(" | ").collect()));
        }
    }
    rows
}

/// The cells of which a number is in `document` neither as it is nor as a share of 100, and the count of all numbers.
pub fn missing(markdown: &str, document: &Value) -> (Vec<String>, usize) {
    let (mut known, mut texts) = (Vec::new(), BTreeSet::new());
    collect(document, &mut known, &mut texts);
    known.sort_by(f64::total_cmp);
    let has = |value: f64, tolerance: f64| {
        let from = known.partition_point(|known| *known < value - tolerance);
        known.get(from).is_some_and(|known| *known <= value + tolerance)
    };
    let is_known = |Printed { value, tolerance }: &Printed| {
        // A difference may be turned: the model minus the best one, where the analysis has the best one minus the model.
        let either_way = |value: f64, tolerance: f64| has(value, tolerance) || has(-value, tolerance);
        either_way(*value, *tolerance) || either_way(value / 100.0, tolerance / 100.0)
    };
    let (mut missing, mut n_numbers) = (Vec::new(), 0);
    for (section, cells) in rows(markdown) {
        // The first column names what the row is about.
        for cell in &cells[1..] {
            // A bound, such as `> 99.9 %`, is where a number is printed that nearly is one or zero.
            let is_bound = cell.starts_with("&lt;") || cell.starts_with("&gt;");
            let printed = if is_bound { Vec::new() } else { numbers(cell) };
            n_numbers += printed.len();
            if !printed.iter().all(&is_known) && !texts.contains(cell.trim()) {
                missing.push(format!("{section}: {} … {}", cells[0].trim(), cell.trim()));
            }
        }
    }
    (missing, n_numbers)
}

fn check(experiment: &Reported, fewest: usize) {
    let (missing, n_numbers) = missing(&markdown(experiment), &experiment.json(100));
    assert!(missing.is_empty(), "{}: {missing:#?}", experiment.plan.name);
    assert!(n_numbers >= fewest, "{}: only {n_numbers} numbers were looked up", experiment.plan.name);
}

fn with_margin(outline: &Outline) -> Reported {
    let mut experiment = outline.build();
    experiment.plan.report.equivalence_margin = Some(0.05);
    let settings = vec![(TrainingKey::Length, "training.epochs: 5".to_owned())];
    experiment.unused = vec![UnusedSettings { model: "linfa_logistic".to_owned(), settings }];
    experiment
}

fn fixed_test() -> Reported {
    let mut experiment = Outline { n_test: 210, ..clear() }.build();
    experiment.plan.split.test_rows = TestRows::Fixed;
    let selection = Selection::choose(&experiment.plan, &experiment.trials);
    let chosen: Vec<_> = experiment
        .trials
        .iter()
        .filter(|outcome| selection.is_tested_trial(&outcome.trial))
        .map(|outcome| outcome.trial.id.clone())
        .collect();
    experiment.tests.retain(|test| chosen.contains(&test.id));
    experiment.selection = selection;
    experiment
}

#[test]
fn every_number_in_the_tables_of_a_report_is_in_its_analysis() {
    check(&with_margin(&small()), 300);
    check(&with_margin(&clear()), 300);
    check(&Outline { primary: Metric::Loss, ..clear() }.build(), 300);
    check(&fixed_test(), 100);
}

/// The check itself: a number that nobody computed is found to be missing.
#[test]
fn a_number_that_is_in_no_analysis_is_noticed() {
    let (experiment, made_up) = (small().build(), "| 12.3456789 |");
    let page = markdown(&experiment) + "\n## Made up\n\n| model | value |\n| :-- | --: |\n| `gru` " + made_up + "\n";
    let (missing, _) = missing(&page, &experiment.json(100));
    assert_eq!(missing, ["Made up: `gru` … 12.3456789"]);
    let mut document = experiment.json(100);
    document.as_object_mut().unwrap().remove("effects");
    document.as_object_mut().unwrap().remove("pair_effects");
    let (gone, _) = self::missing(&markdown(&experiment), &document);
    assert!(gone.iter().any(|cell| cell.starts_with("Effect of each parameter: ")), "{gone:#?}");
}
