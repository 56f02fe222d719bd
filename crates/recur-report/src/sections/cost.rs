//! What the figures cost: parameters here, times in a page of their own.

use crate::costs;
use crate::figures::canvas::About;
use crate::figures::lines::{Around, Key, Panel, Point, Series, Stroke, XAxis, lines};
use crate::figures::{MOST_MODELS, left_out};
use crate::markdown::code;
use crate::numbers::{count, heading, phrase, shown};
use crate::page::Page;
use recur_analysis::{Analysis, Model};

/// A ranked model with its number of parameters and its mean test result.
struct Place<'a> {
    model: &'a Model,
    n_parameters: u64,
    score: f64,
}

/// Appends the section; nothing without a ranked model with parameters, and no figure for one alone.
pub(crate) fn render(analysis: &Analysis, page: &mut Page) {
    let places: Vec<Place<'_>> = analysis.ranked().filter_map(|model| place(analysis, model)).collect();
    if places.is_empty() {
        return;
    }
    page.section("Cost");
    if let [Place { model, n_parameters, .. }] = places.as_slice() {
        let n = count(*n_parameters);
        let of_model = format!("{} has {n} trained parameters.", code(&model.model));
        show(page, &of_model, "");
        return;
    }
    let (n, places) = (places.len(), &places[..places.len().min(MOST_MODELS)]);
    show(page, &introduction(analysis), &left_out(n, places.len(), "models", ", those with the best means"));
    let alternative = alternative(analysis, places);
    page.figure("cost", &alternative, figure(analysis, places, &alternative));
}

fn place<'a>(analysis: &Analysis, model: &'a Model) -> Option<Place<'a>> {
    let n_parameters = model.parameters.filter(|n| *n > 0)?;
    let score = model.test(analysis.primary)?.mean.filter(|score| score.is_finite())?;
    Some(Place { model, n_parameters, score })
}

impl Place<'_> {
    /// The logarithm to base 10 of the number of parameters.
    fn x(&self) -> f64 {
        libm::log10(self.n_parameters as f64)
    }
}

/// Appends `before`, where the times are, and `after`.
fn show(page: &mut Page, before: &str, after: &str) {
    let [markdown, html] = [costs::FILE, costs::HTML_FILE].map(|file| format!("{before} {}{after}", times(page, file)));
    page.blocks(&markdown, &html);
}

fn introduction(analysis: &Analysis) -> String {
    let models = analysis.not_dominated.iter().filter_map(|id| Some(analysis.model(id)?.1));
    let with_size = |model: &Model| format!("{} ({})", code(&model.model), count(model.parameters.unwrap_or(0)));
    let worth: Vec<String> = models.map(with_size).collect();
    format!(
        "Test {} of the chosen configurations against their number of trained parameters. No other model has a better mean with \
         fewer parameters than {}.",
        analysis.primary.title(),
        crate::markdown::list(&worth),
    )
}

/// Where the times are: in `file` of the report's folder.
fn times(page: &Page, file: &str) -> String {
    format!(
        "Training times differ from machine to machine and from run to run, so they are in a file of their own, and not in this report, which is \
         compared byte for byte: [{}]({}).",
        file,
        page.link(file)
    )
}

fn alternative(analysis: &Analysis, places: &[Place<'_>]) -> String {
    let said = |Place { model, n_parameters, score }: &Place<'_>| {
        format!("{} reaches {} with {}", model.model, phrase(analysis.primary, *score), count(*n_parameters))
    };
    let said: Vec<String> = places.iter().map(said).collect();
    format!("Test {} by number of parameters: {}.", analysis.primary.title(), said.join("; "))
}

fn figure(analysis: &Analysis, places: &[Place<'_>], title: &str) -> String {
    let trials = places.iter().flat_map(|place| &place.model.trial_ids);
    let about = About { title: title.to_owned(), trials: trials.map(|id| id.short().to_owned()).collect() };
    let style = |place: &Place<'_>| analysis.model(&place.model.model).map(|(place, _)| place);
    let key = |place: &Place<'_>| Key {
        text: place.model.model.clone(),
        style: style(place),
        stroke: Stroke::None,
        has_mark: true,
    };
    let series = |place: &Place<'_>| {
        let interval = place.model.test(analysis.primary).and_then(|test| test.interval);
        let half = interval.map_or(0.0, |interval| (interval.high - interval.low) / 2.0);
        let point =
            Point { x: place.x(), y: shown(analysis.primary, place.score), spread: shown(analysis.primary, half) };
        Series {
            style: style(place).unwrap_or(0),
            stroke: Stroke::None,
            around: Around::Bars,
            has_marks: true,
            points: vec![point],
            missing: Vec::new(),
        }
    };
    let ends =
        places.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), place| (l.min(place.x()), h.max(place.x())));
    let x_range = (ends.0.floor(), ends.1.ceil().max(ends.0.floor() + 1.0));
    let panel = Panel {
        title: format!("test {}{}", heading(analysis.primary), interval_note(analysis)),
        x_title: "parameters".to_owned(),
        x_range,
        x_axis: XAxis::Named(powers(x_range)),
        series: places.iter().map(series).collect(),
    };
    lines(&about, &places.iter().map(key).collect::<Vec<_>>(), &[panel])
}

fn interval_note(analysis: &Analysis) -> &'static str {
    if analysis.replicates == 1 { "" } else { " (mean over replicates, 95 % interval)" }
}

/// The powers of ten within a range of logarithms, and 2 and 5 times them where there are few.
fn powers((low, high): (f64, f64)) -> Vec<(f64, String)> {
    let between: &[u64] = if high - low <= 2.0 { &[1, 2, 5] } else { &[1] };
    let numbers = (low as u32..=high as u32).flat_map(|power| between.iter().map(move |n| n * 10_u64.pow(power)));
    let ticks = numbers.map(|n| (libm::log10(n as f64), count(n)));
    ticks.filter(|(at, _)| *at <= high).collect()
}
