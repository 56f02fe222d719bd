//! What the figures cost: parameters here, times in a page of their own.

use crate::analysis::Analysis;
use crate::costs;
use crate::figures::canvas::About;
use crate::figures::lines::{Around, Key, Panel, Point, Series, Stroke, lines};
use crate::figures::{MOST_MODELS, left_out};
use crate::markdown::code;
use crate::numbers::{count, heading, phrase, shown};
use crate::page::Page;
use recur_stats::mean;

/// A ranked model: its index, the logarithm to base 10 of its number of parameters, and its mean test figure.
type Place = (usize, f64, f64);

/// Appends the section; nothing without a ranked model with parameters, and no figure for one alone.
pub(crate) fn render(analysis: &Analysis<'_>, page: &mut Page) {
    let places: Vec<Place> = analysis.ranking.iter().filter_map(|model| place(analysis, *model)).collect();
    if places.is_empty() {
        return;
    }
    page.section("Cost");
    if let [(model, ..)] = places.as_slice() {
        let result = &analysis.models[*model];
        let n = count(analysis.n_parameters(result).unwrap_or(0));
        page.block(&format!("{} has {n} trained parameters. {}", code(result.id), times(page)));
        return;
    }
    let introduction = introduction(analysis, page, &places);
    let (n, places) = (places.len(), &places[..places.len().min(MOST_MODELS)]);
    page.block(&(introduction + &left_out(n, places.len(), "models", ", those with the best means")));
    let alternative = alternative(analysis, places);
    page.figure("cost", &alternative, figure(analysis, places, &alternative));
}

fn place(analysis: &Analysis<'_>, model: usize) -> Option<Place> {
    let result = &analysis.models[model];
    let n = analysis.n_parameters(result).filter(|n| *n > 0)?;
    let score = mean(&result.test(analysis.primary)).filter(|score| score.is_finite())?;
    Some((model, libm::log10(n as f64), score))
}

fn introduction(analysis: &Analysis<'_>, page: &Page, places: &[Place]) -> String {
    // Nobody is both better and smaller: in the order of the ranking, each smaller than all before it.
    let mut least = f64::INFINITY;
    let mut worth: Vec<String> = Vec::new();
    for (model, size, _) in places {
        if *size < least {
            least = *size;
            let result = &analysis.models[*model];
            let n = analysis.n_parameters(result).unwrap_or(0);
            worth.push(format!("{} ({})", code(result.id), count(n)));
        }
    }
    format!(
        "Test {} of the chosen configurations against their number of trained parameters. No other model has a better mean with \
         fewer parameters than {}. {}",
        analysis.primary.title(),
        crate::markdown::list(&worth),
        times(page)
    )
}

/// Where the times are.
fn times(page: &Page) -> String {
    format!(
        "Training times differ from machine to machine and from run to run, so they stand apart from this report, which is \
         compared byte for byte: [{}]({}).",
        costs::FILE,
        page.link(costs::FILE)
    )
}

fn alternative(analysis: &Analysis<'_>, places: &[Place]) -> String {
    let said = |(model, _, score): &Place| {
        let result = &analysis.models[*model];
        let n = analysis.n_parameters(result).unwrap_or(0);
        format!("{} reaches {} with {}", result.id, phrase(analysis.primary, *score), count(n))
    };
    let said: Vec<String> = places.iter().map(said).collect();
    format!("Test {} by number of parameters: {}.", analysis.primary.title(), said.join("; "))
}

fn figure(analysis: &Analysis<'_>, places: &[Place], title: &str) -> String {
    let trials = places.iter().flat_map(|(model, ..)| analysis.models[*model].tests.iter());
    let about = About { title: title.to_owned(), trials: trials.map(|test| test.id.short().to_owned()).collect() };
    let key = |(model, ..): &Place| Key {
        text: analysis.models[*model].id.to_owned(),
        style: Some(*model),
        stroke: Stroke::None,
        has_mark: true,
    };
    let series = |(model, x, score): &Place| {
        let interval = analysis.mean_interval(&analysis.models[*model], analysis.primary);
        let half = interval.map_or(0.0, |interval| (interval.high - interval.low) / 2.0);
        let point = Point { x: *x, y: shown(analysis.primary, *score), spread: shown(analysis.primary, half) };
        Series { style: *model, stroke: Stroke::None, around: Around::Bars, has_marks: true, points: vec![point] }
    };
    let ends =
        places.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), (_, x, _)| (low.min(*x), high.max(*x)));
    let x_range = (ends.0.floor(), ends.1.ceil().max(ends.0.floor() + 1.0));
    let panel = Panel {
        title: format!("test {}{}", heading(analysis.primary), interval_note(analysis)),
        x_title: "parameters".to_owned(),
        x_range,
        x_ticks: Some(powers(x_range)),
        series: places.iter().map(series).collect(),
    };
    lines(&about, &places.iter().map(key).collect::<Vec<_>>(), &[panel])
}

fn interval_note(analysis: &Analysis<'_>) -> &'static str {
    if analysis.input.plan.replicates == 1 { "" } else { " (mean over replicates, 95 % interval)" }
}

/// The powers of ten within a range of logarithms, and 2 and 5 times them where there are few.
fn powers((low, high): (f64, f64)) -> Vec<(f64, String)> {
    let between: &[u64] = if high - low <= 2.0 { &[1, 2, 5] } else { &[1] };
    let numbers = (low as u32..=high as u32).flat_map(|power| between.iter().map(move |n| n * 10_u64.pow(power)));
    let ticks = numbers.map(|n| (libm::log10(n as f64), count(n)));
    ticks.filter(|(at, _)| *at <= high).collect()
}
