//! Whether the probabilities of the models are right, and how often a model is right where it is sure.

use crate::figures::canvas::About;
use crate::figures::left_out;
use crate::figures::lines::{Around, Key, Panel, Point, Series, Stroke, XAxis, lines};
use crate::markdown::code;
use crate::numbers::{count, percent};
use crate::page::Page;
use recur_analysis::{Analysis, CALIBRATION_BINS, Reliability};

/// Models drawn at most.
const MOST_MODELS: usize = 6;
/// Bins with fewer rows are not drawn: their shares are mostly chance.
const FEWEST_ROWS: u64 = 20;
/// The style of the diagonal: one that no model has where there are fewer models than that.
const DIAGONAL: usize = 41;

/// Appends the section; nothing without probabilities of test rows.
pub(crate) fn render(analysis: &Analysis, page: &mut Page) {
    let all = &analysis.reliability;
    let Some(best) = all.first() else { return };
    let drawn = &all[..all.len().min(MOST_MODELS)];
    page.section("Calibration");
    page.block(&format!(
        "Test rows of all replicates. The upper part asks whether stated probabilities are right: a mark is the share that is right of the \
         rows whose predicted label has a probability in one of {CALIBRATION_BINS} ranges. On the dotted line both are equal; below \
         it the model is too sure. Ranges with fewer than {FEWEST_ROWS} rows are left out. The lower part has the accuracy on the rows \
         that a model is surest of, if it leaves the others open.{}{}",
        half(best).map_or_else(String::new, |sentence| format!(" {sentence}")),
        left_out(all.len(), drawn.len(), "models", ", those with the best means")
    ));
    let alternative = alternative(best);
    page.figure("calibration", &alternative, figure(analysis, drawn, &alternative));
}

/// What answering half of the rows would bring.
fn half(best: &Reliability) -> Option<String> {
    let [half, all] = [0.5, 1.0].map(|share| best.coverage.iter().find(|at| at.share >= share));
    let (half, all) = half.zip(all)?;
    Some(format!(
        "{} is right on {} of the surer half of its rows, and on {} of all.",
        code(&best.model),
        percent(half.accuracy),
        percent(all.accuracy)
    ))
}

fn alternative(best: &Reliability) -> String {
    let surest = best.bins.iter().rev().find(|bin| bin.rows >= FEWEST_ROWS);
    let surest = surest.map_or_else(String::new, |bin| {
        format!(
            " Of {} rows that {} is surest of, with a mean probability of {}, {} are right.",
            count(bin.rows),
            best.model,
            percent(bin.probability),
            percent(bin.accuracy)
        )
    });
    format!("Share that is right by stated probability, and accuracy by the share of rows that are answered.{surest}")
}

fn figure(analysis: &Analysis, drawn: &[Reliability], title: &str) -> String {
    let place = |of: &Reliability| analysis.model(&of.model).map(|(place, _)| place);
    let models = drawn.iter().filter_map(|of| Some(analysis.model(&of.model)?.1));
    let trials = models.flat_map(|model| &model.trial_ids).map(|id| id.short().to_owned()).collect();
    let key =
        |of: &Reliability| Key { text: of.model.clone(), style: place(of), stroke: Stroke::Solid, has_mark: true };
    let mut keys: Vec<Key> = drawn.iter().map(key).collect();
    keys.push(Key { text: "as stated".to_owned(), style: None, stroke: Stroke::Dotted, has_mark: false });
    let series = |of: &Reliability, points: Vec<Point>, has_marks: bool| Series {
        style: place(of).unwrap_or(0),
        stroke: Stroke::Solid,
        around: Around::Bars,
        has_marks,
        points,
        missing: Vec::new(),
    };
    let panel = |title: &str, x_title: &str, series: Vec<Series>| Panel {
        title: title.to_owned(),
        x_title: x_title.to_owned(),
        x_range: (0.0, 100.0),
        x_axis: XAxis::Numbers,
        series,
    };
    let stated = drawn.iter().map(|of| series(of, bins(of), true)).chain([diagonal()]).collect();
    let covered = drawn.iter().map(|of| series(of, coverage(of), false)).collect();
    let panels = [
        panel("share that is right, %", "stated probability, %", stated),
        panel("accuracy on these rows, %", "share of rows, the surest first, %", covered),
    ];
    lines(&About { title: title.to_owned(), trials }, &keys, &panels)
}

fn point(x: f64, y: f64) -> Point {
    Point { x: 100.0 * x, y: 100.0 * y, spread: 0.0 }
}

fn bins(of: &Reliability) -> Vec<Point> {
    let drawn = of.bins.iter().filter(|bin| bin.rows >= FEWEST_ROWS);
    drawn.map(|bin| point(bin.probability, bin.accuracy)).collect()
}

fn coverage(of: &Reliability) -> Vec<Point> {
    of.coverage.iter().map(|at| point(at.share, at.accuracy)).collect()
}

fn diagonal() -> Series {
    Series {
        style: DIAGONAL,
        stroke: Stroke::Dotted,
        around: Around::Bars,
        has_marks: false,
        points: vec![point(0.0, 0.0), point(1.0, 1.0)],
        missing: Vec::new(),
    }
}
